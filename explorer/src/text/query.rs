//! What a reader asks, as a query of the text index.

use tantivy::Term;
use tantivy::query::{BooleanQuery, Occur, PhraseQuery, Query, RegexQuery, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};

use super::store::Fields;
use super::{TextError, fold, gram};

/// Digits of a transaction's number that are enough to look it up by its beginning.
const PREFIX_DIGITS_MIN: usize = 8;

/// Digits of a whole transaction number.
const TRANSACTION_DIGITS: usize = 64;

/// What is looked for: words that must all be found, anywhere in the texts of a thing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Question {
    /// As it was typed.
    pub typed: String,
    /// The words, folded.
    pub words: Vec<String>,
}

impl Question {
    /// What a reader typed.
    pub fn new(typed: &str) -> Self {
        let typed = typed.trim().to_owned();
        let words = fold::words(&typed);
        Self { typed, words }
    }

    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Everything that holds all words.
    ///
    /// # Errors
    /// [`TextError::Engine`].
    pub fn query(&self, fields: &Fields) -> Result<Box<dyn Query>, TextError> {
        let words: Result<Vec<_>, TextError> =
            self.words.iter().map(|it| Ok((Occur::Must, word(fields, it)?))).collect();
        Ok(Box::new(BooleanQuery::new(words?)))
    }

    /// Everything that goes by what was typed as a whole.
    pub fn exactly(&self, fields: &Fields) -> Box<dyn Query> {
        whole(fields.names, &fold::text(&self.typed))
    }
}

fn whole(field: Field, text: &str) -> Box<dyn Query> {
    Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::Basic))
}

/// Everything that holds a word in a text, goes by it, or is of the organisation with this code.
fn word(fields: &Fields, word: &str) -> Result<Box<dyn Query>, TextError> {
    let count = word.chars().count();
    let within: Box<dyn Query> = match count {
        0 | 1 => whole(fields.characters, word),
        2 => whole(fields.pairs, word),
        _ => {
            let pairs = gram::cover(word).into_iter();
            let terms = pairs.map(|(at, pair)| (at, Term::from_field_text(fields.pairs, &pair)));
            Box::new(PhraseQuery::new_with_offset(terms.collect()))
        }
    };
    if !word.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(within);
    }
    // Numbers of entries and transactions and codes of signers are in no text: they are found
    // whole, or a transaction by its beginning.
    let mut ways = vec![within, whole(fields.names, word), whole(fields.party, word)];
    let is_hash = word.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash && (PREFIX_DIGITS_MIN..TRANSACTION_DIGITS).contains(&count) {
        // Names that are no transactions' are in the texts, where this finds them too.
        ways.push(Box::new(RegexQuery::from_pattern(&format!("{word}.*"), fields.names)?));
    }
    Ok(Box::new(BooleanQuery::new(ways.into_iter().map(|way| (Occur::Should, way)).collect())))
}
