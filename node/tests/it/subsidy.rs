//! `minglian subsidy` as a county uses it: the program itself, from the roll to the slip. What it
//! wrote outside of the vault and the clerk's lists, and all that it said, is then searched for the
//! people it was about (A35).

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use minglian_county::generated::{self, Group};
use minglian_county::sheet::Sheet;
use minglian_ledger::date::Month;
use minglian_ledger::subsidy::pedersen::G_BYTES;

use crate::sheet::{text_cell, workbook};

const GROUPS: [Group; 2] = [
    Group { count: 36, age_from: 80, age_below: 90 },
    Group { count: 4, age_from: 90, age_below: 100 },
];

struct Desk {
    directory: tempfile::TempDir,
    said: String,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { directory: tempfile::tempdir().unwrap(), said: String::new() };
        let passphrase = desk.path("passphrase");
        fs::write(&passphrase, "correct horse battery\n").unwrap();
        fs::set_permissions(&passphrase, fs::Permissions::from_mode(0o600)).unwrap();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn run(&mut self, words: &str, input: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_minglian"));
        command.arg("subsidy").args(words.split_whitespace()).current_dir(self.directory.path());
        if words.contains("--vault") {
            command.args(["--passphrase-file", "passphrase"]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that does not ask closes its end first, which is no fault.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        for bytes in [&output.stdout, &output.stderr] {
            self.said.push_str(&String::from_utf8_lossy(bytes));
        }
        output
    }

    fn does(&mut self, words: &str) -> String {
        let output = self.run(words, "");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn refuses(&mut self, words: &str) -> String {
        let output = self.run(words, "");
        assert!(!output.status.success(), "{words} is refused");
        String::from_utf8(output.stderr).unwrap()
    }
}

/// The roll as a county's spreadsheet program saves it: GB18030, some digits full-width.
fn write_roll(desk: &Desk) -> Sheet {
    let mut sheet = generated::sheet(&GROUPS, Month::new(2012, 12).unwrap(), 5);
    let wide = |text: &str| -> String {
        let wide = |letter: char| char::from_u32(u32::from(letter) + 0xFEE0).unwrap_or(letter);
        text.chars().map(wide).collect()
    };
    let text = generated::csv(&sheet);
    let first = sheet.rows[0].cells[1].text.clone();
    let text = text.replacen(&first, &wide(&first), 1);
    fs::write(desk.path("roll.csv"), encoding_rs::GB18030.encode(&text).0).unwrap();
    // The same with two rows spoiled: a wrong check character and a person twice.
    let last = sheet.rows.len() - 1;
    let check = if sheet.rows[1].cells[1].text.ends_with('1') { "2" } else { "1" };
    sheet.rows[1].cells[1].text = format!("{}{check}", &sheet.rows[1].cells[1].text[..17]);
    sheet.rows[last].cells[1].text = first;
    fs::write(desk.path("spoiled.csv"), generated::csv(&sheet)).unwrap();
    generated::sheet(&GROUPS, Month::new(2012, 12).unwrap(), 5)
}

fn ledger_terms(desk: &Desk, fen: u64) {
    let key = data_encoding::HEXLOWER.encode(&G_BYTES);
    let root = "07".repeat(32);
    let text = format!(
        "chain_id = \"minglian-test\"\nenrolment_root = \"{root}\"\nescrow_key = \"{key}\"\n\n\
         [[lot]]\ninflow = 3\namount = \"{fen}\"\n"
    );
    fs::write(desk.path("ledger.toml"), text).unwrap();
}

fn files_below(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files_below(&path, found) } else { found.push(path) }
    }
}

#[test]
fn a_county_works_a_month_and_nobody_is_named() {
    let mut desk = Desk::new();
    let sheet = write_roll(&desk);
    fs::write(desk.path("programme.toml"), generated::LAIAN_PROGRAMME).unwrap();
    desk.does("vault new --vault vault --county 11341122MLDEM00015");
    desk.does("programme --vault vault programme.toml");
    let entered =
        "--vault vault --programme 1 --from 2012-12 --by clerk --date 2012-11-20 --active";
    let refused = desk.refuses(&format!("roll import {entered} spoiled.csv"));
    assert!(refused.contains("第3行") && refused.contains("未导入任何数据"), "{refused}");
    let imported = desk.does(&format!("roll import {entered} roll.csv"));
    assert!(imported.contains("40 new persons"), "{imported}");
    desk.refuses(&format!("roll import {entered} roll.csv"));
    desk.does("roll enrol --vault vault --programme 1 --epoch 2012");
    let dead = &sheet.rows[7].cells[1].text;
    let row = |number: u32, person: &str, day: &str| {
        let (first, second) = (format!("A{number}"), format!("B{number}"));
        let person = text_cell(&first, person);
        format!("<row r=\"{number}\">{person}{}</row>", text_cell(&second, day))
    };
    let rows = [
        row(1, "身份证号", "死亡日期"),
        row(2, dead, "2012年11月3日"),
        row(3, "1234", "2012-11-03"),
        format!("<row r=\"4\"><c r=\"A4\"><v>{}</v></c></row>", &dead[..17]),
    ];
    fs::write(desk.path("deaths.xlsx"), workbook(&rows.concat())).unwrap();
    let matched = "match --vault vault deaths.xlsx --kind deaths --month 2012-12 --out stopped.csv";
    let matched = desk.does(matched);
    assert!(matched.contains("1 stopped") && matched.contains("2 unreadable"), "{matched}");
    let month = "month --vault vault --programme 1 --period 2012-12";
    let preview = desk.does(&format!("{month} --preview --lists lists.csv"));
    let total = preview.lines().find_map(|line| line.trim().strip_prefix("合计 ")).unwrap();
    let yuan = total.split('.').next().unwrap().parse::<u64>().unwrap();
    ledger_terms(&desk, yuan * 100);
    desk.does(&format!("{month} --ledger ledger.toml --out batch"));
    desk.refuses(&format!("{month} --ledger ledger.toml --out other"));
    let key = data_encoding::HEXLOWER.encode(&G_BYTES);
    let verified = desk.does(&format!("verify batch --escrow {key}"));
    assert!(verified.contains(&format!("{yuan}.00 元 to 40 handles")), "{verified}");
    let manifest = fs::read_to_string(desk.path("batch/batch.json")).unwrap();
    let batch = manifest.split("\"batch\": \"").nth(1).unwrap()[..16].to_owned();
    desk.does(&format!("pay --vault vault --batch {batch} --out pay.csv"));
    answer_and_print(&mut desk, &batch, &sheet);
    desk.does("vault backup --vault vault --out backup");
    desk.does("roll status --vault vault");
    search(&desk, &sheet);
}

/// The bank returns one payment; the first person asks for a slip and checks it.
fn answer_and_print(desk: &mut Desk, batch: &str, sheet: &Sheet) {
    let pay = fs::read_to_string(desk.path("pay.csv")).unwrap();
    let mut answer = "序号,金额,结果\r\n".to_owned();
    for (place, line) in pay.lines().skip(1).enumerate() {
        let cells: Vec<&str> = line.split(',').collect();
        let result = if place == 2 { "退回" } else { "成功" };
        answer.push_str(&format!("{},{},{result}\r\n", cells[0], cells[4]));
    }
    fs::write(desk.path("answer.csv"), answer).unwrap();
    let result = format!("result --vault vault --batch {batch} answer.csv --returned returned.csv");
    assert!(desk.does(&result).contains("returned 退回 1"));
    let number = format!("{}\n", sheet.rows[0].cells[1].text);
    let slip = format!("slip --vault vault --batch {batch} --out slip.html");
    assert!(desk.run(&slip, &number).status.success());
    let page = fs::read_to_string(desk.path("slip.html")).unwrap();
    let printed = page.split("<code>").nth(1).unwrap().split("</code>").next().unwrap();
    let check = format!("receipt check {} --bundle batch", printed.replace(' ', ""));
    let held = desk.run(&check, &number);
    assert!(held.status.success(), "{}", String::from_utf8_lossy(&held.stderr));
    let other = format!("{}\n", sheet.rows[1].cells[1].text);
    let refused = desk.run(&check, &other);
    assert!(!refused.status.success(), "a receipt is one person's");
}

/// A35. The clerk's own lists show persons and are private; nothing else shows them.
fn search(desk: &Desk, sheet: &Sheet) {
    const LISTS: [&str; 5] = ["stopped.csv", "lists.csv", "pay.csv", "returned.csv", "slip.html"];
    const GIVEN: [&str; 4] = ["roll.csv", "spoiled.csv", "deaths.xlsx", "answer.csv"];
    for list in LISTS {
        let mode = fs::metadata(desk.path(list)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{list}");
    }
    let people = sheet.rows.iter().flat_map(|row| row.cells.iter().take(3));
    let planted: Vec<String> = people.map(|cell| cell.text.clone()).collect();
    assert_eq!(planted.len(), 120, "name, number and account of everybody");
    let mut files = Vec::new();
    files_below(desk.directory.path(), &mut files);
    let mut searched = 0;
    for path in files {
        let name = path.file_name().unwrap().to_str().unwrap();
        if LISTS.contains(&name) || GIVEN.contains(&name) {
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        for text in &planted {
            let text = text.as_bytes();
            let is_there = bytes.windows(text.len()).any(|window| window == text);
            assert!(!is_there, "{} names somebody", path.display());
        }
        searched += 1;
    }
    assert!(searched >= 12, "vault, backup, batch and terms: {searched} files");
    for text in &planted {
        assert!(!desk.said.contains(text.as_str()), "somebody was named on the screen");
    }
    assert!(desk.said.len() > 1_000, "the commands said something");
}
