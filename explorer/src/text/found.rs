//! One pass over everything that a question finds: counts by kind, year and division, and the
//! first results of each kind.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::ColumnValues;
use tantivy::schema::Value;
use tantivy::{DocAddress, DocId, Score, Searcher, SegmentOrdinal, SegmentReader, TantivyDocument};

use super::query::Question;
use super::source::Thing;
use super::store::{FACTS, Fields, ORDER, Store, read_facts};
use super::{Kind, TextError};

/// Results that go by the typed text as a whole, at most, of each kind.
const EXACT_MAX: usize = 3;

/// Which of the results are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Of this kind.
    pub kind: Option<Kind>,
    /// Of this year.
    pub year: Option<u64>,
    /// Of this division.
    pub division: Option<u64>,
}

impl Filter {
    /// Whether a result passes each of the three.
    fn passes(&self, kind: Kind, year: u64, division: u64) -> [bool; 3] {
        [
            self.kind.is_none_or(|wanted| wanted == kind),
            self.year.is_none_or(|wanted| wanted == year),
            self.division.is_none_or(|wanted| wanted == division),
        ]
    }
}

/// A result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// What was found.
    pub thing: Thing,
    /// Where it stands among its kind: results are listed from the greatest.
    pub order: u64,
}

/// What was found. Each count is of what passes the other filters, so that it says what its own
/// filter would leave.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// How many of each kind.
    pub kinds: BTreeMap<Kind, u64>,
    /// How many of each year.
    pub years: BTreeMap<u64, u64>,
    /// How many of each division.
    pub divisions: BTreeMap<u64, u64>,
    /// How many pass all filters.
    pub total: u64,
    /// The first of each kind that pass all filters.
    pub hits: BTreeMap<Kind, Vec<Hit>>,
    /// Those that go by the typed text as a whole.
    pub exact: Vec<Hit>,
}

/// Looks for everything; `limit` results of each kind, those below `before`.
///
/// # Errors
/// [`TextError`] if the text index cannot be read.
pub fn find(
    store: &Store,
    question: &Question,
    filter: &Filter,
    before: Option<u64>,
    limit: usize,
) -> Result<Found, TextError> {
    if question.is_empty() {
        return Ok(Found::default());
    }
    let searcher = store.reader.searcher();
    let fields = &store.fields;
    let all = Census { filter: filter.clone(), before: before.unwrap_or(u64::MAX), limit };
    let counted = searcher.search(&*question.query(fields)?, &all)?;
    let exact = Census { filter: filter.clone(), before: u64::MAX, limit: EXACT_MAX };
    let exact = searcher.search(&*question.exactly(fields), &exact)?;
    let mut found = Found {
        kinds: counted.kinds,
        years: counted.years,
        divisions: counted.divisions,
        total: counted.total,
        ..Found::default()
    };
    for (kind, first) in counted.first {
        found.hits.insert(kind, hits(&searcher, fields, kind, first)?);
    }
    for (kind, first) in exact.first {
        found.exact.extend(hits(&searcher, fields, kind, first)?);
    }
    Ok(found)
}

fn hits(
    searcher: &Searcher,
    fields: &Fields,
    kind: Kind,
    first: First,
) -> Result<Vec<Hit>, TextError> {
    let mut list = Vec::with_capacity(first.len());
    for Reverse((order, segment, document)) in first.into_sorted_vec() {
        let stored: TantivyDocument = searcher.doc(DocAddress::new(segment, document))?;
        let text = |field| {
            let value = stored.get_first(field).and_then(|value| value.as_str().map(str::to_owned));
            value.ok_or(TextError::Damaged("a thing without a key"))
        };
        let thing = Thing { kind, key: text(fields.key)?, part: text(fields.part)? };
        list.push(Hit { thing, order });
    }
    Ok(list)
}

/// Order, segment and number of a document.
type Place = (u64, SegmentOrdinal, DocId);

/// The first results of a kind, the last of them on top.
type First = BinaryHeap<Reverse<Place>>;

/// Counts and first results.
#[derive(Default)]
struct Counted {
    kinds: BTreeMap<Kind, u64>,
    years: BTreeMap<u64, u64>,
    divisions: BTreeMap<u64, u64>,
    total: u64,
    first: BTreeMap<Kind, First>,
}

fn keep(first: &mut First, place: Place, limit: usize) {
    if first.len() < limit {
        first.push(Reverse(place));
    } else if first.peek().is_some_and(|last| last.0 < place) {
        first.pop();
        first.push(Reverse(place));
    }
}

impl Counted {
    fn merge(&mut self, other: Self, limit: usize) {
        let add = |to: &mut BTreeMap<u64, u64>, from: BTreeMap<u64, u64>| {
            for (key, count) in from {
                *to.entry(key).or_default() += count;
            }
        };
        add(&mut self.years, other.years);
        add(&mut self.divisions, other.divisions);
        self.total += other.total;
        for (kind, count) in other.kinds {
            *self.kinds.entry(kind).or_default() += count;
        }
        for (kind, places) in other.first {
            let first = self.first.entry(kind).or_default();
            places.into_iter().for_each(|Reverse(place)| keep(first, place, limit));
        }
    }
}

struct Census {
    filter: Filter,
    before: u64,
    limit: usize,
}

struct SegmentCensus {
    filter: Filter,
    before: u64,
    limit: usize,
    segment: SegmentOrdinal,
    facts: Arc<dyn ColumnValues<u64>>,
    order: Arc<dyn ColumnValues<u64>>,
    /// How many documents have the same facts, of which there are few, and what follows from them.
    same: BTreeMap<u64, Same>,
    first: BTreeMap<Kind, First>,
}

struct Same {
    count: u64,
    /// The kind, if these facts pass all filters.
    kind: Option<Kind>,
}

impl Collector for Census {
    type Fruit = Counted;
    type Child = SegmentCensus;

    fn for_segment(
        &self,
        segment: SegmentOrdinal,
        reader: &SegmentReader,
    ) -> tantivy::Result<SegmentCensus> {
        let columns = reader.fast_fields();
        Ok(SegmentCensus {
            filter: self.filter.clone(),
            before: self.before,
            limit: self.limit,
            segment,
            facts: columns.u64(FACTS)?.first_or_default_col(u64::MAX),
            order: columns.u64(ORDER)?.first_or_default_col(0),
            same: BTreeMap::new(),
            first: BTreeMap::new(),
        })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<Counted>) -> tantivy::Result<Counted> {
        let mut all = Counted::default();
        for segment in segments {
            all.merge(segment, self.limit);
        }
        Ok(all)
    }
}

impl SegmentCollector for SegmentCensus {
    type Fruit = Counted;

    fn collect(&mut self, document: DocId, _: Score) {
        let facts = self.facts.get_val(document);
        let filter = &self.filter;
        let same = self.same.entry(facts).or_insert_with(|| {
            let (kind, year, division) = read_facts(facts);
            let kind = kind.filter(|kind| filter.passes(*kind, year, division) == [true; 3]);
            Same { count: 0, kind }
        });
        same.count += 1;
        let Some(kind) = same.kind else { return };
        let order = self.order.get_val(document);
        if order < self.before {
            let first = self.first.entry(kind).or_default();
            keep(first, (order, self.segment, document), self.limit);
        }
    }

    fn harvest(self) -> Counted {
        let mut counted = Counted { first: self.first, ..Counted::default() };
        for (facts, Same { count, .. }) in self.same {
            let (Some(kind), year, division) = read_facts(facts) else { continue };
            let [of_kind, of_year, of_division] = self.filter.passes(kind, year, division);
            if of_year && of_division {
                *counted.kinds.entry(kind).or_default() += count;
            }
            if of_kind && of_division && year > 0 {
                *counted.years.entry(year).or_default() += count;
            }
            if of_kind && of_year && division > 0 {
                *counted.divisions.entry(division).or_default() += count;
            }
            if of_kind && of_year && of_division {
                counted.total += count;
            }
        }
        counted
    }
}
