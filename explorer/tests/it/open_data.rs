//! Downloads: the same rows in every format, of one height, with a manifest that says so.

mod read;

pub use read::cells;

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use axum::http::StatusCode;
use data_encoding::HEXLOWER;
use minglian_client::csv::safe;
use minglian_explorer::data::catalogue::TABLES;
use minglian_explorer::data::export::{Export, Format, What};
use minglian_explorer::data::manifest::ServiceKey;
use minglian_explorer::data::rows::Selection;
use minglian_explorer::index::IndexError;
use minglian_explorer::language::Language;
use minglian_ledger::checkpoint::note::Note;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::chain::{self, Chain};
use crate::site::Site;
use crate::{society, story};
use read::{Sums, of_json_lines, of_parquet, of_xlsx, printed};

async fn download(site: &Site, path: &str) -> Vec<u8> {
    let (status, headers, body) = site.bytes(path).await;
    assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&body));
    let name = headers["content-disposition"].to_str().unwrap();
    assert!(name.contains("minglian-DEMO-") && name.contains("%E6%BC%94%E7%A4%BA"), "{name}");
    assert!(headers["minglian-genesis"].len() == 64, "{path}");
    body
}

/// The line of JSON that the site says of a file.
async fn manifest(site: &Site, file: &[u8]) -> (Value, String) {
    let path = format!("/data/manifests/{}", HEXLOWER.encode(&Sha256::digest(file)));
    let answer = site.get(&path).await;
    assert_eq!(answer.status, 200, "{path}");
    let value: Value = serde_json::from_str(answer.body.lines().next().unwrap()).unwrap();
    assert_eq!(value["bytes"], file.len());
    (value, answer.body)
}

fn said(manifest: &Value) -> Sums {
    let totals = manifest["totals"].as_object().unwrap().iter();
    let totals = totals.map(|(name, sum)| (name.clone(), sum.as_str().unwrap().parse().unwrap()));
    (manifest["rows"].as_u64().unwrap(), totals.collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_has_the_same_rows_in_every_format_and_its_manifest_adds_them_up() {
    for (chain, filled) in [(story::told(), "payments"), (society::told(), "donations")] {
        let site = Site::of(&chain).await;
        for table in TABLES {
            let mut all = Vec::new();
            for format in Format::ALL {
                let path = format!("/data/{}.{}", table.name, format.extension());
                let file = download(&site, &path).await;
                let (manifest, _) = manifest(&site, &file).await;
                assert_eq!(manifest["ledger"]["height"], chain.header.height.0, "{path}");
                assert_eq!(manifest["ledger"]["logRoot"], chain.header.log_root.to_string());
                let read = match format {
                    Format::Csv => {
                        let text = String::from_utf8(file).unwrap();
                        assert!(text.starts_with('\u{feff}'));
                        printed(table, &cells(&text)[1..])
                    }
                    Format::JsonLines => of_json_lines(table, &file),
                    Format::Xlsx => of_xlsx(table, file),
                    Format::Parquet => of_parquet(file),
                };
                assert_eq!(read, said(&manifest), "{path}");
                all.push(read);
            }
            assert!(all.windows(2).all(|pair| pair[0] == pair[1]), "{}: {all:?}", table.name);
            assert!(table.name != filled || all[0].0 > 0, "{filled} is empty");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_adds_up_to_what_the_index_holds() {
    let site = Site::of(&society::told()).await;
    let sum = |query: &'static str| {
        let read = site
            .reader()
            .read::<i64, IndexError>(|index| Ok(index.query_row(query, [], |row| row.get(0))?));
        i128::from(read.unwrap())
    };
    for (path, column, query) in [
        ("/data/movements.csv", "amount_fen", "SELECT sum(amount) FROM movements"),
        ("/data/donations.csv", "amount_fen", "SELECT sum(amount) FROM gifts"),
        ("/data/donations.csv", "kept_fen", "SELECT sum(kept) FROM gifts"),
    ] {
        let file = download(&site, path).await;
        let (_, sums) = said(&manifest(&site, &file).await.0);
        assert_eq!(sums[column], sum(query), "{path}");
        assert!(sums[column] > 0, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_notice_prints_what_the_pages_print() {
    let site = Site::of(&story::told()).await;
    let file = download(&site, "/data/notice.jsonl").await;
    let rows = std::str::from_utf8(&file).unwrap().lines();
    let rows: Vec<Value> = rows.map(|line| serde_json::from_str(line).unwrap()).collect();
    let row = rows.iter().find(|row| row["paid_fen"] != "0").unwrap();
    // 120 was paid, 20 came back; the project's page says 43.47%.
    assert_eq!(row["paid_fen"], "100000000");
    assert_eq!((&row["executed_basis_points"], &row["year"]), (&4347.into(), &2020.into()));
    let csv = download(&site, "/data/notice.csv").await;
    let csv = String::from_utf8(csv).unwrap();
    assert!(csv.contains("资金额度(万元),已支付(万元),执行进度(%)\r\n"), "{csv}");
    assert!(csv.contains(",230,100,43.47\r\n"), "{csv}");
}

#[tokio::test(flavor = "multi_thread")]
async fn at_most_four_downloads_are_made_at_a_time_two_of_them_for_one_client() {
    let site = Site::of(&Chain::new()).await;
    let writer = rusqlite::Connection::open(site.index()).unwrap();
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300000) \
                INSERT INTO organizations SELECT printf('X%017d', i), 'name of some length', '', \
                1, '', 0, 1, 0, 0, 0 FROM n";
    writer.execute(many, []).unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let address = format!("{}/data/organizations.csv", site.base);
    // Each address is another client's.
    let from = |host: u8| {
        let builder = reqwest::Client::builder().no_proxy();
        builder.local_address(IpAddr::from([127, 0, 0, host])).build().unwrap()
    };
    let mut held = Vec::new();
    for host in [1, 2] {
        for _ in 0..2 {
            // Nobody takes the body, so the export waits.
            let answer = from(host).get(&address).send().await.unwrap();
            assert_eq!(answer.status(), 200);
            held.push(answer);
        }
        assert_eq!(from(host).get(&address).send().await.unwrap().status(), 503, "its two");
        let report = format!("{}/reports/execution/csv", site.base);
        assert_eq!(from(host).get(&report).send().await.unwrap().status(), 503, "a file too");
    }
    assert_eq!(from(3).get(&address).send().await.unwrap().status(), 503, "four in all");
    // The writer does not wait for readers.
    assert_eq!(writer.execute("DELETE FROM organizations WHERE code = 'X1'", []).unwrap(), 0);
    writer.execute("INSERT INTO meta VALUES ('written', 'meanwhile')", []).unwrap();
    let whole = held.pop().unwrap().text().await.unwrap();
    assert_eq!(whole.lines().count(), 1 + 300_000 + chain::ORGANIZATIONS.len());
    drop(held);
    let mut status = StatusCode::SERVICE_UNAVAILABLE;
    for _ in 0..200 {
        status = client.get(&address).send().await.unwrap().status();
        if status == StatusCode::OK {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(status, StatusCode::OK, "whoever goes away gives his place to others");
}

#[tokio::test(flavor = "multi_thread")]
async fn months_are_parts_of_the_whole_and_other_filters_are_refused() {
    let chain = society::told();
    let site = Site::of(&chain).await;
    let whole = download(&site, "/data/movements.jsonl").await;
    let mut months: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for line in whole.split_inclusive(|byte| *byte == b'\n') {
        let row: Value = serde_json::from_slice(line).unwrap();
        let month = row["time"].as_str().unwrap()[..7].to_owned();
        months.entry(month).or_default().extend_from_slice(line);
    }
    assert!(months.len() > 1, "{months:?}");
    for (month, part) in months {
        let path = format!("/data/movements.jsonl?month={month}");
        assert_eq!(download(&site, &path).await, part, "{path}");
    }
    assert!(download(&site, "/data/movements.jsonl?month=1999-12").await.is_empty());
    for bad in [
        "/data/movements.csv?month=2026-13",
        "/data/movements.csv?month=2026-1",
        "/data/movements.csv?month=x",
        "/data/movements.csv?nonsense=1",
        "/data/movements.csv?to_account=x",
        "/data/organizations.csv?month=2026-01",
        "/data/package.zip?month=2026-01",
    ] {
        assert_eq!(site.get(bad).await.status, 400, "{bad}");
    }
    for absent in ["/data/nothing.csv", "/data/movements.exe", "/data/manifests/00"] {
        assert_eq!(site.get(absent).await.status, 404, "{absent}");
    }
}

#[test]
fn no_cell_is_a_formula_and_every_text_comes_back() {
    let signs =
        ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'", "''", "'=", "甲"];
    let rests = ["", "1+1", "cmd|' /C calc'!A0", "SUM(A1:A9)", "'"];
    for (sign, rest) in signs.iter().flat_map(|sign| rests.map(|rest| (sign, rest))) {
        for before in ["", " ", "\u{3000} "] {
            let text = format!("{before}{sign}{rest}");
            let cell = safe(&text);
            let first = cell.trim_start_matches([' ', '\u{3000}']).chars().next();
            assert!(!first.is_some_and(|it| "=+-@\t\r\n＝＋－＠".contains(it)), "{cell:?}");
            assert_eq!(cell.strip_prefix('\'').unwrap_or(&cell), text);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_is_signed_by_the_service_key_and_the_same_height_is_the_same_file() {
    let chain = story::told();
    let site = Site::of(&chain).await;
    let file = download(&site, "/data/movements.xlsx").await;
    let (unsigned, text) = manifest(&site, &file).await;
    assert_eq!(unsigned["signed"], false);
    assert!(Note::parse(text.as_bytes()).is_err());
    assert!(site.get("/data").await.body.contains("没有签名"));

    let key = ServiceKey::of([7; 32], &chain.genesis.origin()).unwrap();
    let verifier = key.verifier().unwrap();
    site.app.sign_with(key);
    for name in ["movements.xlsx", "movements.parquet", "entries.csv", "package.zip"] {
        let path = format!("/data/{name}");
        let file = download(&site, &path).await;
        assert_eq!(download(&site, &path).await, file, "{name}");
        let (signed, text) = manifest(&site, &file).await;
        assert_eq!(signed["signed"], true);
        let note = Note::parse(text.as_bytes()).unwrap();
        assert!(note.is_signed_by_log(&verifier).unwrap());
        let forged = Note::parse(text.replace("\"rows\":", "\"rows\":1").as_bytes()).unwrap();
        assert!(forged.is_signed_by_log(&verifier).is_err());
    }
    assert!(
        site.get("/data").await.body.contains(&verifier.to_string().replace('+', "&#43;"))
            || site.get("/data").await.body.contains(&verifier.to_string())
    );
}

#[test]
fn a_service_key_is_written_once_and_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("service.key");
    ServiceKey::create(&path).unwrap();
    let first = ServiceKey::read(&path, "minglian/test").unwrap().verifier().unwrap();
    assert!(ServiceKey::create(&path).is_err(), "an existing key is not written over");
    assert_eq!(ServiceKey::read(&path, "minglian/test").unwrap().verifier().unwrap(), first);
    std::fs::write(&path, "no key").unwrap();
    assert!(ServiceKey::read(&path, "minglian/test").is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_package_names_the_hash_and_size_of_each_of_its_files() {
    let site = Site::of(&society::told()).await;
    let file = download(&site, "/data/package.zip").await;
    let mut archive = zip::ZipArchive::new(Cursor::new(file)).unwrap();
    let mut read = |name: &str| {
        let mut bytes = Vec::new();
        archive.by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    };
    let descriptor = read("datapackage.json");
    assert_eq!(download(&site, "/data/datapackage.json").await, descriptor);
    let descriptor: Value = serde_json::from_slice(&descriptor).unwrap();
    let resources = descriptor["resources"].as_array().unwrap();
    assert_eq!(resources.len(), TABLES.len());
    for resource in resources {
        let bytes = read(resource["path"].as_str().unwrap());
        assert_eq!(resource["bytes"], bytes.len());
        let hash = format!("sha256:{}", HEXLOWER.encode(&Sha256::digest(&bytes)));
        assert_eq!(resource["hash"], hash);
        let rows = cells(std::str::from_utf8(&bytes).unwrap());
        let fields = resource["schema"]["fields"].as_array().unwrap();
        let names: Vec<&str> = fields.iter().map(|it| it["name"].as_str().unwrap()).collect();
        assert_eq!(rows[0], names);
        assert_eq!(resource["rows"], rows.len() - 1);
    }
}

/// The fields that the 360Giving Data Standard 1.4 requires of a grant
/// (<https://standard.threesixtygiving.org/en/latest/technical/reference/>).
#[tokio::test(flavor = "multi_thread")]
async fn grants_have_what_the_360giving_standard_requires() {
    let site = Site::of(&story::told()).await;
    let text = download(&site, "/data/360giving.json").await;
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("\"amountAwarded\":2300000.00"), "{text}");
    let file: Value = serde_json::from_str(&text).unwrap();
    let grants = file["grants"].as_array().unwrap();
    assert!(!grants.is_empty());
    for grant in grants {
        for field in ["id", "title", "description", "awardDate"] {
            assert!(grant[field].as_str().is_some_and(|it| !it.is_empty()), "{field}: {grant}");
        }
        assert!(grant["id"].as_str().unwrap().starts_with("360G-"));
        assert_eq!(grant["currency"], "CNY");
        assert!(grant["amountAwarded"].is_number() && grant["amountDisbursed"].is_number());
        for side in ["fundingOrganization", "recipientOrganization"] {
            let [organization] = &grant[side].as_array().unwrap()[..] else { panic!("{grant}") };
            assert!(organization["id"].as_str().unwrap().starts_with("CN-USCC-"));
            assert!(!organization["name"].as_str().unwrap().is_empty());
        }
    }
}

/// Lets a block in while an export is being written.
struct Growing<'a> {
    grow: Option<Box<dyn FnOnce() + Send + 'a>>,
    written: Vec<u8>,
}

impl Write for Growing<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if let Some(grow) = self.grow.take() {
            grow();
        }
        self.written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_of_one_height_while_blocks_arrive() {
    let chain: Chain = story::told();
    let (site, mut follower) = Site::new(&chain).await;
    let (last, before) = chain.blocks.split_last().unwrap();
    for block in before {
        follower.apply(block).unwrap();
    }
    let table = TABLES[0];
    let ledger = site.app.ledger();
    let made = site.reader().read::<_, minglian_explorer::web::PageError>(|index| {
        let ledger = ledger.at_head(index)?;
        let export = Export {
            what: What::Table(table, Format::Csv),
            selection: Selection::default(),
            filters: BTreeMap::new(),
            language: Language::Chinese,
            ledger,
        };
        let grow = || follower.apply(last).unwrap();
        let mut out = Growing { grow: Some(Box::new(grow)), written: Vec::new() };
        let made = export.write(index, &mut out)?;
        Ok((export.ledger.height, made.rows, out.written))
    });
    let (height, rows, written) = made.unwrap();
    let records: usize = before.iter().map(|block| block.block.transactions.len()).sum();
    assert_eq!((height as usize, rows as usize), (before.len(), records));
    assert_eq!(cells(&String::from_utf8(written).unwrap()).len(), records + 1);
    assert_eq!(follower.height(), chain.header.height, "the writer was not locked out");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_about_data_stand_in_both_languages() {
    let site = Site::of(&story::told()).await;
    for (path, texts) in [
        ("/data", ["数据下载", "360giving.json", "package.zip"]),
        ("/en/data", ["Every table whole", "movements.csv", "parquet"]),
        ("/api", ["三步上手", "/api/v1/movements", "openapi.json"]),
        ("/en/api", ["In three steps", "/api/v1/openapi.json", "If-None-Match"]),
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        for text in texts {
            assert!(answer.body.contains(text), "{path} lacks {text}: {}", answer.body);
        }
    }
}

/// Programs of others, from npm: `explorer/verifier/data/suite.mjs`.
#[tokio::test(flavor = "multi_thread")]
async fn programs_of_others_read_the_files_and_answers() {
    let verifier = Path::new(env!("CARGO_MANIFEST_DIR")).join("verifier");
    let told = "npm ci in explorer/verifier brings the readers; make test does it";
    assert!(verifier.join("node_modules/hyparquet").is_dir(), "{told}");
    let site = Site::of(&society::told()).await;
    let names: Vec<&str> = TABLES.into_iter().map(|table| table.name).collect();
    let asked = serde_json::json!({ "base": site.base, "tables": names });
    let mut suite = Command::new("node");
    suite.arg("--test").arg("--test-reporter=spec").arg("data/suite.mjs");
    suite.current_dir(verifier).env("MINGLIAN_DATA", asked.to_string());
    let output = tokio::task::spawn_blocking(move || suite.output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains(&format!("tests {}", TABLES.len() + 1)), "{said}");
}
