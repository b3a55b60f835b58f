//! Pages pinned to a height: which can be, what their addresses are, and that links on them lead
//! to pages of the same height.

use super::PageError;
use crate::index::history::Kept;

/// The parameter that names the height.
const PARAMETER: &str = "at";

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
const EVERY_HEIGHT: [&str; 3] = ["entries", "movements", "trace"];

fn first_part(address: &str) -> &str {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    path.strip_prefix('/').unwrap_or(path).split('/').next().unwrap_or_default()
}

/// Whether the page at an address without a language can be pinned.
pub fn is_pinnable(address: &str) -> bool {
    let part = first_part(address);
    PAGES.contains(&part) || EVERY_HEIGHT.contains(&part)
}

/// The height that an address names; none if it names none.
///
/// # Errors
/// [`PageError::Malformed`] if it is no height, [`PageError::NotPinned`] if the page has the newest
/// height only.
pub fn of_address(address: &str) -> Result<Option<i64>, PageError> {
    let Some((_, query)) = address.split_once('?') else { return Ok(None) };
    let mut values = query.split('&').filter_map(|pair| pair.split_once('='));
    let Some((_, value)) = values.find(|(name, value)| *name == PARAMETER && !value.is_empty())
    else {
        return Ok(None);
    };
    let height = value.parse().ok().filter(|height| *height >= 0);
    let height = height.ok_or_else(|| PageError::Malformed("at 应为账本高度".to_owned()))?;
    if is_pinnable(address) { Ok(Some(height)) } else { Err(PageError::NotPinned) }
}

/// Refuses a height of which a page cannot be told.
///
/// # Errors
/// [`PageError::Later`] above the newest height, [`PageError::NotKept`] where what changes is not
/// kept any more.
pub fn accept(address: &str, height: i64, kept: &Kept) -> Result<(), PageError> {
    if height > kept.newest {
        return Err(PageError::Later { height, newest: kept.newest });
    }
    if kept.holds(height) || EVERY_HEIGHT.contains(&first_part(address)) {
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
