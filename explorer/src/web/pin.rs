//! Pages, files and answers pinned to a height: which can be, what their addresses are, and that
//! links and cursors on them lead to the same height.

use std::collections::BTreeMap;

use super::{Asked, PageError};
use crate::data::catalogue::{MORE, TABLES};
use crate::data::export::What;
use crate::index::history::Kept;

/// The parameter that names the height.
pub const PARAMETER: &str = "at";

/// The parameter that names a place in a list, and perhaps the height of the list.
const CURSOR: &str = "cursor";

/// What stands between the height that a cursor keeps and the cursor.
const JOINT: char = '.';

/// First parts of the addresses of pages that can be told of an earlier height.
const PAGES: [&str; 28] = [
    "",
    "accounts",
    "allocations",
    "audits",
    "calendar",
    "campaigns",
    "charities",
    "complaints",
    "counties",
    "credit",
    "disclosures",
    "entries",
    "execution",
    "flows",
    "giving",
    "holdings",
    "lottery",
    "movements",
    "notices",
    "organizations",
    "oversight",
    "overdue",
    "projects",
    "rectification",
    "reports",
    "rules",
    "samples",
    "structure",
];

/// Those that can be told of every height: all they show beside names never changes.
const PAGES_OF_EVERY_HEIGHT: [&str; 3] = ["entries", "movements", "trace"];

/// Tables and answers that can be told of every height, for the same reason.
const ROWS_OF_EVERY_HEIGHT: [&str; 5] = ["blocks", "entries", "head", "movements", "trace"];

/// To which heights what stands at an address can be pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heights {
    /// It is of the newest only.
    Newest,
    /// To those of which what changes is kept.
    Kept,
    /// To every one.
    Every,
}

/// To which heights what stands at an address without a language can be pinned.
fn heights(address: &str) -> Heights {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let mut parts = path.strip_prefix('/').unwrap_or(path).split('/');
    match (parts.next().unwrap_or_default(), parts.next(), parts.next()) {
        ("api", Some("v1"), Some(what)) => heights_of_rows(what),
        // The page names files; what is in them is judged when they are asked for.
        ("data", None, _) => Heights::Every,
        ("data", Some(file), None) => match What::of_name(file) {
            Some(What::Table(table, _)) => heights_of_rows(table.name),
            Some(What::Giving | What::Package | What::Descriptor) => Heights::Kept,
            None => Heights::Newest,
        },
        (page, ..) if PAGES_OF_EVERY_HEIGHT.contains(&page) => Heights::Every,
        (page, ..) if PAGES.contains(&page) => Heights::Kept,
        _ => Heights::Newest,
    }
}

fn heights_of_rows(name: &str) -> Heights {
    let is_table = || TABLES.into_iter().chain(MORE).any(|table| table.name == name);
    match name {
        name if ROWS_OF_EVERY_HEIGHT.contains(&name) => Heights::Every,
        _ if is_table() => Heights::Kept,
        _ => Heights::Newest,
    }
}

/// Whether what stands at an address without a language can be pinned.
pub fn is_pinnable(address: &str) -> bool {
    heights(address) != Heights::Newest
}

/// The height that an address names, or else the one that its cursor keeps; none if there is none.
///
/// # Errors
/// [`PageError::Malformed`] if it is no height, [`PageError::NotPinned`] if what stands there is of
/// the newest height only.
pub fn of_address(address: &str) -> Result<Option<i64>, PageError> {
    let Some((_, query)) = address.split_once('?') else { return Ok(None) };
    let value_of = |wanted: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(name, value)| *name == wanted && !value.is_empty()).map(|(_, value)| value)
    };
    let named = value_of(PARAMETER).map(str::to_owned).or_else(|| {
        let cursor = value_of(CURSOR)?.replacen("%2E", ".", 1);
        Some(cursor.split_once(JOINT)?.0.to_owned())
    });
    let Some(named) = named else { return Ok(None) };
    let height = named.parse().ok().filter(|height| *height >= 0);
    let height = height.ok_or_else(|| PageError::Malformed("at 应为账本高度".to_owned()))?;
    if is_pinnable(address) { Ok(Some(height)) } else { Err(PageError::NotPinned) }
}

/// Takes the height out of the parameters of a question, which is answered at the height that
/// [`of_address`] read.
///
/// # Errors
/// [`PageError::Malformed`] if that is another one: the parameter is written in a way that is not
/// read, or twice.
pub fn take(parameters: &mut BTreeMap<String, String>) -> Result<(), PageError> {
    let named = parameters.remove(PARAMETER).filter(|text| !text.is_empty());
    let at = Asked::now().at;
    let is_read = |text: String| at.is_some() && text.parse().ok() == at;
    if named.is_none_or(is_read) { Ok(()) } else { Err(PageError::Malformed(PARAMETER.to_owned())) }
}

/// A cursor of an answer at this height: it keeps the height, if the answer is pinned.
pub fn keep(cursor: String, at: Option<i64>) -> String {
    match at {
        Some(height) => format!("{height}{JOINT}{cursor}"),
        None => cursor,
    }
}

/// A cursor without the height that it keeps.
///
/// # Errors
/// [`PageError::Malformed`] if that is not the height at which the question is answered.
pub fn without_height(cursor: &str) -> Result<&str, PageError> {
    let Some((height, rest)) = cursor.split_once(JOINT) else { return Ok(cursor) };
    match height.parse::<i64>() {
        Ok(height) if Asked::now().at == Some(height) => Ok(rest),
        _ => Err(PageError::Malformed(CURSOR.to_owned())),
    }
}

/// Refuses a height of which what stands at an address cannot be told.
///
/// # Errors
/// [`PageError::Later`] above the newest height, [`PageError::NotKept`] where what changes is not
/// kept any more.
pub fn accept(address: &str, height: i64, kept: &Kept) -> Result<(), PageError> {
    if height > kept.newest {
        return Err(PageError::Later { height, kept: *kept });
    }
    if kept.holds(height) || heights(address) == Heights::Every {
        return Ok(());
    }
    Err(PageError::NotKept { height, kept: *kept })
}

/// An address without a height.
pub fn unpinned(address: &str) -> String {
    let Some((path, query)) = address.split_once('?') else { return address.to_owned() };
    let names_height = |pair: &&str| pair.split('=').next() == Some(PARAMETER);
    let rest: Vec<&str> = query.split('&').filter(|pair| !names_height(pair)).collect();
    if rest.is_empty() { path.to_owned() } else { format!("{path}?{}", rest.join("&")) }
}

/// An address with a height.
pub fn pinned(address: &str, height: i64) -> String {
    let address = unpinned(address);
    let joint = if address.contains('?') { '&' } else { '?' };
    format!("{address}{joint}{PARAMETER}={height}")
}

/// Pins the links and forms of a page, but those that name a language or a height.
pub fn with_links(html: &str, height: i64) -> String {
    const LINK: &str = "href=\"/";
    let mut pinned = String::with_capacity(html.len() + html.len() / 8);
    let mut rest = html;
    while let Some(start) = rest.find(LINK) {
        let (before, link) = rest.split_at(start + LINK.len() - 1);
        pinned.push_str(before);
        let (address, after) = link.split_at(link.find('"').unwrap_or(link.len()));
        pinned.push_str(&link_at(address, height));
        rest = after;
    }
    pinned.push_str(rest);
    let field =
        format!(" method=\"get\"><input type=\"hidden\" name=\"{PARAMETER}\" value=\"{height}\">");
    forms(&pinned, &field)
}

/// An address in a page, where `&` is written `&amp;`, at a height.
fn link_at(address: &str, height: i64) -> String {
    let names_height = ["?at=", "&at=", "&amp;at=", "&#38;at="];
    if !is_pinnable(address) || names_height.iter().any(|it| address.contains(it)) {
        return address.to_owned();
    }
    // `&#38;` is an escaped `&`, not a fragment.
    let is_fragment = |at: &usize| !address.get(..*at).is_some_and(|it| it.ends_with('&'));
    let fragment = address.match_indices('#').map(|(at, _)| at).find(is_fragment);
    let (address, fragment) = address.split_at(fragment.unwrap_or(address.len()));
    let joint = if address.contains('?') { "&amp;" } else { "?" };
    format!("{address}{joint}{PARAMETER}={height}{fragment}")
}

/// Gives the forms that ask for pages a field with the height.
fn forms(html: &str, field: &str) -> String {
    let mut filled = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find("<form ") {
        let (before, form) = rest.split_at(start);
        filled.push_str(before);
        let (form, after) = form.split_at(form.find('>').map_or(form.len(), |end| end + 1));
        let action = form.rsplit_once("action=\"").and_then(|(_, tail)| tail.split('"').next());
        let is_pinnable = action.is_some_and(is_pinnable);
        match form.strip_suffix('>').filter(|_| is_pinnable && form.contains("method=\"get\"")) {
            Some(form) => {
                filled.push_str(&form.replace(" method=\"get\"", ""));
                filled.push_str(field);
            }
            None => filled.push_str(form),
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}
