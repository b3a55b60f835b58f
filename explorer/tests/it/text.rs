//! The text index against a scan of the same rows, and what becomes of it after a crash.

mod damage;
mod measure;
mod numbers;
mod search_page;

use std::collections::BTreeSet;

use minglian_explorer::index::{Reader, Writer};
use minglian_explorer::text::found::{self, Filter};
use minglian_explorer::text::keeper::Keeper;
use minglian_explorer::text::query::Question;
use minglian_explorer::text::{self, Kind, fold};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rusqlite::{Connection, params};
use tempfile::TempDir;

use crate::chain::Chain;

/// An index whose entries hold any text, with the text index beside it.
pub struct Shelf {
    pub directory: TempDir,
    pub connection: Connection,
    pub keeper: Keeper,
}

impl Shelf {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("index.sqlite");
        drop(Writer::open(&path, &Chain::new().genesis.hash()).unwrap());
        let connection = Connection::open(&path).unwrap();
        let keeper = Keeper::new(&text::directory(&path), Reader::new(&path));
        Self { directory, connection, keeper }
    }

    /// Another process that keeps the same text index; the one before is gone.
    pub fn restart(self) -> Self {
        let Self { directory, connection, keeper } = self;
        drop(keeper);
        let path = directory.path().join("index.sqlite");
        let keeper = Keeper::new(&text::directory(&path), Reader::new(&path));
        Self { directory, connection, keeper }
    }

    /// Enters records with these sentences, 文号 and references.
    pub fn put(&mut self, records: impl IntoIterator<Item = [String; 3]>) {
        let query = "SELECT coalesce(max(log_index) + 1, 0) FROM records";
        let first: i64 = self.connection.query_row(query, [], |row| row.get(0)).unwrap();
        let transaction = self.connection.transaction().unwrap();
        {
            let query = "INSERT INTO records VALUES (?1, 1, ?2, ?3, 'X', 'k', ?4, '账目', 0, \
                         '已生效', ?5, ?6, '', NULL)";
            let mut statement = transaction.prepare(query).unwrap();
            for (index, [sentence, documents, reference]) in (first..).zip(records) {
                let time = 1_600_000_000_000 + index * 86_400_000;
                let id = format!("{:064x}", u128::try_from(index).unwrap() * 0x9e37_79b9_7f4a_7c15);
                let values = params![index, time, id, reference, documents, sentence];
                statement.execute(values).unwrap();
            }
        }
        transaction.commit().unwrap();
    }

    pub fn sentences(&mut self, sentences: &[&str]) {
        let record = |sentence: &&str| [(*sentence).to_owned(), String::new(), String::new()];
        self.put(sentences.iter().map(record));
    }

    /// What the text index finds.
    pub fn found(&self, typed: &str) -> BTreeSet<u64> {
        let (store, _) = self.keeper.index().opened().unwrap();
        let question = Question::new(typed);
        let found = found::find(&store, &question, &Filter::default(), None, usize::MAX).unwrap();
        let hits = found.hits.get(&Kind::Entry).into_iter().flatten();
        let list: Vec<u64> = hits.map(|hit| hit.thing.key.parse().unwrap()).collect();
        assert!(list.is_sorted_by(|before, after| before > after), "each once, newest first");
        assert_eq!(found.total, list.len() as u64);
        list.into_iter().collect()
    }

    /// What a scan finds.
    pub fn scanned(&self, typed: &str) -> BTreeSet<u64> {
        let words = fold::words(typed);
        let query = "SELECT log_index, sentence_zh, documents, reference FROM records";
        let mut statement = self.connection.prepare(query).unwrap();
        let mut rows = statement.query([]).unwrap();
        let mut found = BTreeSet::new();
        while let Some(row) = rows.next().unwrap() {
            let index: i64 = row.get(0).unwrap();
            let texts = [1, 2, 3].map(|column| fold::text(&row.get::<_, String>(column).unwrap()));
            let holds = |word: &String| texts.iter().any(|text| text.contains(word.as_str()));
            if !words.is_empty() && words.iter().all(holds) {
                found.insert(u64::try_from(index).unwrap());
            }
        }
        found
    }
}

/// Texts of few different characters, so that much repeats and overlaps.
fn generated(random: &mut StdRng, alphabet: &[char], most: usize) -> String {
    let length = random.gen_range(0..=most);
    (0..length).map(|_| alphabet[random.gen_range(0..alphabet.len())]).collect()
}

/// Characters of every kind that folding treats by itself; no zero, which it leaves out at the
/// front of serial numbers, so that a part may read otherwise than the whole.
const ALPHABET: &str = "养老服务敬院民政局12aB () [〔】（第号「“— 　·";

fn pick(text: &str, random: &mut StdRng, most: usize) -> String {
    let characters: Vec<char> = text.chars().collect();
    let start = random.gen_range(0..=characters.len());
    let length = random.gen_range(1..=most);
    characters.iter().skip(start).take(length).collect()
}

#[test]
fn a_search_finds_exactly_what_a_scan_finds() {
    let mut random = StdRng::seed_from_u64(20_200_812);
    let mut shelf = Shelf::new();
    let alphabet: Vec<char> = ALPHABET.chars().filter(|it| !it.is_ascii_digit()).collect();
    let mut texts: Vec<[String; 3]> = Vec::new();
    for _ in 0..1_500 {
        texts.push([30, 8, 5].map(|most| generated(&mut random, &alphabet, most)));
    }
    // In parts, so that several segments are asked.
    for part in texts.chunks(400) {
        shelf.put(part.to_vec());
        shelf.keeper.catch_up().unwrap();
    }
    let (mut hits, mut misses) = (0, 0);
    for round in 0..600 {
        let text = &texts[random.gen_range(0..texts.len())];
        let typed = match round % 4 {
            0 => pick(&text[0], &mut random, 2),
            1 => pick(&text[0], &mut random, 9),
            2 => format!("{} {}", pick(&text[0], &mut random, 3), pick(&text[1], &mut random, 3)),
            _ => generated(&mut random, &alphabet, 4),
        };
        let found = shelf.found(&typed);
        assert_eq!(found, shelf.scanned(&typed), "{typed:?}: {:?}", fold::words(&typed));
        if found.is_empty() { misses += 1 } else { hits += 1 }
    }
    assert!(hits > 300 && misses > 30, "{hits} {misses}");
}

#[test]
fn every_part_of_a_text_finds_it() {
    let mut random = StdRng::seed_from_u64(7);
    let mut shelf = Shelf::new();
    let alphabet: Vec<char> = ALPHABET.chars().collect();
    let texts: Vec<String> = (0..600).map(|_| generated(&mut random, &alphabet, 20)).collect();
    shelf.put(texts.iter().map(|text| [text.clone(), String::new(), String::new()]));
    shelf.keeper.catch_up().unwrap();
    for _ in 0..1_500 {
        let place = random.gen_range(0..texts.len());
        let typed = pick(&texts[place], &mut random, 8);
        let is_empty = Question::new(&typed).is_empty();
        let found = shelf.found(&typed);
        let words = fold::words(&typed);
        let text = &texts[place];
        // 第 is left out of document numbers, so by itself it finds other places only.
        if words == ["第"] {
            continue;
        }
        assert!(is_empty || found.contains(&(place as u64)), "{typed:?} {words:?} of {text:?}");
    }
}

#[test]
fn every_pair_of_characters_of_the_real_tables_is_found_exactly() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../testnet/data");
    let mut cells: Vec<String> = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|it| it == "csv") {
            let table = std::fs::read_to_string(&path).unwrap();
            cells.extend(table.split([',', '\n']).map(str::to_owned));
        }
    }
    cells.sort();
    cells.dedup();
    assert!(cells.len() > 500, "{}", cells.len());
    let mut shelf = Shelf::new();
    shelf.put(cells.iter().map(|cell| [cell.clone(), String::new(), String::new()]));
    shelf.keeper.catch_up().unwrap();
    let folded: Vec<String> = cells.iter().map(|cell| fold::text(cell)).collect();
    let mut pairs = BTreeSet::new();
    for cell in &folded {
        let characters: Vec<char> = cell.chars().filter(|it| !it.is_ascii()).collect();
        pairs.extend(characters.windows(2).map(|pair| pair.iter().collect::<String>()));
        pairs.extend(characters.first().map(char::to_string));
    }
    assert!(pairs.len() > 600, "{}", pairs.len());
    for typed in pairs {
        let words = fold::words(&typed);
        let holds = |cell: &String| words.iter().all(|word| cell.contains(word.as_str()));
        let places = folded.iter().enumerate().filter(|(_, cell)| !words.is_empty() && holds(cell));
        let expected: BTreeSet<u64> = places.map(|(place, _)| place as u64).collect();
        assert_eq!(shelf.found(&typed), expected, "{typed:?}");
    }
}

#[test]
fn words_are_all_found_and_a_quotation_stands_together() {
    let mut shelf = Shelf::new();
    shelf.sentences(&[
        "海潮镇敬老院建设",
        "敬老院在海潮镇",
        "海潮镇",
        "Home for the Old",
        "AB公司",
    ]);
    shelf.keeper.catch_up().unwrap();
    for (typed, expected) in [
        ("敬老院 海潮", vec![0, 1]),
        ("“海潮镇敬老院”", vec![0]),
        ("\"敬老院 海潮\"", vec![]),
        ("镇", vec![0, 1, 2]),
        ("老院建", vec![0]),
        ("院建设海", vec![]),
        ("for THE", vec![3]),
        ("\"for the\"", vec![3]),
        ("\"the for\"", vec![]),
        ("ａｂ公司", vec![4]),
        ("  ", vec![]),
        ("〔〕", vec![]),
    ] {
        assert_eq!(shelf.found(typed), expected.into_iter().collect(), "{typed}");
    }
}
