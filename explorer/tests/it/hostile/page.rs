//! Whether a page holds no element, attribute or address but the site's own. Every tag that
//! templates write is lower-case and quotes its values, so whatever else follows a `<` was put
//! there by somebody else.

use std::collections::BTreeSet;

const TAGS: &str = "a aside body br button circle code dd desc details div dl dt em figcaption \
    figure footer form g h1 h2 head header html input label li line link main meta nav ol option \
    p path pre rect script section select small span strong summary svg table tbody td text \
    textarea tfoot th thead title tr ul";

const ATTRIBUTES: &str = "action aria-current aria-label aria-labelledby aria-live \
    autocomplete charset class colspan content cx cy d data-cell data-chain data-closing \
    data-field data-genesis \
    data-height data-index data-label data-number data-proposal data-verify download fill-opacity \
    for formaction height hidden href hreflang id inputmode lang maxlength method multiple name \
    open pattern placeholder r rel required role scope selected size spellcheck src tabindex \
    text-anchor title type value viewBox width x x1 x2 xmlns y y1 y2";

/// Attributes whose values are addresses.
const ADDRESSES: [&str; 4] = ["href", "src", "action", "formaction"];

/// What is known of a page's own markup.
pub struct Own {
    tags: BTreeSet<&'static str>,
    attributes: BTreeSet<&'static str>,
}

impl Own {
    pub fn new() -> Self {
        Self {
            tags: TAGS.split_whitespace().collect(),
            attributes: ATTRIBUTES.split_whitespace().collect(),
        }
    }

    /// What is foreign on the page, if something is.
    pub fn foreign(&self, page: &str) -> Option<String> {
        let rest = page.strip_prefix("<!doctype html>")?;
        rest.split('<').skip(1).find_map(|after| {
            let said: String = after.chars().take(120).collect();
            self.element(after).is_none().then(|| format!("<{said}"))
        })
    }

    /// Reads one tag after its `<`.
    fn element(&self, after: &str) -> Option<()> {
        let after = after.strip_prefix('/').unwrap_or(after);
        let end = after.find(|it: char| !it.is_ascii_lowercase() && !it.is_ascii_digit())?;
        let (tag, mut rest) = after.split_at(end);
        self.tags.contains(tag).then_some(())?;
        loop {
            rest = rest.trim_start_matches([' ', '\n']);
            if rest.starts_with('>') || rest.starts_with("/>") {
                return Some(());
            }
            let end = rest.find(['=', ' ', '>', '/', '\n', '"'])?;
            let name;
            (name, rest) = rest.split_at(end);
            self.attributes.contains(name).then_some(())?;
            if let Some(quoted) = rest.strip_prefix("=\"") {
                let value;
                (value, rest) = quoted.split_once('"')?;
                (!ADDRESSES.contains(&name) || is_own(value)).then_some(())?;
            }
        }
    }
}

/// An address on this site, or of the node that the site names.
fn is_own(address: &str) -> bool {
    let is_path = address.starts_with('/') && !address.starts_with("//");
    is_path || address.starts_with("http://node.example/") || address.starts_with(['?', '#'])
}

#[test]
fn markup_of_others_is_foreign() {
    let own = Own::new();
    let honest = "<!doctype html><p class=\"a\">甲 &#60;b&#62;</p><input required><br/>";
    assert_eq!(own.foreign(honest), None);
    for text in [
        "<b>",
        "<p onclick=\"x\">",
        "<P>",
        "<p class=a>",
        "<script >",
        "<a href=\"javascript:x\">",
        "<a href=\"//x\">",
        "< p>",
        "<p class=\"",
        "<p class=\"a\"x=\"b\" style=\"c\">",
        "<!--",
    ] {
        let page = format!("<!doctype html>{text}</p>");
        let is_script = text.starts_with("<script");
        assert_eq!(own.foreign(&page).is_none(), is_script, "{text}");
    }
}
