//! The text index on disk: its fields, how it is opened, and what says how far it is.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use tantivy::indexer::IndexWriterOptions;
use tantivy::schema::{
    FAST, Field, IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, TantivyDocument, Term};

use super::gram::{Characters, Pairs};
use super::source::{Text, Thing};
use super::{FORMAT, Kind, TextError};

/// Memory for texts that are not yet written, in bytes.
const WRITER_BYTES: usize = 48 << 20;

const PAIRS: &str = "pairs";
const CHARACTERS: &str = "characters";
const RAW: &str = "raw";

/// The name of the fast field that [`facts`] fills.
pub const FACTS: &str = "facts";
/// The name of the fast field of the order of results.
pub const ORDER: &str = "order";

/// The fields of a thing.
#[derive(Debug, Clone, Copy)]
pub struct Fields {
    /// Pairs of characters with their positions.
    pub pairs: Field,
    /// Characters.
    pub characters: Field,
    /// What it is called, whole.
    pub names: Field,
    /// Whose it is.
    pub party: Field,
    /// Kind and key, by which it is replaced.
    pub thing: Field,
    facts: Field,
    order: Field,
    /// Its key, stored.
    pub key: Field,
    /// The second part of its key, stored.
    pub part: Field,
}

fn schema() -> (Schema, Fields) {
    let indexed = |tokenizer: &str, option| {
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(tokenizer)
            .set_index_option(option)
            .set_fieldnorms(false);
        TextOptions::default().set_indexing_options(indexing)
    };
    let whole = || indexed(RAW, IndexRecordOption::Basic);
    let mut schema = Schema::builder();
    let fields = Fields {
        pairs: schema
            .add_text_field(PAIRS, indexed(PAIRS, IndexRecordOption::WithFreqsAndPositions)),
        characters: schema
            .add_text_field(CHARACTERS, indexed(CHARACTERS, IndexRecordOption::Basic)),
        names: schema.add_text_field("names", whole()),
        party: schema.add_text_field("party", whole()),
        thing: schema.add_text_field("thing", whole()),
        facts: schema.add_u64_field(FACTS, FAST),
        order: schema.add_u64_field(ORDER, FAST),
        key: schema.add_text_field("key", STORED),
        part: schema.add_text_field("part", STORED),
    };
    (schema.build(), fields)
}

/// Kind, year and division of a thing in one figure, so that a result is counted by one look.
pub fn facts(kind: Kind, year: u64, division: u64) -> u64 {
    ((kind as u64) << 56) | ((year & 0xffff) << 40) | (division & 0xff_ffff_ffff)
}

/// Kind, year and division of [`facts`].
pub fn read_facts(facts: u64) -> (Option<Kind>, u64, u64) {
    let kind = usize::try_from(facts >> 56).ok().and_then(|at| Kind::ALL.get(at).copied());
    (kind, (facts >> 40) & 0xffff, facts & 0xff_ffff_ffff)
}

/// How far the text index is, as its last commit says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mark {
    /// Of which filling of the index.
    pub incarnation: String,
    /// The last change that it holds.
    pub number: u64,
    /// The height of the index when it was read.
    pub height: u64,
}

impl Mark {
    fn payload(&self) -> String {
        format!("{FORMAT} {} {} {}", self.incarnation, self.number, self.height)
    }

    fn parse(payload: &str) -> Option<Self> {
        let mut parts = payload.split(' ');
        if parts.next()? != FORMAT.to_string() {
            return None;
        }
        let incarnation = parts.next()?.to_owned();
        let number = parts.next()?.parse().ok()?;
        let height = parts.next()?.parse().ok()?;
        parts.next().is_none().then_some(Self { incarnation, number, height })
    }
}

/// An open text index.
#[derive(Clone)]
pub struct Store {
    index: Index,
    /// Reads what the last commit holds, once it is reloaded.
    pub reader: IndexReader,
    /// Its fields.
    pub fields: Fields,
}

impl Store {
    /// Opens what lies at `path`, with how far it is.
    ///
    /// # Errors
    /// [`TextError`] if nothing lies there, if it is damaged, or of another form.
    pub fn open(path: &Path) -> Result<(Self, Mark), TextError> {
        let (schema, fields) = schema();
        let index = Index::open_in_dir(path)?;
        if index.schema() != schema {
            return Err(TextError::Damaged("its fields are others"));
        }
        let payload = index.load_metas()?.payload.unwrap_or_default();
        let mark = Mark::parse(&payload).ok_or(TextError::Damaged("it says not how far it is"))?;
        if !index.validate_checksum()?.is_empty() {
            return Err(TextError::Damaged("a checksum is not that of its file"));
        }
        Ok((Self::of(index, fields)?, mark))
    }

    /// Deletes what lies at `path`, and makes an empty text index there.
    ///
    /// # Errors
    /// [`TextError`] if the directory cannot be written.
    pub fn create(path: &Path) -> Result<Self, TextError> {
        let failed = |source| TextError::Directory { path: path.to_owned(), source };
        match fs::remove_dir_all(path) {
            Err(error) if error.kind() == ErrorKind::NotADirectory => {
                fs::remove_file(path).map_err(failed)?;
            }
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        fs::create_dir_all(path).map_err(failed)?;
        let (schema, fields) = schema();
        Self::of(Index::create_in_dir(path, schema)?, fields)
    }

    fn of(index: Index, fields: Fields) -> Result<Self, TextError> {
        index.tokenizers().register(PAIRS, Pairs);
        index.tokenizers().register(CHARACTERS, Characters);
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self { index, reader, fields })
    }

    /// The one that writes; another process that writes keeps it from being made.
    ///
    /// # Errors
    /// [`TextError::Engine`].
    pub fn writer(&self) -> Result<IndexWriter, TextError> {
        let options = IndexWriterOptions::builder()
            .num_worker_threads(1)
            .memory_budget_per_thread(WRITER_BYTES)
            .num_merge_threads(1)
            .build();
        Ok(self.index.writer_with_options(options)?)
    }

    /// Enters a thing. `order` is greater for what is shown first among its kind.
    ///
    /// # Errors
    /// [`TextError::Engine`].
    pub fn enter(
        &self,
        writer: &IndexWriter,
        thing: &Thing,
        text: &Text,
        order: u64,
    ) -> Result<(), TextError> {
        let fields = &self.fields;
        let mut document = TantivyDocument::default();
        document.add_text(fields.pairs, &text.folded);
        document.add_text(fields.characters, &text.folded);
        for name in text.names.iter().filter(|name| !name.is_empty()) {
            document.add_text(fields.names, name);
        }
        if !text.party.is_empty() {
            document.add_text(fields.party, &text.party);
        }
        document.add_text(fields.thing, name_of(thing));
        document.add_u64(fields.facts, facts(thing.kind, text.year, text.division));
        document.add_u64(fields.order, order);
        document.add_text(fields.key, &thing.key);
        document.add_text(fields.part, &thing.part);
        writer.add_document(document)?;
        Ok(())
    }

    /// Takes a thing out, before it is entered again.
    pub fn remove(&self, writer: &IndexWriter, thing: &Thing) {
        writer.delete_term(Term::from_field_text(self.fields.thing, &name_of(thing)));
    }

    /// Makes what was entered durable and visible, with how far it is, in one step.
    ///
    /// # Errors
    /// [`TextError::Engine`]; what is visible is as before.
    pub fn commit(&self, writer: &mut IndexWriter, mark: &Mark) -> Result<(), TextError> {
        let mut prepared = writer.prepare_commit()?;
        prepared.set_payload(&mark.payload());
        prepared.commit()?;
        self.reader.reload()?;
        Ok(())
    }
}

fn name_of(thing: &Thing) -> String {
    format!("{}\u{1f}{}\u{1f}{}", thing.kind.name(), thing.key, thing.part)
}
