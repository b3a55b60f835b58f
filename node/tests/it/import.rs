//! Reading published tables: the real ones in full, and bad ones line by line.

use std::path::PathBuf;

use minglian_ledger::fen::{Fen, Unit};
use minglian_node::import::csv_file::{self, Encoding, FileError, LineError};
use minglian_node::import::divisions;
use minglian_node::import::kind::Kind;
use minglian_node::import::notice::{self, COLUMNS, Notice, ParsedFile};
use minglian_node::import::plan;
use proptest::prelude::*;

fn data(file: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../testnet/data");
    csv_file::read(&folder.join(file)).unwrap()
}

/// The one notice of a real table, which must be read without a refusal.
fn published(name: &str) -> Notice {
    let file = format!("{name}.csv");
    let parsed = notice::parse(&file, &data(&file)).unwrap();
    assert_eq!(parsed.refused, [], "{file}");
    assert_eq!((parsed.notices.len(), parsed.encoding), (1, Encoding::Utf8), "{file}");
    let notice = parsed.notices.into_iter().next().unwrap();
    assert_eq!(notice.dataset.as_str(), name);
    notice
}

fn ten_thousand_yuan(text: &str) -> Option<Fen> {
    Some(Fen::parse_published(text, Unit::TenThousandYuan).unwrap())
}

/// A table of `rows` under the usual header.
fn table(rows: &str) -> String {
    format!("{}\n{rows}", COLUMNS.join(","))
}

fn parse(text: &str) -> ParsedFile {
    notice::parse("table.csv", text.as_bytes()).unwrap()
}

/// Lines and reasons of what is refused.
fn refusals(parsed: &ParsedFile) -> Vec<(u64, String)> {
    parsed.refused.iter().map(|row| (row.line, row.reason.to_string())).collect()
}

const GOOD_ROW: &str = "a,1,2020,安徽省,省级,养老,项目,单位,,5,万元,5000000,spent,,";

#[test]
fn every_published_table_is_read_in_full_and_to_the_fen() {
    for (name, rows, kind, sum) in [
        ("luxian_2020", 14, Kind::Allocated, "972.749"),
        ("panzhihua_2022_by_county", 12, Kind::Allocated, "2065.841"),
        ("guanyun_2024_execution", 9, Kind::Allocated, "199"),
        ("guanyun_2024_execution", 9, Kind::Spent, "120"),
        ("guanyun_2024_execution", 9, Kind::CarriedForward, "79"),
        ("fujian_2024_provincial", 10, Kind::Spent, "27070.18"),
        ("hefei_2017_by_category", 6, Kind::Spent, "2970.81"),
        ("zhejiang_2016_by_category", 10, Kind::Spent, "175986.16"),
        ("mof_2021_central_special", 23, Kind::BudgetIssued, "273359"),
        ("daishan_charity_2021", 20, Kind::CharityIncome, "1362.70"),
        ("daishan_charity_2021", 20, Kind::CharityExpenditure, "1320.44"),
    ] {
        let notice = published(name);
        assert_eq!(notice.rows.len(), rows, "{name}");
        assert_eq!(notice.sum_of(kind), ten_thousand_yuan(sum), "{name} {kind}");
        assert_eq!(notice.control_totals().count(), 0, "{name}");
        assert!(notice.rows.iter().all(|row| row.division.is_some()), "{name}");
        assert!(notice.rows.iter().all(|row| row.unit == Some(Unit::TenThousandYuan)), "{name}");
    }
}

#[test]
fn a_region_is_any_division_of_the_country_and_nothing_else() {
    for (region, code) in [
        ("安徽省滁州市来安县", 341_122),
        ("福建省本级", 350_000),
        ("浙江省(全省)", 330_000),
        ("全国", 100_000),
        ("四川省广元市昭化区", 510_811),
        ("广元市昭化区", 510_811),
        ("昭化区", 510_811),
        ("北京市朝阳区", 110_105),
        ("吉林省长春市朝阳区", 220_104),
        ("湖北省仙桃市", 429_004),
        ("341122 来安县", 341_122),
        ("\u{ff13}\u{ff14}\u{ff11}\u{ff11}\u{ff12}\u{ff12} 来安", 341_122),
    ] {
        let found = divisions::find(region).map(|division| division.code());
        assert_eq!(found, Some(code), "{region}");
    }
    for region in ["安徽省滁州市来按县", "火星市", "朝阳区", "市辖区", "", "999999 火星市"]
    {
        assert_eq!(divisions::find(region), None, "{region}");
    }
}

#[test]
fn a_code_is_believed_only_with_the_table_and_its_own_name() {
    for (region, code) in [
        ("341122", 341_122),
        ("341122来安县", 341_122),
        ("341122 安徽省滁州市来安县", 341_122),
        ("341122 滁州市来安", 341_122),
        ("510402 东区", 510_402),
        ("110105 北京市朝阳区", 110_105),
        ("350000 福建省本级", 350_000),
        ("650000 新疆", 650_000),
        ("710000 台湾省", 710_000),
        ("100000 全国", 100_000),
    ] {
        let found = divisions::find(region).map(|division| division.code());
        assert_eq!(found, Some(code), "{region}");
    }
    for region in [
        "341199 来安县",
        "341199",
        "341125 来安县",
        "341122 安徽省",
        "341122 来",
        "3411220",
        "341122 来安县定远县",
        "110100 市辖区",
        "110100",
        "100000 来安县",
    ] {
        assert_eq!(divisions::find(region), None, "{region}");
    }
}

#[test]
fn a_misspelt_region_is_refused_with_its_line() {
    let parsed = parse(&table(&GOOD_ROW.replace("安徽省", "安徽省滁州市来按县")));
    let plan = plan::plan("table.csv", &parsed.notices[0]);
    assert!(plan.acts.is_empty() && plan.parties.is_empty());
    let said = plan.refused[0].to_string();
    assert!(said.contains("line 2: the region") && said.contains("341122 来安县"), "{said}");
}

#[test]
fn welfare_and_sports_money_of_panzhihua_add_up_apart() {
    let notice = published("panzhihua_2022_by_county");
    for (item, sum) in [("福利彩票公益金", "895.501"), ("体育彩票公益金", "1170.34")]
    {
        let rows = notice.rows.iter().filter(|row| row.item.as_str() == item);
        assert_eq!(Fen::sum(rows.map(|row| row.amount)), ten_thousand_yuan(sum), "{item}");
    }
}

#[test]
fn a_row_keeps_what_the_notice_printed() {
    let notice = published("guanyun_2024_execution");
    let row = notice.rows.first().unwrap();
    assert_eq!((row.line, row.row, row.year), (2, 1, 2024));
    assert_eq!(row.region.as_str(), "江苏省连云港市灌云县");
    assert_eq!(row.division.unwrap().code(), 320_723);
    assert_eq!(row.document_numbers.to_string(), "苏财社〔2023〕129号;苏财社〔2024〕52号");
    assert_eq!((row.amount_published.as_str(), row.count.as_str()), ("108", "1个"));
    assert!(!row.document_numbers_mended);
    // A comma inside quotation marks.
    let note = published("luxian_2020").rows[4].note.as_str().to_owned();
    assert_eq!(note, "category inferred from item, page does not label it");
}

#[test]
fn one_table_reads_the_same_in_each_encoding() {
    let utf8 = data("luxian_2020.csv");
    let text = String::from_utf8(utf8.clone()).unwrap();
    let expected = notice::parse("t", &utf8).unwrap();
    let (gb18030, _, unmappable) = encoding_rs::GB18030.encode(&text);
    assert!(!unmappable);
    let marked = [&[0xEF, 0xBB, 0xBF][..], &utf8].concat();
    let windows_lines = text.replace('\n', "\r\n").into_bytes();
    for (bytes, encoding) in [
        (gb18030.into_owned(), Encoding::Gb18030),
        (marked, Encoding::Utf8WithMark),
        (windows_lines, Encoding::Utf8),
    ] {
        let parsed = notice::parse("t", &bytes).unwrap();
        assert_eq!(parsed, ParsedFile { encoding, ..expected.clone() });
    }
}

#[test]
fn a_file_that_is_not_clearly_text_is_refused_whole() {
    let good = table(GOOD_ROW);
    let mut damaged = data("luxian_2020.csv");
    let place = damaged.iter().rposition(|byte| *byte >= 0xE0).unwrap();
    damaged[place] = b'?';
    let mut utf16 = vec![0xFF, 0xFE];
    utf16.extend(good.encode_utf16().flat_map(u16::to_le_bytes));
    for (bytes, expected) in [
        (damaged, "the file is UTF-8 text with damaged bytes, first on line 15"),
        (utf16, "the file is UTF-16: save it as UTF-8 or GB18030"),
        (vec![b'a', 0xFF, b'\n'], "the file is neither UTF-8 nor GB18030 text"),
        (b"a,b\0".to_vec(), "the file holds zero bytes: it is not text"),
        (vec![], "the file is empty"),
        (b"\n , ,\r\n".to_vec(), "the file is empty"),
        (b"\n\"a,b\n".to_vec(), "header, line 2: a quotation mark is not closed on this line"),
        (COLUMNS[2..].join(",").into_bytes(), "the header lacks the columns dataset, row"),
        (
            format!("{},note", COLUMNS.join(",")).into_bytes(),
            "the header has the column note twice",
        ),
    ] {
        let error = notice::parse("t", &bytes).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    let large = vec![b'a'; usize::try_from(csv_file::FILE_BYTES_MAX).unwrap() + 1];
    assert!(matches!(notice::parse("t", &large), Err(FileError::TooLarge)));
    let rows = "x\n".repeat(csv_file::ROWS_MAX + 1);
    assert!(matches!(notice::parse("t", table(&rows).as_bytes()), Err(FileError::TooManyRows)));
    let missing = csv_file::read(&PathBuf::from("/nonexistent/table.csv"));
    assert!(matches!(missing, Err(FileError::Io { .. })));
}

#[test]
fn columns_stand_in_any_order_and_others_are_reported() {
    let reversed: Vec<_> = COLUMNS.into_iter().rev().collect();
    let row: Vec<_> = GOOD_ROW.split(',').rev().collect();
    let parsed = parse(&format!("备注,{}\n多余,{}\n", reversed.join(","), row.join(",")));
    assert_eq!(
        (parsed.ignored_columns.as_slice(), refusals(&parsed)),
        (&["备注".to_owned()][..], vec![])
    );
    assert_eq!(parsed.notices, parse(&table(GOOD_ROW)).notices);
}

/// Rows of a table, and why each is refused; an empty reason means that it is read.
const ROWS: [(&str, &str); 23] = [
    (GOOD_ROW, ""),
    ("a,2,2020,安徽省,省级,,,,,\"1,234.5\",万元,1234500000,spent,,", ""),
    (
        "a,3,2020,安徽省,省级,,,,,５．０,万元,５０００００００,spent,,",
        "amount_published is 50000.00 元 but amount_fen says 500000.00 元",
    ),
    ("a,４,２０２０,安徽省,省级,,,,,５．０,万元,５００００００,spent,,", ""),
    (
        "a,5,2020,安徽省,省级,,,,,0.0000001,万元,,spent,,",
        "amount_published: amount \"0.0000001\" 万元 is not a whole number of fen",
    ),
    ("a,6,2020,安徽省,省级,,,,,-5,万元,,spent,,", "amount_published: amount \"-5\" is negative"),
    (
        "a,7,2020,安徽省,省级,,,,,1e5,万元,,spent,,",
        "amount_published: amount \"1e5\" is not a plain decimal number",
    ),
    (
        "a,8,2020,安徽省,省级,,,,,5,万元,5.5,spent,,",
        "amount_fen: amount \"5.5\" 分 is not a whole number of fen",
    ),
    (
        "a,9,2020,安徽省,省级,,,,,5,美元,,spent,,",
        "unit: unit \"美元\" is none of 分, 元, 万元, 亿元",
    ),
    ("a,10,2020,安徽省,省级,,,,,5,,500,spent,,", "amount_published is given without a unit"),
    (
        "a,11,2020,安徽省,省级,,,,,,,,spent,,",
        "no amount: amount_published and amount_fen are both empty",
    ),
    ("a,12,2020,安徽省,省级,,,,,,,500,spent,,", ""),
    (
        "a,13,2020,安徽省,省级,,,,,5,元,500,donated,,",
        "kind \"donated\" is unknown; there are received, received_tranche, settlement_return, \
         budget_issued, brought_forward, carried_forward, allocated, spent, transfer_down, \
         transfer_to_general_budget, accrued, remitted, retained, charity_income, \
         charity_expenditure, subtotal, total, received_total, spent_total, balance",
    ),
    (
        "a,14,2020,安徽省,省级,,,,财综2020,5,元,500,spent,,",
        "doc_no: \"财综2020\" is not a document number such as 财综〔2021〕18号",
    ),
    ("a,15,2020,安徽省,省级,,,,财综[2020]3号,5,元,500,spent,,", ""),
    ("a,16,2020,安徽省,省级,,,,5,元,500,spent,,", "14 cells where the header has 15"),
    (
        "a,17,2020,安徽省,省级,,\"open,,,5,元,500,spent,,",
        "a quotation mark is not closed on this line",
    ),
    ("a,18,1020,安徽省,省级,,,,,5,元,500,spent,,", "year \"1020\" is not a whole number in range"),
    ("a,x,2020,安徽省,省级,,,,,5,元,500,spent,,", "row \"x\" is not a whole number in range"),
    ("a,20,2020,,省级,,,,,5,元,500,spent,,", "region is empty"),
    ("a,1,2020,安徽省,省级,,,,,5,元,500,spent,,", "row 1 of a is already on line 2"),
    ("b,1,2020,某地,省级,,,,,5,元,500,balance,,", ""),
    (
        "b,2,2020,某地,省级,,a\tb,,,5,元,500,spent,,",
        "item: text holds the character U+0009, which cannot be shown as written",
    ),
];

#[test]
fn each_bad_row_is_refused_with_its_reason_and_the_rest_goes_on() {
    let rows = ROWS;
    let lines: Vec<_> = rows.iter().map(|(row, _)| *row).collect();
    let parsed = parse(&table(&lines.join("\n")));
    let expected: Vec<_> = (2..)
        .zip(rows)
        .filter(|(_, (_, reason))| !reason.is_empty())
        .map(|(line, (_, reason))| (line, reason.to_owned()))
        .collect();
    assert_eq!(refusals(&parsed), expected);
    let [a, b] = parsed.notices.as_slice() else { panic!("two notices") };
    assert_eq!(a.rows.iter().map(|row| row.row).collect::<Vec<_>>(), [1, 2, 4, 12, 15]);
    assert!(a.rows.last().unwrap().document_numbers_mended);
    assert_eq!((b.entries().count(), b.control_totals().count()), (0, 1));
    assert_eq!(b.rows.first().unwrap().division, None);
    assert!(parsed.refused[0].to_string().starts_with("table.csv, line 4: amount_published"));
}

#[test]
fn personal_numbers_are_refused_and_never_repeated() {
    let digits = ["11010519491231002X", "4111111111111111", "13800138000"];
    for number in digits {
        for (column, name) in COLUMNS.iter().enumerate() {
            let mut cells: Vec<_> = GOOD_ROW.split(',').collect();
            let spoiled = format!("张某{number}");
            cells[column] = &spoiled;
            let parsed = parse(&table(&cells.join(",")));
            let refused = refusals(&parsed);
            let [(2, reason)] = refused.as_slice() else { panic!("{name}: {refused:?}") };
            assert!(reason.starts_with(&format!("{name} holds what looks like")), "{reason}");
            assert!(!format!("{parsed:?}").contains(number), "{name}: {parsed:?}");
        }
    }
    // A large amount in fen is not a telephone number.
    let row = GOOD_ROW.replace(",5,万元,5000000,", ",13800.138,万元,13800138000,");
    assert_eq!(refusals(&parse(&table(&row))), []);
}

#[test]
fn quotation_marks_are_read_by_the_rule_or_not_at_all() {
    let cells = |line| csv_file::split(line).unwrap();
    assert_eq!(cells(r#"a,"b,c","say ""d""",,"#), ["a", "b,c", r#"say "d""#, "", ""]);
    assert_eq!(cells(r#""""#), [""]);
    for (line, error) in [
        (r#"a,"b"#, LineError::OpenQuote),
        (r#"""","#, LineError::OpenQuote),
        (r#"a"b,"c"#, LineError::StrayQuote),
        (r#""a"b,c"#, LineError::StrayQuote),
        ("a\rb", LineError::CarriageReturn),
    ] {
        assert_eq!(csv_file::split(line), Err(error), "{line}");
    }
}

#[test]
fn a_cell_has_a_limit() {
    let fits = GOOD_ROW.replace("项目", &"x".repeat(csv_file::CELL_BYTES_MAX));
    assert_eq!(refusals(&parse(&table(&fits))), []);
    let large = GOOD_ROW.replace("项目", &"x".repeat(csv_file::CELL_BYTES_MAX + 1));
    let reason = "cell 7 has 4097 bytes, the limit is 4096".to_owned();
    assert_eq!(refusals(&parse(&table(&large))), [(2, reason)]);
}

#[test]
fn kinds_survive_their_text() {
    for kind in Kind::ALL {
        assert_eq!(Kind::parse(kind.as_str()), Some(kind));
    }
    let totals = Kind::ALL.into_iter().filter(|kind| kind.is_control_total()).count();
    let charity = Kind::ALL.into_iter().filter(|kind| kind.is_charity()).count();
    assert_eq!((totals, charity), (5, 2));
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = notice::parse("t", &bytes);
        let mut rows = table("").into_bytes();
        rows.extend(bytes);
        let _ = notice::parse("t", &rows);
    }

    /// Whatever happens to the lines of a real table, each one is either read or refused.
    #[test]
    fn no_line_is_lost(
        places in prop::collection::vec((0_usize..2000, "[\"0-9,.a;〔元-]"), 0..30),
    ) {
        let mut text: Vec<char> =
            String::from_utf8(data("luxian_2020.csv")).unwrap().chars().collect();
        let header = text.iter().position(|character| *character == '\n').unwrap() + 1;
        for (place, replacement) in places {
            match text.get_mut(header + place) {
                Some(old) if *old != '\n' => *old = replacement.chars().next().unwrap(),
                _ => {}
            }
        }
        let parsed = parse(&text.into_iter().collect::<String>());
        let read: usize = parsed.notices.iter().map(|notice| notice.rows.len()).sum();
        prop_assert_eq!(read + parsed.refused.len(), 14);
    }
}
