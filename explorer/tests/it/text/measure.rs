//! Exactness and time of searches over many entries: `MINGLIAN_SEARCH_ENTRIES=1000000` makes it a
//! measurement, whose one line of JSON docs/testing.md records.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use minglian_explorer::text::fold;
use minglian_explorer::text::found::{self, Filter};
use minglian_explorer::text::query::Question;
use minglian_explorer::text::store::ORDER;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::json;
use tantivy::collector::DocSetCollector;

use super::Shelf;

/// Entries where the environment names no number.
const ENTRIES: usize = 3_000;

/// How often each question is asked for its time.
const ROUNDS: usize = 20;

const PLACES: [&str; 12] = [
    "琅琊区",
    "南谯区",
    "天长市",
    "明光市",
    "来安县",
    "全椒县",
    "定远县",
    "凤阳县",
    "泸县",
    "灌云县",
    "岱山县",
    "宁县",
];
const VILLAGES: [&str; 10] =
    ["海潮", "杨家", "福集", "得胜", "云龙", "兆雅", "奇峰", "毗卢", "立石", "百和"];
const USES: [&str; 10] = [
    "敬老院建设",
    "居家和社区养老服务",
    "孤儿助学工程",
    "残疾人康复辅助器具配置",
    "农村幸福院运行补助",
    "殡葬基础设施",
    "社会工作和志愿服务",
    "未成年人保护",
    "高龄津贴",
    "福彩圆梦助学",
];
const OFFICES: [&str; 6] = ["财社", "川财社", "苏财社", "赣财社指", "湘财综指", "民发"];

const QUESTIONS: [&str; 26] = [
    "养老",
    "敬老",
    "福彩",
    "凤阳",
    "海潮",
    "杨家",
    "助学",
    "万元",
    "老",
    "潮",
    "村",
    "杨家村",
    "定远县",
    "敬老院建设",
    "福彩圆梦 杨家村",
    "\"居家和社区养老服务\"",
    "天长市 高龄津贴",
    "川财社[2020]12号",
    "财社〔2021〕7",
    "赣财社指〔202274号",
    "湘财综指（２０２１）９號",
    "民发2025",
    "付字2021-000123",
    "不存在的词",
    "县杨",
    "123411000031234563",
];

fn entry(random: &mut StdRng, index: usize) -> [String; 3] {
    let mut one = |list: &[&str]| list[random.gen_range(0..list.len())].to_owned();
    let (place, village, usage, office) = (one(&PLACES), one(&VILLAGES), one(&USES), one(&OFFICES));
    let year = random.gen_range(2016..=2025);
    let fen = random.gen_range(1..9_999_999_u64);
    let sentence = format!(
        "{year}年,从{place}民政局“{usage}”中安排{}.{:02}万元给{place}{village}村“{usage}第{}期”",
        fen / 100,
        fen % 100,
        random.gen_range(1..9),
    );
    let document = format!("{office}〔{year}〕{}号", random.gen_range(1..200));
    [sentence, document, format!("付字{year}-{index:06}")]
}

/// Every entry as the text index finds it, without reading what is stored of each.
fn all_found(shelf: &Shelf, typed: &str) -> BTreeSet<u64> {
    let (store, _) = shelf.keeper.index().opened().unwrap();
    let query = Question::new(typed).query(&store.fields).unwrap();
    let searcher = store.reader.searcher();
    let places = searcher.search(&*query, &DocSetCollector).unwrap();
    let orders: Vec<_> = searcher
        .segment_readers()
        .iter()
        .map(|segment| segment.fast_fields().u64(ORDER).unwrap().first_or_default_col(0))
        .collect();
    let order =
        |place: tantivy::DocAddress| orders[place.segment_ord as usize].get_val(place.doc_id);
    places.into_iter().map(order).collect()
}

/// One scan of all entries for all questions: each text is folded once.
fn all_scanned(shelf: &Shelf) -> (Vec<BTreeSet<u64>>, Duration) {
    let begun = Instant::now();
    let words: Vec<Vec<String>> = QUESTIONS.iter().map(|it| fold::words(it)).collect();
    let mut found = vec![BTreeSet::new(); QUESTIONS.len()];
    let query = "SELECT log_index, sentence_zh, documents, reference FROM records";
    let mut statement = shelf.connection.prepare(query).unwrap();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let index: i64 = row.get(0).unwrap();
        let texts = [1, 2, 3].map(|column| fold::text(&row.get::<_, String>(column).unwrap()));
        for (words, found) in words.iter().zip(&mut found) {
            let holds = |word: &String| texts.iter().any(|text| text.contains(word.as_str()));
            if words.iter().all(holds) {
                found.insert(u64::try_from(index).unwrap());
            }
        }
    }
    (found, begun.elapsed())
}

fn folder_bytes(shelf: &Shelf, name: &str) -> u64 {
    let path = shelf.directory.path().join(name);
    let files = std::fs::read_dir(path).unwrap();
    files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap()
}

#[test]
fn over_many_entries_every_question_finds_exactly_what_a_scan_finds() {
    let count = std::env::var("MINGLIAN_SEARCH_ENTRIES").ok().map(|it| it.parse().unwrap());
    let count: usize = count.unwrap_or(ENTRIES);
    let mut random = StdRng::seed_from_u64(4);
    let mut shelf = Shelf::new();
    let begun = Instant::now();
    let mut index = 0;
    while index < count {
        let part = (count - index).min(50_000);
        let entries: Vec<_> = (index..index + part).map(|it| entry(&mut random, it)).collect();
        shelf.put(entries);
        index += part;
    }
    let rows = begun.elapsed();
    let begun = Instant::now();
    shelf.keeper.catch_up().unwrap();
    let build = begun.elapsed();
    let (scanned, scan) = all_scanned(&shelf);
    let (mut times, mut worst) = (Vec::new(), ("", Duration::ZERO));
    let mut found_in_all = 0;
    for (typed, expected) in QUESTIONS.iter().zip(&scanned) {
        let found = all_found(&shelf, typed);
        assert_eq!(found.len(), expected.len(), "{typed}");
        assert!(found == *expected, "{typed} finds others than a scan");
        found_in_all += found.len();
        let (store, _) = shelf.keeper.index().opened().unwrap();
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            let question = Question::new(typed);
            let page = found::find(&store, &question, &Filter::default(), None, 51).unwrap();
            let taken = begun.elapsed();
            assert_eq!(page.total, expected.len() as u64, "{typed}");
            times.push(taken);
            if taken > worst.1 {
                worst = (typed, taken);
            }
        }
    }
    times.sort();
    let line = json!({
        "entries": count,
        "questions": QUESTIONS.len(),
        "found": found_in_all,
        "differences": 0,
        "rows_ms": u64::try_from(rows.as_millis()).unwrap(),
        "build_ms": u64::try_from(build.as_millis()).unwrap(),
        "index_bytes": folder_bytes(&shelf, "index.sqlite.text"),
        "scan_ms": u64::try_from(scan.as_millis()).unwrap(),
        "p50_us": micros(times[times.len() / 2]),
        "p99_us": micros(times[times.len() * 99 / 100]),
        "slowest": worst.0,
        "slowest_us": micros(worst.1),
    });
    println!("{line}");
    assert!(found_in_all > count / 10, "{line}");
}
