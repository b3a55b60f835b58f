//! Lists of a long ledger are read by their indexes: as far as a page shows, never from one end of
//! the ledger to the other.

use minglian_explorer::database::{Connection, Value, params_from_iter};
use minglian_explorer::index::IndexError;
use minglian_explorer::pages::sums::Key;
use minglian_explorer::pages::{entries, entry, movements};

use crate::site::Site;
use crate::story;

/// How SQLite carries out a query, step by step.
fn plan(connection: &Connection, query: &str, values: &[Value]) -> Vec<String> {
    let mut statement = connection.prepare_cached(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
    let steps = statement.query_map(params_from_iter(values.to_vec()), |row| row.get(3)).unwrap();
    steps.collect::<Result<_, _>>().unwrap()
}

fn numbers(connection: &Connection, query: &str, values: &[Value]) -> Vec<i64> {
    let mut statement = connection.prepare_cached(query).unwrap();
    let rows = statement.query_map(params_from_iter(values.to_vec()), |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn refused_acts_are_found_without_reading_the_others() {
    let site = Site::of(&story::told()).await;
    let check = |connection: &Connection| {
        let query = format!("SELECT r.log_index FROM records r {}", entries::REFUSED);
        let before = [Value::Integer(i64::MAX)];
        let steps = plan(connection, &query, &before);
        let of = |table: &str| steps.iter().filter(|it| it.contains(table)).collect::<Vec<_>>();
        // One record after the other by its number, and from the end of the list of refusals.
        assert_eq!(of("SEARCH r "), ["SEARCH r USING INTEGER PRIMARY KEY (rowid=?)"]);
        assert_eq!(of("SEARCH c "), ["SEARCH c USING INTEGER PRIMARY KEY (rowid<?)"]);
        assert_eq!(of("SCAN r"), Vec::<&String>::new());

        let all = "SELECT log_index FROM records WHERE code > 0 ORDER BY log_index DESC";
        let all = numbers(connection, all, &[]);
        assert!(!all.is_empty());
        assert_eq!(numbers(connection, &query, &before), all);
        Ok(())
    };
    site.reader().read::<_, IndexError>(check).unwrap();
}

#[tokio::test]
async fn records_of_an_organization_and_a_project_are_read_from_the_end() {
    let site = Site::of(&story::told()).await;
    let check = |connection: &Connection| {
        let lists = [
            (entries::OF_ORGANIZATION, "record_organizations", "organization"),
            (entries::OF_PROJECT, "record_projects", "project"),
        ];
        for (rest, table, column) in lists {
            let one = format!("SELECT {column} FROM {table} LIMIT 1");
            let of: String = connection.query_row(&one, [], |row| row.get(0)).unwrap();
            let query = format!("SELECT r.log_index FROM records r {rest}");
            let values = [Value::Text(of.clone()), Value::Integer(i64::MAX)];
            let steps = plan(connection, &query, &values);
            assert!(steps.iter().any(|step| step.starts_with("SEARCH c ")), "{steps:?}");
            assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{steps:?}");
            let all = format!(
                "SELECT log_index FROM {table} WHERE {column} = ?1 ORDER BY log_index DESC LIMIT 51"
            );
            let all = numbers(connection, &all, &values[..1]);
            assert_eq!(numbers(connection, &query, &values), all, "{of}");
        }
        Ok(())
    };
    site.reader().read::<_, IndexError>(check).unwrap();
}

#[tokio::test]
async fn signatures_on_an_act_are_found_without_reading_other_records() {
    let site = Site::of(&story::told()).await;
    let check = |connection: &Connection| {
        for column in entry::FOUND_BY {
            let steps = plan(connection, &entry::signatures(column), &[Value::Integer(1)]);
            assert!(steps.iter().all(|step| step.starts_with("SEARCH ")), "{column}: {steps:?}");
        }
        Ok(())
    };
    site.reader().read::<_, IndexError>(check).unwrap();
}

#[tokio::test]
async fn movements_are_read_flow_by_flow_and_listed_as_if_they_were_not() {
    let site = Site::of(&story::told()).await;
    let fund = |connection: &Connection| -> String {
        let query = "SELECT fund FROM movements WHERE flow = 'spent' LIMIT 1";
        connection.query_row(query, [], |row| row.get(0)).unwrap()
    };
    let check = |connection: &Connection| {
        let fund = fund(connection);
        let quota = Some("quota".to_owned());
        let asked = [
            (Key::default(), vec!["spent"], ""),
            (Key::default(), vec!["implied", "spent", "returned"], ""),
            (Key { fund: Some(fund.clone()), ..Key::default() }, vec!["spent", "carried"], "f"),
            (
                Key { fund: Some(fund.clone()), measure: quota, ..Key::default() },
                vec!["spent"],
                "fq",
            ),
        ];
        for (key, flows, filters) in asked {
            let (rest, values) = movements::lists(&key, &flows, None);
            let query = format!("SELECT m.number FROM movements m {rest}");
            let steps = plan(connection, &query, &values);
            let by_flow =
                steps.iter().filter(|it| it.contains("flow=?") && it.contains("number>?"));
            assert_eq!(by_flow.count(), flows.len(), "{steps:?}");
            let whole = |step: &&String| step.starts_with("SCAN m") || step.contains("TEMP B-TREE");
            assert_eq!(steps.iter().find(whole), None, "{steps:?}");

            let of_fund =
                if filters.contains('f') { format!("AND fund = '{fund}'") } else { String::new() };
            let of_quota = if filters.contains('q') { "AND measure = 'quota'" } else { "" };
            let plain = format!(
                "SELECT number FROM movements WHERE flow IN ('{}') {of_fund} {of_quota} \
                 ORDER BY number LIMIT 51",
                flows.join("', '")
            );
            let expected = numbers(connection, &plain, &[]);
            assert!(!expected.is_empty(), "{plain}");
            assert_eq!(numbers(connection, &query, &values), expected, "{plain}");
        }
        Ok(())
    };
    site.reader().read::<_, IndexError>(check).unwrap();
}
