//! Sheets of many acts: what a clerk types becomes exact acts, and what cannot is refused by row
//! and column.

use std::io::{Cursor, Write as _};

use minglian_contracts::call::Call;
use minglian_contracts::charity::donation::{Donor, receipt_code};
use minglian_contracts::payment::Payee;
use minglian_contracts::{allocation, charity, payment};
use minglian_ledger::fen::{Fen, Unit};
use minglian_ledger::hash::Commitment;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_node::desk::catalogue;
use minglian_node::desk::outbox::Outbox;
use minglian_node::desk::sheet::build::{Built, HeaderError, Reading, build};
use minglian_node::desk::sheet::cells::{Registered, Salts};
use minglian_node::desk::sheet::columns::{FORMS, Kind, form};
use minglian_node::desk::sheet::{Cell, SheetError, Table, letters, parse};

use crate::rpc_world::{civil_affairs, day, finance};

const SECRET: [u8; 32] = [7; 32];

struct Names;

impl Registered for Names {
    fn named(&self, name: &str) -> Vec<OrganizationCode> {
        match name {
            "县民政局" => vec![civil_affairs()],
            "重名中心" => vec![civil_affairs(), finance()],
            _ => Vec::new(),
        }
    }
}

fn try_built(
    act: &str,
    table: &Table,
    map: &[(String, String)],
    unit: Option<Unit>,
) -> Result<Built, HeaderError> {
    let (form, salts) = (form(act).unwrap(), Salts::new(&SECRET));
    let reading = Reading { form, map, unit, signer: finance(), registered: &Names, salts };
    build(table, &reading)
}

pub fn built(act: &str, csv: &str) -> Built {
    try_built(act, &parse(csv.into(), None).unwrap(), &[], None).unwrap()
}

pub fn refusals(built: &Built) -> Vec<String> {
    built.refused.iter().map(ToString::to_string).collect()
}

fn fen(amount: u64) -> Fen {
    Fen::new(amount).unwrap()
}

#[test]
fn every_form_fills_the_fields_of_its_act() {
    for form in FORMS {
        let mut value: serde_json::Value = serde_json::from_str(form.template).unwrap();
        let example = serde_json::to_value(catalogue::act(form.act).unwrap().example).unwrap();
        let (module, act) = form.act.split_once('.').unwrap();
        let names = |value: &serde_json::Value| {
            value[module][act].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(names(&value), names(&example), "{}", form.act);
        // Consent is no field of an act.
        let fields = form.columns.iter().filter(|column| column.kind != Kind::Consent);
        for path in fields.map(|column| column.path).chain(form.identity.to_vec()) {
            let mut parts = form.act.split('.').chain(path.split('.'));
            let field = parts.try_fold(&mut value, |at, part| at.get_mut(part));
            assert!(field.is_some(), "{} {path}", form.act);
        }
    }
}

const GIFTS: &str = "\
捐赠编号,基金,捐赠人,金额(万元),限定用途,票据号,捐赠日期\n\
J-1,本级,县民政局,１３．６２７,助学,0001,2025年3月1日\n\
J-2,本级,张三,0.5,,,2025/3/2\n\
J-3,本级,匿名,0.000001,,,20250303\n";

#[test]
fn gifts_become_exact_acts_with_persons_as_commitments_and_receipt_codes() {
    let built = built("charity.donate", GIFTS);
    assert_eq!(refusals(&built), Vec::<String>::new());
    let gifts: Vec<_> = built
        .acts
        .iter()
        .map(|act| match &act.call {
            Call::Charity(charity::Call::Donate(gift)) => gift.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    let amounts: Vec<Fen> = gifts.iter().map(|gift| gift.amount).collect();
    assert_eq!(amounts, [fen(13_627_000), fen(500_000), fen(1)]);
    assert_eq!(built.total(), Some(fen(14_127_001)));
    assert_eq!(gifts[0].donor, Donor::Organization(civil_affairs()));
    assert_eq!(gifts[0].occurred_on, day(3, 1));
    assert_eq!(gifts[2].donor, Donor::Anonymous);
    let opening = &built.acts[1].openings[0];
    assert_eq!(opening.text, "张三");
    assert_eq!(gifts[1].donor, Donor::Person(opening.commitment));
    let salted = Commitment::of(&[&opening.salt, "张三".as_bytes()]);
    assert_eq!(opening.commitment, salted);
    for (gift, act) in gifts.iter().zip(&built.acts) {
        let receipt = act.receipt.unwrap();
        assert_eq!(gift.code, receipt_code(&receipt.salt, &receipt.code));
    }
    assert_eq!(built.acts[0].reference.as_str(), "charity.donate/J-1");
    let json = serde_json::to_string(&gifts.iter().collect::<Vec<_>>()).unwrap();
    assert!(!json.contains("张三"));
}

#[test]
fn a_name_is_public_only_with_consent_which_changes_nothing_in_the_act() {
    let with = |consent: &str, donor: &str| {
        let rows = format!(
            "捐赠编号,基金,捐赠人,同意公开,金额(元),捐赠日期\nJ-1,本级,{donor},{consent},1,2025-03-01\n"
        );
        built("charity.donate", &rows)
    };
    let (agreed, not, silent) = (with("是", "张三"), with("否", "张三"), with("", "张三"));
    let is_public = |built: &Built| built.acts[0].openings[0].is_public;
    assert_eq!([&agreed, &not, &silent].map(is_public), [true, false, false]);
    assert!(agreed.acts[0].call == not.acts[0].call && not.acts[0] == silent.acts[0]);
    // An organisation is named anyway; nobody cannot agree.
    assert!(with("是", "县民政局").acts[0].openings.is_empty());
    let refused = refusals(&with("是", "匿名"));
    assert!(refused.len() == 1 && refused[0].contains("第2行D列“同意公开”"), "{refused:?}");
    assert_eq!(with("也许", "张三").refused.len(), 1);
}

#[test]
fn the_same_sheet_again_is_the_same_acts_and_another_desk_salts_otherwise() {
    let (first, again) = (built("charity.donate", GIFTS), built("charity.donate", GIFTS));
    assert!(first.acts == again.acts);
    let table = parse(GIFTS.into(), None).unwrap();
    let salts = Salts::new(&[8; 32]);
    let form = form("charity.donate").unwrap();
    let reading =
        Reading { form, map: &[], unit: None, signer: finance(), registered: &Names, salts };
    let other = build(&table, &reading).unwrap();
    assert!(other.acts[1].openings[0].commitment != first.acts[1].openings[0].commitment);
    // Sorted anew, each gift is the same act.
    let mut lines: Vec<&str> = GIFTS.lines().collect();
    lines[1..].reverse();
    let sorted = built("charity.donate", &lines.join("\n"));
    let mut calls: Vec<_> = sorted.acts.into_iter().map(|act| act.call).collect();
    calls.reverse();
    assert_eq!(calls, first.acts.into_iter().map(|act| act.call).collect::<Vec<_>>());
}

#[test]
fn what_cannot_be_an_act_is_refused_by_row_and_column_with_what_to_do() {
    let built = built(
        "charity.donate",
        "捐赠编号,基金,捐赠人,金额(元),捐赠日期\n\
         J-1,本级,匿名,1.005,2025-03-01\n\
         J-2,本级,匿名,,2025-03-01\n\
         J-3,本级,匿名,1,2025-13-01\n\
         J-4,本级,无名集团有限公司,1,2025-03-01\n\
         J-5,本级,重名中心,1,2025-03-01\n\
         J-6,本级,张三11010519491231002X,1,2025-03-01\n\
         J-7,本级,匿名,-1,2025-03-01\n\
         J-8,本级,匿名,1,2025-03-01\n\
         J-8,本级,匿名,2,2025-03-01",
    );
    assert_eq!(built.acts.len(), 1);
    let said = refusals(&built);
    let expected = [
        "第2行D列“金额(元)” row 2, column D: \"1.005\" 元 is no amount to the fen",
        "第3行D列“金额(元)” row 3, column D: is empty",
        "第4行E列“捐赠日期” row 4, column E: \"2025-13-01\" is no day",
        "第5行C列“捐赠人” row 5, column C: \"无名集团有限公司\" is no organisation",
        "第6行C列“捐赠人” row 6, column C: \"重名中心\" is the name of several",
        "第7行C列“捐赠人” row 7, column C: holds what looks like",
        "第8行D列",
        "第10行 row 10: is the same act as row 9",
    ];
    assert_eq!(said.len(), expected.len(), "{said:?}");
    for (said, expected) in said.iter().zip(expected) {
        assert!(said.starts_with(expected), "{said}");
        assert!(!said.contains("11010519491231002X"), "{said}");
    }
}

#[test]
fn a_header_that_does_not_fit_is_refused_with_the_columns_that_are_missing() {
    let table = parse("捐赠编号,款项,捐赠日期,备注\n甲,1,2025-03-01,x".into(), None).unwrap();
    let missing = try_built("charity.donate", &table, &[], None).err().unwrap().to_string();
    assert!(missing.contains("基金 (fund)") && missing.contains("金额 (amount)"), "{missing}");
    let map = |title: &str, field: &str| (title.to_owned(), field.to_owned());
    let wrong = try_built("charity.donate", &table, &[map("款项", "money")], None);
    assert!(matches!(wrong, Err(HeaderError::Map(_))));
    let csv = "编号,基金,款项,日期,备注\n甲,本级,1,2025-03-01,x\n";
    let table = parse(csv.into(), None).unwrap();
    let mapped = [map("款项", "amount")];
    let unitless = try_built("charity.donate", &table, &mapped, None).unwrap();
    assert!(refusals(&unitless)[0].contains("金额没有单位"), "{:?}", refusals(&unitless));
    let built = try_built("charity.donate", &table, &mapped, Some(Unit::HundredMillionYuan));
    let built = built.unwrap();
    assert_eq!(built.total(), Some(fen(10_000_000_000)));
    assert_eq!(built.ignored, ["备注"]);
    let twice = "编号,捐赠编号,基金,金额(元),日期\n甲,乙,本级,1,2025-03-01";
    let twice = try_built("charity.donate", &parse(twice.into(), None).unwrap(), &[], None);
    assert!(matches!(twice, Err(HeaderError::Twice { .. })));
}

#[test]
fn quota_and_payments_take_what_a_sheet_leaves_out_from_the_act_itself() {
    let quota = built(
        "allocation.record_quota",
        "持有单位,资金来源,年度,指标,金额,金额单位,资金级次,类别,文号,业务日期\n\
         县民政局,福彩公益金,2025,养老,1.5,亿元,省级,老年人福利,皖财社〔2025〕15号,2025-05-01",
    );
    assert_eq!(refusals(&quota), Vec::<String>::new());
    let Call::Allocation(allocation::Call::RecordQuota(quota)) = &quota.acts[0].call else {
        panic!("{:?}", quota.acts[0].call)
    };
    assert_eq!((quota.to.holder, quota.first_year), (civil_affairs(), 2025));
    assert_eq!(quota.amount, fen(15_000_000_000));
    assert_eq!(quota.basis.documents.as_slice()[0].to_string(), "皖财社〔2025〕15号");
    let paid = built(
        "payment.instruct",
        "付款编号,资金来源,年度,指标,支出用途,收款人,金额(元),日期,业务编号\n\
         凭证1,福彩公益金,2025,养老,购买服务,,13627.00,2025-05-01,凭证-001",
    );
    let Call::Payment(payment::Call::Instruct { line, order, .. }) = &paid.acts[0].call else {
        panic!("{:?}", refusals(&paid))
    };
    assert_eq!((line.holder, &order.payee), (finance(), &Payee::NotPrinted));
    assert_eq!(order.amount, fen(1_362_700));
    assert_eq!(paid.acts[0].reference.as_str(), "凭证-001");
}

#[test]
fn gb18030_is_read_and_damaged_text_is_not() {
    let (bytes, _, _) = encoding_rs::GB18030.encode(GIFTS);
    let table = parse(bytes.to_vec(), None).unwrap();
    assert!(table == parse(GIFTS.into(), None).unwrap());
    let open = parse("捐赠编号,基金\n\"甲,乙".into(), None).err().unwrap();
    assert!(matches!(open, SheetError::Line { row: 2, .. }), "{open}");
    assert!(matches!(parse(Vec::new(), None), Err(SheetError::Empty)));
    assert!(parse(b"PK\x03\x04 no workbook".to_vec(), None).is_err());
    assert_eq!([0, 25, 26, 701, 702].map(letters), ["A", "Z", "AA", "ZZ", "AAA"]);
}

/// A workbook of one sheet whose rows are given as XML.
pub fn workbook(rows: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut put = |name: &str, text: &str| {
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated);
        zip.start_file(name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    };
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    put("[Content_Types].xml", "<Types/>");
    put(
        "_rels/.rels",
        &format!(
            "<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" \
             Type=\"{relations}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
        ),
    );
    put(
        "xl/workbook.xml",
        &format!(
            "<workbook xmlns=\"{main}\" xmlns:r=\"{relations}\"><sheets>\
             <sheet name=\"捐赠\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
        ),
    );
    put(
        "xl/_rels/workbook.xml.rels",
        &format!(
            "<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" \
             Type=\"{relations}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
        ),
    );
    put(
        "xl/styles.xml",
        &format!(
            "<styleSheet xmlns=\"{main}\"><cellXfs count=\"2\"><xf numFmtId=\"0\"/>\
             <xf numFmtId=\"14\"/></cellXfs></styleSheet>"
        ),
    );
    put(
        "xl/worksheets/sheet1.xml",
        &format!("<worksheet xmlns=\"{main}\"><sheetData>{rows}</sheetData></worksheet>"),
    );
    zip.finish().unwrap().into_inner()
}

pub fn text_cell(place: &str, text: &str) -> String {
    format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

fn header() -> String {
    let titles = ["捐赠编号", "基金", "金额（万元）", "捐赠日期"];
    let cells = ["A2", "B2", "C2", "D2"].iter().zip(titles);
    cells.map(|(place, title)| text_cell(place, title)).collect()
}

#[test]
fn a_workbook_gives_shortest_decimals_cached_formulas_and_dates() {
    let gift = |row: u32, amount: &str, date: &str| {
        let (reference, fund) = (
            text_cell(&format!("A{row}"), &format!("J-{row}")),
            text_cell(&format!("B{row}"), "本级"),
        );
        format!("<row r=\"{row}\">{reference}{fund}{amount}{date}</row>")
    };
    // 2025-03-01 is day 45717 of the spreadsheet's calendar.
    let day_cell = |row: u32| format!("<c r=\"D{row}\" s=\"1\"><v>45717</v></c>");
    let rows = [
        format!("<row r=\"2\">{}</row>", header()),
        gift(3, "<c r=\"C3\"><v>220.85</v></c>", &day_cell(3)),
        gift(4, "<c r=\"C4\"><f>C3*2</f><v>441.7</v></c>", &day_cell(4)),
        gift(5, "<c r=\"C5\"><f>0.1+0.2</f><v>0.30000000000000004</v></c>", &day_cell(5)),
        gift(6, "<c r=\"C6\" t=\"e\"><f>1/0</f><v>#DIV/0!</v></c>", &day_cell(6)),
        gift(8, "<c r=\"C8\"><v>1.3627000000000001E3</v></c>", &text_cell("D8", "2025-03-02")),
    ];
    let table = parse(workbook(&rows.concat()), Some("捐赠")).unwrap();
    assert_eq!(table.rows[0].cells[2], Cell::Number("220.85".to_owned()));
    let built = try_built("charity.donate", &table, &[], None).unwrap();
    let amounts: Vec<_> = built.acts.iter().map(|act| act.amount.unwrap()).collect();
    assert_eq!(amounts, [fen(220_850_000), fen(441_700_000), fen(1_362_700_000)]);
    let Call::Charity(charity::Call::Donate(gift)) = &built.acts[0].call else { panic!() };
    assert_eq!(gift.occurred_on, day(3, 1));
    let said = refusals(&built);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].starts_with("第5行C列") && said[0].contains("ROUND"), "{}", said[0]);
    assert!(said[1].starts_with("第6行C列") && said[1].contains("#DIV/0!"), "{}", said[1]);
    let other = parse(workbook(&rows.concat()), Some("支出"));
    assert!(matches!(other, Err(SheetError::NoSheet { .. })));
}

#[test]
fn a_code_that_a_spreadsheet_rounded_is_refused() {
    let row = |code: &str| {
        let titles = [
            ("A1", "统一社会信用代码"),
            ("B1", "单位名称"),
            ("C1", "单位类型"),
            ("D1", "行政区划"),
        ];
        let titles: String = titles.map(|(place, title)| text_cell(place, title)).concat();
        let rest = [("B2", "县福利院"), ("C2", "项目单位"), ("D2", "来安县")];
        let rest: String = rest.map(|(place, text)| text_cell(place, text)).concat();
        format!("<row r=\"1\">{titles}</row><row r=\"2\">{code}{rest}</row>")
    };
    let act = "registry.register_organization";
    let rounded = parse(workbook(&row("<c r=\"A2\"><v>123411220000000019</v></c>")), None).unwrap();
    let built = try_built(act, &rounded, &[], None).unwrap();
    assert!(refusals(&built)[0].contains("请设为文本格式"), "{:?}", refusals(&built));
    let code = OrganizationCode::parse("Y9341122NXE3E0KA11").unwrap();
    let good = parse(workbook(&row(&text_cell("A2", code.as_str()))), None).unwrap();
    let built = try_built(act, &good, &[], None).unwrap();
    assert_eq!(refusals(&built), Vec::<String>::new());
    assert_eq!(built.acts[0].reference.as_str(), format!("{act}/{code}"));
}

#[test]
fn the_desks_secret_stays_the_same_and_is_private() {
    let directory = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(directory.path()).unwrap();
    let secret = outbox.secret().unwrap();
    assert_ne!(secret, [0; 32]);
    assert_eq!(Outbox::open(directory.path()).unwrap().secret().unwrap(), secret);
    std::fs::write(directory.path().join("secret"), b"short").unwrap();
    assert!(outbox.secret().is_err());
}
