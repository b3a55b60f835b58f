//! The two languages of the pages.
//!
//! An address is the same in both: `/en` before it makes the page English, `/zh` or nothing makes
//! it Chinese. The home page without either goes by the reader's last choice, then by the browser.

use axum::http::{HeaderMap, header};

use crate::words;

/// The cookie that remembers the reader's last choice.
const COOKIE: &str = "language";

/// What the reader's browser remembers under a name.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter();
    let pairs = cookies.filter_map(|value| value.to_str().ok());
    let mut pairs = pairs.flat_map(|text| text.split(';')).map(str::trim);
    pairs.find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        (name == wanted).then_some(value)
    })
}

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// 简体中文.
    #[default]
    Chinese,
    /// English.
    English,
}

impl Language {
    /// How addresses and cookies name it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Chinese => "zh",
            Self::English => "en",
        }
    }

    /// How HTML names it.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    /// The language that an address asks for, and the address without it; none if it does not ask.
    pub fn of_address(address: &str) -> (Option<Self>, String) {
        for language in [Self::Chinese, Self::English] {
            let code = language.code();
            let rest = address.strip_prefix('/').and_then(|rest| rest.strip_prefix(code));
            match rest {
                Some("") => return (Some(language), "/".to_owned()),
                Some(rest) if rest.starts_with('/') => return (Some(language), rest.to_owned()),
                Some(rest) if rest.starts_with('?') => {
                    return (Some(language), format!("/{rest}"));
                }
                _ => {}
            }
        }
        (None, address.to_owned())
    }

    /// The reader's last choice.
    pub fn remembered(headers: &HeaderMap) -> Option<Self> {
        match cookie(headers, COOKIE)? {
            "en" => Some(Self::English),
            "zh" => Some(Self::Chinese),
            _ => None,
        }
    }

    /// What the browser asks for: the first of our languages that it names.
    pub fn of_browser(headers: &HeaderMap) -> Self {
        let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let mut names = wanted.unwrap_or_default().split(',').map(str::trim);
        let found = names.find_map(|name| match name.get(..2) {
            Some("en") => Some(Self::English),
            Some("zh") => Some(Self::Chinese),
            _ => None,
        });
        found.unwrap_or_default()
    }

    /// The cookie that remembers the choice for a year; scripts do not see it.
    pub fn cookie(self) -> String {
        let code = self.code();
        format!("{COOKIE}={code}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly")
    }

    /// The word in this language; what the table does not know stays as it is.
    pub fn say(self, chinese: &str) -> &str {
        match self {
            Self::Chinese => chinese,
            Self::English => words::english(chinese).unwrap_or(chinese),
        }
    }

    /// The one of two texts.
    pub fn pick<'a>(self, chinese: &'a str, english: &'a str) -> &'a str {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }
}
