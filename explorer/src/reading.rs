//! How a reader wants pages to look: large type (长辈版), light or dark. Two cookies, set by a link,
//! so
//! that no script is needed; the pages stay the same.

use axum::http::HeaderMap;

use crate::language::cookie;

/// The cookie of large type.
const ELDER: &str = "elder";

/// The cookie of light and dark.
const THEME: &str = "theme";

/// How long they are remembered: a year.
const REMEMBERED_SECONDS: u32 = 31_536_000;

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the device is set.
    #[default]
    Device,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

/// How pages look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading {
    /// Whether letters and buttons are larger.
    pub is_large: bool,
    /// Light or dark.
    pub theme: Theme,
}

impl Reading {
    /// What the reader chose.
    pub fn remembered(headers: &HeaderMap) -> Self {
        Self {
            is_large: cookie(headers, ELDER) == Some("1"),
            theme: match cookie(headers, THEME) {
                Some("light") => Theme::Light,
                Some("dark") => Theme::Dark,
                _ => Theme::Device,
            },
        }
    }

    /// The classes of the page's body; empty for the usual look.
    pub fn classes(self) -> &'static str {
        match (self.is_large, self.theme) {
            (false, Theme::Device) => "",
            (false, Theme::Light) => "light",
            (false, Theme::Dark) => "dark",
            (true, Theme::Device) => "large",
            (true, Theme::Light) => "large light",
            (true, Theme::Dark) => "large dark",
        }
    }
}

/// The cookie that remembers large type, or the end of it; none for a choice that there is not.
pub fn type_cookie(choice: &str) -> Option<String> {
    match choice {
        "large" => Some(set(ELDER, "1", REMEMBERED_SECONDS)),
        "usual" => Some(set(ELDER, "", 0)),
        _ => None,
    }
}

/// The same for light and dark.
pub fn theme_cookie(choice: &str) -> Option<String> {
    match choice {
        "light" | "dark" => Some(set(THEME, choice, REMEMBERED_SECONDS)),
        "device" => Some(set(THEME, "", 0)),
        _ => None,
    }
}

fn set(name: &str, value: &str, seconds: u32) -> String {
    format!("{name}={value}; Path=/; Max-Age={seconds}; SameSite=Lax; HttpOnly")
}
