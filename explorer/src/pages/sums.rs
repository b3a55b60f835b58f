//! Tables of totals: what came in, where it went, what is left. Every number is a link.

use std::collections::BTreeMap;

use super::address;
use crate::database::Connection;
use crate::index::IndexError;
use crate::money::Money;

/// A number with the entries that make it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The number.
    pub amount: Money,
    /// Where its entries are listed.
    pub link: String,
}

/// One row of totals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SumRow {
    /// What it is of.
    pub name: String,
    /// Where more about it stands; empty if nowhere.
    pub link: String,
    /// A second name, where a row has two.
    pub detail: String,
    /// Received, as printed or stated, less what was entered too high and corrected.
    pub received: Cell,
    /// Implied by a notice that prints no receipt, less what was corrected.
    pub implied: Cell,
    /// Allocated or issued from where it came in, less what was taken back.
    pub allocated: Cell,
    /// Paid, less what came back.
    pub spent: Cell,
    /// Carried to the next year, less what was taken back.
    pub carried: Cell,
    /// Gone to other funds, remitted or handed over.
    pub transferred: Cell,
    /// Not spent yet, what was carried included.
    pub left: Cell,
}

/// What totals are grouped and filtered by; an empty text stands for what is not printed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Key {
    /// `quota`, `cash` or `goods`, or several with commas between them.
    pub measure: Option<String>,
    /// The fund.
    pub fund: Option<String>,
    /// The imported notice.
    pub notice: Option<String>,
    /// The level from which it came.
    pub level: Option<String>,
    /// The category of use.
    pub category: Option<String>,
}

impl Key {
    fn filters(&self) -> [(&'static str, Option<&String>); 4] {
        [
            ("fund", self.fund.as_ref()),
            ("notice", self.notice.as_ref()),
            ("level", self.level.as_ref()),
            ("category", self.category.as_ref()),
        ]
    }

    /// The address of `path` with this key's filters. What is not printed is `-`.
    pub fn address(&self, path: &str, flow: &str) -> String {
        let mut filters = vec![("flow", flow)];
        filters.extend(self.measure.as_ref().map(|measure| ("measure", measure.as_str())));
        for (name, value) in self.filters() {
            if let Some(value) = value {
                filters.push((name, if value.is_empty() { "-" } else { value }));
            }
        }
        address(path, &filters)
    }
}

/// What is counted; goods at their recorded value.
const MEASURES: [&str; 3] = ["quota", "cash", "goods"];

/// The condition that `column` is one of the measures, which have commas between them; none if one
/// of them is no measure.
pub(super) fn is_of(column: &str, measures: &str) -> Option<String> {
    let named: Option<Vec<String>> = measures
        .split(',')
        .map(|name| MEASURES.contains(&name).then(|| format!("'{name}'")))
        .collect();
    Some(format!("{column} IN ({})", named?.join(", ")))
}

/// Sums in fen by flow.
pub type Flows = BTreeMap<String, i64>;

/// The totals of quota or cash by `key`. Columns of `key` that are `None` are not told apart, those
/// that are set are filters unless `grouped` names them.
///
/// # Errors
/// [`IndexError::Database`].
pub fn totals(
    connection: &Connection,
    measure: &str,
    filter: &Key,
    grouped: &[&str],
) -> Result<Vec<(Key, Flows)>, IndexError> {
    let column = |name: &str| if grouped.contains(&name) { name.to_owned() } else { "''".into() };
    let columns = ["fund", "notice", "level", "category"].map(column).join(", ");
    let mut conditions = super::Conditions::default();
    let Some(of_measure) = is_of("measure", measure) else { return Ok(Vec::new()) };
    conditions.plain(of_measure);
    for (name, value) in filter.filters() {
        conditions.equal(name, value);
    }
    let query = format!(
        "SELECT {columns}, flow, sum(amount) FROM totals {} GROUP BY 1, 2, 3, 4, 5",
        conditions.clause()
    );
    let mut statement = connection.prepare_cached(&query)?;
    let read = |row: &crate::database::Row<'_>| {
        let part = |index: usize, name: &str, fixed: &Option<String>| {
            let value: String = row.get(index)?;
            Ok::<_, crate::database::Error>(if grouped.contains(&name) {
                Some(value)
            } else {
                fixed.clone()
            })
        };
        let key = Key {
            measure: Some(measure.to_owned()),
            fund: part(0, "fund", &filter.fund)?,
            notice: part(1, "notice", &filter.notice)?,
            level: part(2, "level", &filter.level)?,
            category: part(3, "category", &filter.category)?,
        };
        Ok((key, row.get::<String>(4)?, row.get::<i64>(5)?))
    };
    let rows = statement.query_map(crate::database::params_from_iter(conditions.values()), read)?;
    let mut sums: BTreeMap<Key, Flows> = BTreeMap::new();
    for row in rows {
        let (key, flow, amount) = row?;
        sums.entry(key).or_default().insert(flow, amount);
    }
    Ok(sums.into_iter().collect())
}

/// One row of a table of totals.
pub fn row(name: String, link: String, detail: String, key: &Key, sums: &Flows) -> SumRow {
    let of = |flow: &str| Money::fen(sums.get(flow).copied().unwrap_or(0));
    let cell = |amount, flows: &str| Cell { amount, link: key.address("/movements", flows) };
    let transferred = of("transferred_out").plus(of("remitted")).plus(of("handed_over"));
    SumRow {
        name,
        link,
        detail,
        received: cell(
            of("received")
                .minus(of("voided"))
                .minus(of("corrected_received"))
                .minus(of("refunded"))
                .plus(of("refund_returned")),
            RECEIVED,
        ),
        implied: cell(of("implied").minus(of("corrected_implied")), "implied,corrected_implied"),
        allocated: cell(
            of("allocated").minus(of("allocation_taken_back")),
            "allocated,allocation_taken_back",
        ),
        spent: cell(of("spent").minus(of("returned")), "spent,returned"),
        carried: cell(of("carried").minus(of("carry_taken_back")), "carried,carry_taken_back"),
        transferred: cell(transferred, "transferred_out,remitted,handed_over"),
        left: Cell { amount: of("left"), link: key.address("/holdings", "") },
    }
}

/// What was received: less what was entered wrongly or given back.
pub(super) const RECEIVED: &str = "received,voided,corrected_received,refunded,refund_returned";
