//! 综合查询: everything that goes by a name, number or word, from the text index.

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::bands::division_name;
use super::{QUERY_CHARACTERS_MAX, ROWS_MAX, address};
use crate::data::csv;
use crate::database::Connection;
use crate::index::read::{self, RecordRow};
use crate::language::Language;
use crate::text::found::{self, Filter, Found, Hit};
use crate::text::query::Question;
use crate::text::shown::{Shown, shown};
use crate::text::store::Mark;
use crate::text::{Kind, TextError, source};
use crate::web::{App, Document, Frame, PageError, PageResult};

/// Results of a kind that are shown beside those of other kinds.
const PREVIEW_ROWS: usize = 5;

/// Most results in a file.
const FILE_ROWS_MAX: usize = 5_000;

/// Most links of a filter.
const CHOICES_MAX: usize = 40;

/// What is looked for, as it stands in the address.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Asked {
    /// The words.
    pub q: Option<String>,
    /// Only results of this kind.
    pub kind: Option<String>,
    /// Only results of this year.
    pub year: Option<String>,
    /// Only results of this division.
    pub division: Option<String>,
    /// Only results that stand behind this one.
    pub before: Option<String>,
}

/// What is looked for, understood.
#[derive(Debug, Clone, Default)]
pub struct Understood {
    /// The words.
    pub question: Question,
    /// Which results are wanted.
    pub filter: Filter,
    /// Below which order.
    pub before: Option<u64>,
}

impl Asked {
    /// Reads the address.
    ///
    /// # Errors
    /// [`PageError::Malformed`] if the words are too many or a filter is none.
    pub fn understood(&self) -> Result<Understood, PageError> {
        let malformed = |text: &str| PageError::Malformed(text.to_owned());
        let question = Question::new(self.q.as_deref().unwrap_or_default());
        if question.typed.chars().count() > QUERY_CHARACTERS_MAX {
            return Err(PageError::Malformed(format!(
                "查询文字不能超过{QUERY_CHARACTERS_MAX}个字"
            )));
        }
        let set = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
        let number = |value: &Option<String>, what: &str| match set(value) {
            Some(text) => text.parse().map(Some).map_err(|_| malformed(what)),
            None => Ok(None),
        };
        let kind = match set(&self.kind) {
            Some(name) => Some(Kind::of_name(&name).ok_or_else(|| malformed("种类无法识别"))?),
            None => None,
        };
        let filter = Filter {
            kind,
            year: number(&self.year, "年度无法识别")?,
            division: number(&self.division, "行政区划代码无法识别")?,
        };
        Ok(Understood { question, filter, before: number(&self.before, "网址有误")? })
    }
}

impl Understood {
    /// The address of these results with another filter or place.
    fn address(&self, path: &str, filter: &Filter, before: Option<u64>) -> String {
        let text = |number: Option<u64>| number.map(|it| it.to_string()).unwrap_or_default();
        let filters = [
            ("q", self.question.typed.as_str()),
            ("kind", filter.kind.map(Kind::name).unwrap_or_default()),
            ("year", &text(filter.year)),
            ("division", &text(filter.division)),
            ("before", &text(before)),
        ];
        address(path, &filters)
    }
}

/// Looks for it in the text index.
///
/// # Errors
/// [`PageError::NotYet`] before there is one, [`PageError::Text`] if it cannot be read.
pub fn look(app: &App, asked: &Understood, limit: usize) -> Result<(Found, Mark), PageError> {
    let (store, mark) = app.text().opened().ok_or(PageError::NotYet)?;
    let looked = found::find(&store, &asked.question, &asked.filter, asked.before, limit);
    match looked {
        Ok(found) => Ok((found, mark)),
        Err(error) => {
            if matches!(error, TextError::Engine(_) | TextError::Damaged(_)) {
                app.text().suspect();
            }
            Err(error.into())
        }
    }
}

/// A value of a filter, with how many results it leaves.
struct Choice {
    name: String,
    count: u64,
    link: String,
    is_chosen: bool,
}

/// Results of a kind.
struct Group {
    name: &'static str,
    count: u64,
    /// Empty for entries, which have a table of their own.
    rows: Vec<Shown>,
    /// Where all of them are, if these are not.
    all: String,
}

#[derive(Template)]
#[template(path = "search.html")]
struct Search {
    frame: Frame,
    query: String,
    kind: &'static str,
    year: String,
    division: String,
    total: u64,
    kinds: Vec<Choice>,
    years: Vec<Choice>,
    divisions: Vec<Choice>,
    exact: Vec<Shown>,
    groups: Vec<Group>,
    records: Vec<RecordRow>,
    next: String,
    /// The file of these results; empty if they are too many.
    file: String,
    rows_max: usize,
    /// Where the same is without filters; empty without filters.
    unfiltered: String,
    /// How many changes of the ledger are not yet found.
    behind: u64,
}

/// `GET /search`.
pub async fn search(State(app): State<App>, Query(asked): Query<Asked>) -> PageResult {
    let asked = asked.understood()?;
    let maker = app.clone();
    app.search_page(move |connection, frame| {
        if asked.question.is_empty() {
            return Ok(page(frame, &asked, Found::default()));
        }
        let limit = if asked.filter.kind.is_some() { ROWS_MAX } else { PREVIEW_ROWS };
        let (mut found, mark) = look(&maker, &asked, limit.saturating_add(1))?;
        let hits = std::mem::take(&mut found.hits);
        let exact = std::mem::take(&mut found.exact);
        let kinds = found.kinds.clone();
        let mut page = page(frame, &asked, found);
        page.behind = source::origin(connection)?.last.saturating_sub(mark.number);
        if asked.before.is_none() {
            page.exact = all_shown(connection, &exact)?;
        }
        for (kind, mut hits) in hits {
            let has_more = super::cut(&mut hits, limit);
            let last = hits.last().map(|hit| hit.order);
            if has_more && asked.filter.kind.is_some() {
                page.next = asked.address("/search", &asked.filter, last);
            }
            let one = Filter { kind: Some(kind), ..asked.filter.clone() };
            let is_cut = has_more && asked.filter.kind.is_none();
            let all = if is_cut { asked.address("/search", &one, None) } else { String::new() };
            let count = kinds.get(&kind).copied().unwrap_or_default();
            let rows = match kind {
                Kind::Entry => Vec::new(),
                _ => all_shown(connection, &hits)?,
            };
            if kind == Kind::Entry {
                page.records = records(connection, &hits)?;
            }
            page.groups.push(Group { name: kind.chinese(), count, rows, all });
        }
        Ok(page)
    })
    .await
}

fn page(frame: Frame, asked: &Understood, found: Found) -> Search {
    let filter = &asked.filter;
    let text = |number: Option<u64>| number.map(|it| it.to_string()).unwrap_or_default();
    let link = |filter: &Filter| asked.address("/search", filter, None);
    let kinds = found.kinds.iter().map(|(kind, count)| {
        let is_chosen = filter.kind == Some(*kind);
        let chosen = Filter { kind: (!is_chosen).then_some(*kind), ..filter.clone() };
        let name = frame.say(kind.chinese()).to_owned();
        Choice { name, count: *count, link: link(&chosen), is_chosen }
    });
    let years = found.years.iter().rev().map(|(year, count)| {
        let is_chosen = filter.year == Some(*year);
        let chosen = Filter { year: (!is_chosen).then_some(*year), ..filter.clone() };
        Choice { name: year.to_string(), count: *count, link: link(&chosen), is_chosen }
    });
    let divisions = found.divisions.iter().map(|(code, count)| {
        let is_chosen = filter.division == Some(*code);
        let chosen = Filter { division: (!is_chosen).then_some(*code), ..filter.clone() };
        let name = division_name(&code.to_string());
        Choice { name, count: *count, link: link(&chosen), is_chosen }
    });
    let fits = found.total > 0 && found.total <= FILE_ROWS_MAX as u64;
    let file = if fits { asked.address("/search.csv", filter, None) } else { String::new() };
    let is_filtered = *filter != Filter::default();
    Search {
        query: asked.question.typed.clone(),
        kind: filter.kind.map(Kind::name).unwrap_or_default(),
        year: text(filter.year),
        division: text(filter.division),
        total: found.total,
        kinds: kinds.collect(),
        years: years.take(CHOICES_MAX).collect(),
        divisions: divisions.take(CHOICES_MAX).collect(),
        exact: Vec::new(),
        groups: Vec::new(),
        records: Vec::new(),
        next: String::new(),
        file,
        rows_max: FILE_ROWS_MAX,
        unfiltered: if is_filtered { link(&Filter::default()) } else { String::new() },
        behind: 0,
        frame,
    }
}

/// The results that the index holds.
pub(crate) fn all_shown(connection: &Connection, hits: &[Hit]) -> Result<Vec<Shown>, PageError> {
    let mut rows = Vec::with_capacity(hits.len());
    for hit in hits {
        rows.extend(shown(connection, hit)?);
    }
    Ok(rows)
}

fn records(connection: &Connection, hits: &[Hit]) -> Result<Vec<RecordRow>, PageError> {
    let one = "WHERE r.log_index = CAST(?1 AS INTEGER)";
    let mut rows = Vec::with_capacity(hits.len());
    for hit in hits {
        rows.extend(read::records(connection, one, &[&hit.thing.key])?);
    }
    Ok(rows)
}

/// `GET /search.csv`: exactly what the page finds.
///
/// # Errors
/// [`PageError::TooMuch`] if it finds more than a file holds.
pub async fn file(
    State(app): State<App>,
    Query(asked): Query<Asked>,
) -> Result<Document, PageError> {
    let asked = asked.understood()?;
    let maker = app.clone();
    app.document(move |connection, frame| {
        let (found, _) = look(&maker, &asked, FILE_ROWS_MAX)?;
        if found.total > FILE_ROWS_MAX as u64 {
            return Err(PageError::TooMuch("查询结果太多,请加上筛选后再下载".to_owned()));
        }
        let headings = ["种类", "名称", "说明", "网址"].map(|word| frame.say(word).to_owned());
        let mut body = format!("\u{feff}{}", csv::line(headings));
        for hits in found.hits.values() {
            for row in all_shown(connection, hits)? {
                let kind = Kind::of_name(row.kind).map(Kind::chinese).unwrap_or_default();
                let is_english = frame.language == Language::English;
                let name = if is_english { row.name_en.as_str() } else { row.name.as_str() };
                let cells =
                    [frame.say(kind), name, row.detail.as_str(), row.href.as_str()].map(csv::safe);
                body.push_str(&csv::line(cells));
            }
        }
        Ok(Document {
            media_type: "text/csv; charset=utf-8",
            file_name: Some("search.csv".to_owned()),
            body,
        })
    })
    .await
}
