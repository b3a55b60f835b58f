//! Keeping the text index behind the index, and giving it to readers.
//!
//! The index is written first, the text index from what is committed there: after a crash
//! it is behind, never ahead, and reads on from the change that its last commit names. A text
//! index that is ahead (the index lost its last blocks with the power), of another filling,
//! damaged or missing is built anew from the same rows.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tantivy::IndexWriter;

use super::source::{self, Change, Origin, Text};
use super::store::{Mark, Store};
use super::{Kind, TextError};
use crate::index::Reader;

/// How often the keeper looks for changes.
const POLL: Duration = Duration::from_millis(250);

/// How long it waits after something went wrong.
const RETRY: Duration = Duration::from_secs(3);

/// Changes that are read at a time.
const CHANGES_MAX: usize = 2_000;

/// How long changes gather while many come: the text index is far behind, or the ledger is being
/// caught up with. A commit costs as much as a hundred changes, what is in small pieces is merged
/// again and again, and readers see nothing before it.
const GATHER: Duration = Duration::from_secs(5);

/// The text index as readers see it; empty until it is open.
#[derive(Clone, Default)]
pub struct TextIndex(Arc<Shared>);

#[derive(Default)]
struct Shared {
    open: RwLock<Option<(Store, Mark)>>,
    is_suspect: AtomicBool,
}

impl std::fmt::Debug for TextIndex {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("TextIndex").field(&self.mark()).finish()
    }
}

impl TextIndex {
    /// What is open, and how far it is.
    pub fn opened(&self) -> Option<(Store, Mark)> {
        self.0.open.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How far it is; none if it is not open.
    pub fn mark(&self) -> Option<Mark> {
        self.opened().map(|(_, mark)| mark)
    }

    /// A reader could not read it: the keeper looks at its checksums again.
    pub fn suspect(&self) {
        self.0.is_suspect.store(true, Ordering::Relaxed);
    }

    fn set(&self, open: Option<(Store, Mark)>) {
        *self.0.open.write().unwrap_or_else(PoisonError::into_inner) = open;
    }
}

/// The one that writes a text index.
pub struct Keeper {
    path: PathBuf,
    reader: Reader,
    shown: TextIndex,
    open: Option<(Store, IndexWriter, Mark)>,
    /// Whether many changes came the last time.
    comes_much: bool,
}

/// Changes of one reading, with the texts of what changed.
struct Batch {
    origin: Origin,
    changes: Vec<(Change, Option<Text>)>,
}

impl Keeper {
    /// Keeps the text index at `path` behind the index that `reader` reads.
    pub fn new(path: &Path, reader: Reader) -> Self {
        let shown = TextIndex::default();
        Self { path: path.to_owned(), reader, shown, open: None, comes_much: false }
    }

    /// What readers ask.
    pub fn index(&self) -> TextIndex {
        self.shown.clone()
    }

    /// Reads everything that the index has committed and makes it visible.
    ///
    /// # Errors
    /// [`TextError`]; the next call begins at the last commit.
    pub fn catch_up(&mut self) -> Result<(), TextError> {
        let caught = self.try_to_catch_up();
        if caught.is_err() {
            // What was entered and not committed is forgotten with its writer.
            self.open = None;
        }
        caught
    }

    fn try_to_catch_up(&mut self) -> Result<(), TextError> {
        if self.shown.0.is_suspect.swap(false, Ordering::Relaxed) {
            self.open = None;
        }
        let origin = self.reader.read(source::origin)?;
        let is_of =
            |mark: &Mark| mark.incarnation == origin.incarnation && mark.number <= origin.last;
        let (store, mut writer, mut mark) = match self.open.take() {
            Some(open) if is_of(&open.2) => open,
            // The writer's lock must be gone before another can be made.
            Some(open) => {
                drop(open);
                self.reopen(&origin)?
            }
            None => self.reopen(&origin)?,
        };
        let (mut since, mut is_pending) = (Instant::now(), false);
        self.comes_much = origin.last.saturating_sub(mark.number) >= CHANGES_MAX as u64;
        loop {
            let batch = self.batch(mark.number)?;
            if batch.origin.incarnation != mark.incarnation {
                return Ok(());
            }
            is_pending |= !batch.changes.is_empty();
            let is_last = batch.changes.len() < CHANGES_MAX;
            enter(&store, &writer, &mut mark, &batch)?;
            if is_pending && (is_last || since.elapsed() >= GATHER) {
                store.commit(&mut writer, &mark)?;
                self.shown.set(Some((store.clone(), mark.clone())));
                (since, is_pending) = (Instant::now(), false);
            }
            if is_last {
                break;
            }
        }
        self.open = Some((store, writer, mark));
        Ok(())
    }

    /// Opens what lies there, or makes it anew.
    fn reopen(&self, origin: &Origin) -> Result<(Store, IndexWriter, Mark), TextError> {
        let is_of =
            |mark: &Mark| mark.incarnation == origin.incarnation && mark.number <= origin.last;
        let (store, mark) = match Store::open(&self.path) {
            Ok((store, mark)) if is_of(&mark) => (store, mark),
            other => {
                let reason = other.err().map(|error| error.to_string());
                let reason = reason.as_deref().unwrap_or("it is of another index");
                tracing::info!(path = %self.path.display(), reason, "the text index is built anew");
                self.shown.set(None);
                let incarnation = origin.incarnation.clone();
                (Store::create(&self.path)?, Mark { incarnation, ..Mark::default() })
            }
        };
        let mut writer = store.writer()?;
        if mark.number == 0 {
            // From now on it says whose it is.
            store.commit(&mut writer, &mark)?;
        }
        self.shown.set(Some((store.clone(), mark.clone())));
        Ok((store, writer, mark))
    }

    fn batch(&self, after: u64) -> Result<Batch, TextError> {
        self.reader.read(|connection| {
            let origin = source::origin(connection)?;
            let changes = source::changes(connection, after, CHANGES_MAX)?;
            let read = |change: Change| {
                let text = source::text(connection, &change.thing)?;
                Ok((change, text))
            };
            let changes: Result<_, TextError> = changes.into_iter().map(read).collect();
            Ok(Batch { origin, changes: changes? })
        })
    }

    /// Keeps up for ever. Blocks the thread.
    pub fn run(mut self) {
        loop {
            match self.catch_up() {
                Ok(()) => std::thread::sleep(if self.comes_much { GATHER } else { POLL }),
                Err(error) => {
                    tracing::error!(%error, "the text index stays behind");
                    std::thread::sleep(RETRY);
                }
            }
        }
    }
}

/// Enters what changed, and says in `mark` how far that is.
fn enter(
    store: &Store,
    writer: &IndexWriter,
    mark: &mut Mark,
    batch: &Batch,
) -> Result<(), TextError> {
    for (change, text) in &batch.changes {
        if change.again {
            store.remove(writer, &change.thing);
        }
        if let Some(text) = text {
            store.enter(writer, &change.thing, text, order(change))?;
        }
        mark.number = change.number;
    }
    mark.height = batch.origin.height;
    Ok(())
}

/// Results of a kind stand newest first: entries and accounts by their number, others by the
/// change that entered them.
fn order(change: &Change) -> u64 {
    match change.thing.kind {
        Kind::Entry | Kind::Account => change.thing.key.parse().unwrap_or(change.number),
        _ => change.number,
    }
}
