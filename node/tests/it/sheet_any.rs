//! Sheets of acts that have no form of their own: their columns are read off their examples.

use minglian_contracts::call::Call;
use minglian_contracts::{charity, homes, lottery, oversight, project};
use minglian_ledger::fen::{Fen, Unit};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_node::desk::catalogue;
use minglian_node::desk::sheet::build::{Built, HeaderError};
use minglian_node::desk::sheet::cells::Registered;
use minglian_node::desk::sheet::schema::fill::{Reading, build};
use minglian_node::desk::sheet::schema::{Node, Schema, layout};
use minglian_node::desk::sheet::{Cell, Row, Table, parse};
use serde_json::Value;

use crate::rpc_world::{civil_affairs, finance};
use crate::sheet::{text_cell, workbook};

struct Names;

impl Registered for Names {
    fn named(&self, name: &str) -> Vec<OrganizationCode> {
        match name {
            "县民政局" => vec![civil_affairs()],
            "县财政局" => vec![finance()],
            _ => Vec::new(),
        }
    }
}

fn try_built(act: &str, table: &Table, unit: Option<Unit>) -> Result<Built, HeaderError> {
    let schema = Schema::of(act).unwrap();
    build(table, &Reading { schema: &schema, map: &[], unit, registered: &Names })
}

fn built(act: &str, csv: &str) -> Built {
    let built = try_built(act, &parse(csv.into(), None).unwrap(), None).unwrap();
    assert_eq!(refusals(&built), Vec::<String>::new());
    built
}

fn refusals(built: &Built) -> Vec<String> {
    built.refused.iter().map(ToString::to_string).collect()
}

fn yuan(text: &str) -> Fen {
    Fen::parse_published(text, Unit::Yuan).unwrap()
}

/// The cells that make `value`, by their headers.
fn cells(node: &Node, value: &Value, path: &str, row: &mut Vec<(String, String)>) {
    let under =
        |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match (node, value) {
        (_, Value::Null) => {}
        (Node::Optional(inner), value) => cells(inner, value, path, row),
        (Node::Group(fields), value) => {
            for (name, node) in fields {
                cells(node, &value[name], &under(name), row);
            }
        }
        (Node::Choice { .. }, Value::String(word)) => row.push((path.to_owned(), word.clone())),
        (Node::Choice { others, .. }, value) => {
            let (name, value) = value.as_object().unwrap().iter().next().unwrap();
            let node = others.iter().find(|(known, _)| known == name);
            cells(&node.unwrap_or_else(|| panic!("{path} {name}")).1, value, &under(name), row);
        }
        (Node::List(element), Value::Array(values)) => {
            for (number, value) in values.iter().enumerate() {
                cells(element, value, &under(&(number + 1).to_string()), row);
            }
        }
        // 文号 stand in one cell.
        (Node::Leaf(_), Value::Array(values)) if values.is_empty() => {}
        (Node::Leaf(_), Value::Array(values)) => {
            let all: Vec<&str> = values.iter().map(|value| value.as_str().unwrap()).collect();
            row.push((path.to_owned(), all.join("、")));
        }
        (Node::Leaf(_), Value::String(text)) => row.push((path.to_owned(), text.clone())),
        (Node::Leaf(_), value) => row.push((path.to_owned(), value.to_string())),
        (Node::List(_), value) => panic!("{path}: {value}"),
    }
}

/// Every example of every act, as a row of a sheet, is that act again.
#[test]
fn a_sheet_can_hold_every_act_that_there_is() {
    let mut rows = 0;
    for act in catalogue::acts().unwrap() {
        let schema = Schema::of(&act.name).unwrap();
        for example in catalogue::examples(&act.name).unwrap() {
            let (module, name) = act.name.split_once('.').unwrap();
            let mut row = Vec::new();
            cells(&schema.root, &example[module][name], "", &mut row);
            let header = row.iter().map(|(title, _)| title.clone()).collect();
            let cells = row.into_iter().map(|(_, text)| Cell::Text(text)).collect();
            let table = Table { header, rows: vec![Row { number: 2, cells }] };
            let built = try_built(&act.name, &table, Some(Unit::Fen)).unwrap_or_else(|error| {
                panic!("{}: {error}\n{example}", act.name);
            });
            assert_eq!(refusals(&built), Vec::<String>::new(), "{}\n{example}", act.name);
            assert_eq!(serde_json::to_value(&built.acts[0].call).unwrap(), example);
            assert_eq!(built.ignored, Vec::<String>::new(), "{}", act.name);
            rows += 1;
        }
    }
    assert!(rows >= 130, "{rows}");
}

#[test]
fn nearly_every_column_has_a_chinese_header_of_its_own() {
    let (mut named, mut all) = (0, 0);
    for act in catalogue::acts().unwrap() {
        let columns = Schema::of(&act.name).unwrap().columns();
        assert!(!columns.is_empty(), "{}", act.name);
        let headers = layout::headers(&columns);
        all += columns.len();
        named += headers.iter().filter(|titles| titles.iter().any(|it| !it.is_ascii())).count();
        let mut titles: Vec<&String> = headers.iter().flatten().collect();
        titles.sort_unstable();
        let count = titles.len();
        titles.dedup();
        assert_eq!(titles.len(), count, "{}", act.name);
    }
    assert!(named * 10 >= all * 9, "{named} of {all}");
}

const SALES: &str = "\
游戏,月份,销售额(万元),弃奖(元),业务日期\n\
双色球,2026年2月,１２３４５．６７８９,8.90,2026年3月5日\n\
3D,2026-02,0.0001,０,2026/3/5\n";

#[test]
fn statements_of_sales_are_entered_from_a_table_of_games_and_months() {
    let (bytes, _, _) = encoding_rs::GB18030.encode(SALES);
    let table = parse(bytes.to_vec(), None).unwrap();
    let built = try_built("lottery.statement", &table, None).unwrap();
    assert_eq!(refusals(&built), Vec::<String>::new());
    let sales: Vec<(String, String, Fen, Fen)> = built
        .acts
        .iter()
        .map(|act| match &act.call {
            Call::Lottery(lottery::Call::Statement(it)) => {
                (it.game.to_string(), it.period.to_string(), it.sales, it.unclaimed_prizes)
            }
            other => panic!("{other:?}"),
        })
        .collect();
    let of = |game: &str, sales: &str, prizes: &str| {
        (game.to_owned(), "2026-02".to_owned(), yuan(sales), yuan(prizes))
    };
    assert_eq!(sales, [of("双色球", "123456789", "8.90"), of("3D", "1", "0")]);
    // The reference does not depend on the row; another amount is the same act, and not taken.
    let again = SALES.replace("0.0001", "0.0002");
    let mut lines: Vec<&str> = again.lines().collect();
    lines[1..].reverse();
    let sorted = self::built("lottery.statement", &lines.join("\n"));
    assert_eq!(sorted.acts[0].reference, built.acts[1].reference);
    assert_ne!(sorted.acts[0].call, built.acts[1].call);
    assert_ne!(built.acts[0].reference, built.acts[1].reference);
}

#[test]
fn fields_of_fields_choices_and_lists_have_columns_of_their_own() {
    let beds = built(
        "homes.state_occupancy",
        "月份,自理,轻度失能,中度失能,重度失能,审核单位,业务日期\n\
         2024年5月,40,20,0,261,县民政局,2024-06-03",
    );
    let Call::Homes(homes::Call::StateOccupancy(beds)) = &beds.acts[0].call else { panic!() };
    assert_eq!((beds.beds.severe, beds.reviewer), (261, civil_affairs()));
    assert_eq!((beds.corrects, beds.evidence), (None, None));

    let surplus = built(
        "charity.transfer_surplus",
        "基金,转入·本单位基金,金额(万元),决议编号,批准依据·协议,业务日期\n\
         南湖,本级,０．０３,余1,章程,2025-04-01",
    );
    let Call::Charity(charity::Call::TransferSurplus(surplus)) = &surplus.acts[0].call else {
        panic!()
    };
    assert_eq!(surplus.amount, yuan("300"));
    assert_eq!(serde_json::to_value(&surplus.to).unwrap()["own"], "本级");
    assert_eq!(surplus.from, None);

    let registered = built(
        "project.register",
        "编号,title,类别,单位,年度,须设标识,业务日期,绩效指标1指标类型,绩效指标1名称,\
         绩效指标1目标值,绩效指标1满分,indicators.2.measures,indicators.2.name,\
         indicators.2.target,indicators.2.points_max\n\
         XM-1,适老化改造,老年人福利,县民政局,2024,是,2024-03-01,数量,床位,120张,5000,,,,",
    );
    let Call::Project(project::Call::Register(project)) = &registered.acts[0].call else {
        panic!()
    };
    assert_eq!((project.indicators.len(), project.indicators[0].points_max), (1, 5_000));

    let finding = built(
        "oversight.record_finding",
        "审计项目审计项目,审计项目单位,number,单位,year,kind,金额(元),records,working_paper,\
         occurred_on\n\
         审1,县财政局,7,县民政局,2024,挪用,30000,3；4096,\
         7cf23b8e2d6c0f46dcc550f26fa238444cd855d2ff41df39a16bcfdda945be76,2025-04-20",
    );
    let Call::Oversight(oversight::Call::RecordFinding(finding)) = &finding.acts[0].call else {
        panic!()
    };
    assert_eq!(finding.records.iter().map(|record| record.0).collect::<Vec<_>>(), [3, 4_096]);
    assert_eq!((finding.fund.clone(), finding.organization), (None, civil_affairs()));
}

#[test]
fn what_the_act_does_not_read_is_refused_by_row_and_column() {
    let table = |csv: &str| parse(csv.into(), None).unwrap();
    let rows = "game,period,sales,unclaimed_prizes,occurred_on,金额单位\n\
        双色球,2026-13,1,0,2026-03-05,元\n\
        双色球,2026-02,1.001,0,2026-03-05,元\n\
        双色球,2026-02,1,,2026-03-05,元\n\
        双色球,2026-02,1,0,2026-02-30,元\n\
        双色球,2026-02,1,0,2026-03-05,\n\
        双色球,2026-02,1,0,2026-03-05,元\n\
        双色球,2026-02,2,0,2026-03-05,元";
    let built = try_built("lottery.statement", &table(rows), None).unwrap();
    let said = refusals(&built);
    let expected = [
        "第2行B列“period”",
        "第3行C列“sales”",
        "第4行D列“unclaimed_prizes”",
        "第5行E列“occurred_on”",
        "第6行C列“sales” row 6, column C: the amount has no unit",
        "第8行 row 8: is the same act as row 7",
    ];
    assert_eq!((built.acts.len(), said.len()), (1, expected.len()), "{said:?}");
    for (said, expected) in said.iter().zip(expected) {
        assert!(said.starts_with(expected), "{said}");
    }

    let long = format!("payment,amount,occurred_on\n{},1,2025-03-01", "长".repeat(100));
    let said = refusals(&try_built("charity.return", &table(&long), Some(Unit::Yuan)).unwrap());
    assert!(said[0].starts_with("第2行A列“payment”"), "{said:?}");
    let choice = "home,valid_until,occurred_on\n无此单位,2024-06-03,2024-06-03";
    let said = refusals(&try_built("homes.end_standing", &table(choice), None).unwrap());
    assert!(said[0].starts_with("第2行A列“home”"), "{said:?}");
    let both = "fund,to.own,金额(元),resolution,authority.agreement,authority.consent,occurred_on\n\
        南湖,本级,1,余1,章程,同意书,2025-04-01";
    let said = refusals(&try_built("charity.transfer_surplus", &table(both), None).unwrap());
    assert!(said[0].contains("只能填一项"), "{said:?}");
    let words = "fund,resolution,金额(元),expense,reference,收款单位,occurred_on\n\
        南湖,议1,1,接待费,付1,x,2025-04-01";
    let said = refusals(&try_built("charity.disburse", &table(words), None).unwrap());
    assert!(said[0].starts_with("第2行D列“expense”") && said[0].contains("管理费用"), "{said:?}");
    let person = "payment,occurred_on\n张三11010519491231002X,2025-03-01";
    let said = refusals(&try_built("payment.correct", &table(person), None).unwrap());
    assert!(!said[0].contains("11010519491231002X"), "{said:?}");

    let short = try_built("lottery.statement", &table("游戏,备注\n3D,x"), None).err().unwrap();
    let short = short.to_string();
    assert!(short.contains("销售额 (sales)") && short.contains("(period)"), "{short}");
    let twice = try_built("lottery.statement", &table("游戏,game\n3D,3D"), None);
    assert!(matches!(twice, Err(HeaderError::Twice { .. })));
    assert!(Schema::of("lottery.nothing").is_err());
}

#[test]
fn a_workbook_gives_amounts_and_months_of_any_act() {
    let titles = ["游戏", "月份", "销售额（万元）", "弃奖（元）", "业务日期"];
    let places = ["A1", "B1", "C1", "D1", "E1"];
    let header: String =
        places.iter().zip(titles).map(|(place, title)| text_cell(place, title)).collect();
    // 2025-03-01 is day 45717 of the spreadsheet's calendar.
    let rows = format!(
        "<row r=\"1\">{header}</row><row r=\"2\">{}<c r=\"B2\" s=\"1\"><v>45717</v></c>\
         <c r=\"C2\"><v>220.85</v></c><c r=\"D2\"><f>0.1+0.2</f><v>0.30000000000000004</v></c>\
         <c r=\"E2\" s=\"1\"><v>45748</v></c></row>\
         <row r=\"3\">{}<c r=\"B3\" s=\"1\"><v>45717</v></c><c r=\"C3\"><v>220.85</v></c>\
         <c r=\"D3\"><v>0.3</v></c><c r=\"E3\" s=\"1\"><v>45748</v></c></row>",
        text_cell("A2", "双色球"),
        text_cell("A3", "七乐彩"),
    );
    let table = parse(workbook(&rows), None).unwrap();
    let built = try_built("lottery.statement", &table, None).unwrap();
    let said = refusals(&built);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("第2行D列") && said[0].contains("ROUND"), "{said:?}");
    let Call::Lottery(lottery::Call::Statement(it)) = &built.acts[0].call else { panic!() };
    assert_eq!((it.period.to_string().as_str(), it.sales), ("2025-03", yuan("2208500")));
}
