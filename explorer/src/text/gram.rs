//! Terms of a folded text: its characters, and its pairs of neighbouring characters.

use std::collections::BTreeSet;

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use super::fold::SEPARATOR;

/// Makes a term of every two neighbouring characters, at the position of the first. No pair spans
/// two texts, and their distance is one more than that of neighbours, so no phrase does either.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pairs;

/// The pairs of a text.
#[derive(Debug)]
pub struct PairStream<'a> {
    text: &'a str,
    /// Where the next pair begins, in bytes.
    offset: usize,
    token: Token,
}

impl Tokenizer for Pairs {
    type TokenStream<'a> = PairStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> PairStream<'a> {
        PairStream { text, offset: 0, token: Token::default() }
    }
}

impl TokenStream for PairStream<'_> {
    fn advance(&mut self) -> bool {
        loop {
            let rest = self.text.get(self.offset..).unwrap_or_default();
            let mut characters = rest.chars();
            let (Some(first), Some(second)) = (characters.next(), characters.next()) else {
                return false;
            };
            let length = first.len_utf8() + second.len_utf8();
            self.token.offset_from = self.offset;
            self.token.offset_to = self.offset + length;
            // The first position follows from the greatest number.
            self.token.position = self.token.position.wrapping_add(1);
            self.offset += first.len_utf8();
            if first != SEPARATOR && second != SEPARATOR {
                self.token.text.clear();
                self.token.text.push_str(rest.get(..length).unwrap_or_default());
                return true;
            }
        }
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

/// Makes a term of every character, once.
#[derive(Debug, Clone, Copy, Default)]
pub struct Characters;

/// The characters of a text.
#[derive(Debug)]
pub struct CharacterStream {
    characters: std::collections::btree_set::IntoIter<char>,
    token: Token,
}

impl Tokenizer for Characters {
    type TokenStream<'a> = CharacterStream;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> CharacterStream {
        let characters: BTreeSet<char> =
            text.chars().filter(|character| *character != SEPARATOR).collect();
        CharacterStream { characters: characters.into_iter(), token: Token::default() }
    }
}

impl TokenStream for CharacterStream {
    fn advance(&mut self) -> bool {
        let Some(character) = self.characters.next() else { return false };
        self.token.position = self.token.position.wrapping_add(1);
        self.token.text.clear();
        self.token.text.push(character);
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

/// The pairs of a word of at least three characters that together cover it, with their distances
/// from its beginning: every second one, and the last.
pub fn cover(word: &str) -> Vec<(usize, String)> {
    let characters: Vec<char> = word.chars().collect();
    let last = characters.len().saturating_sub(2);
    let pairs = characters.windows(2).enumerate();
    pairs
        .filter(|(at, _)| at.is_multiple_of(2) || *at == last)
        .map(|(at, pair)| (at, pair.iter().collect()))
        .collect()
}
