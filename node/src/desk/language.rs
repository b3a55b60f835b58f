//! Chinese first, English beside it.

use clap::ValueEnum;
use minglian_contracts::words::Sentence;
use minglian_ledger::text::Text;

/// In which language people are spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Language {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

impl Language {
    /// The sentence in this language.
    pub fn pick(self, sentence: &Sentence) -> &str {
        self.say(&sentence.zh, &sentence.en)
    }

    /// One of two texts that say the same.
    pub const fn say<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

/// What somebody else wrote, without characters that would steer a terminal.
pub fn plain(text: &str) -> String {
    text.chars().filter(|letter| Text::<4>::new(letter.to_string()).is_ok()).collect()
}
