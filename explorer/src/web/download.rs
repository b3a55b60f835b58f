//! Downloads: an export is streamed while it is read, from one read transaction, which pins it to
//! one height and locks nobody out.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::places::Held;
use super::{App, Asked, PageError, note, pin};
use crate::data::ask;
use crate::data::export::{Export, ExportError, What};
use crate::data::manifest::{self, kept::Lasting};
use crate::data::rows::Selection;
use crate::database::Connection;
use crate::pages::escape;

/// How long one export may take.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(30 * 60);

/// How long a reader may take for one piece before the export is ended.
const PIECE_TIMEOUT: Duration = Duration::from_secs(30);

/// Bytes of a piece.
const PIECE_BYTES: usize = 64 * 1024;

/// How long an export may take before its reader must have kept up.
const GRACE: Duration = Duration::from_secs(60);

/// Bytes a second that a reader takes on the average: a slower one holds an old state of the index,
/// which cannot be tidied up meanwhile.
const BYTES_PER_SECOND_MIN: u64 = 32 * 1024;

/// Pieces that wait for the reader.
const PIECES_MAX: usize = 8;

/// Pieces on their way to the reader. The writing thread waits when the reader is slow.
struct Pieces {
    sender: mpsc::Sender<io::Result<Bytes>>,
    handle: Handle,
    piece: Vec<u8>,
    started: Instant,
    /// Bytes that were taken, and how long the reader took for them.
    taken_bytes: u64,
    waited: Duration,
    /// Given back before the reader can see the end, and ask for its next file.
    place: Option<Held>,
}

impl Pieces {
    fn send(&mut self, piece: io::Result<Bytes>) -> io::Result<()> {
        let is_slow = self.waited > GRACE
            && self.taken_bytes / self.waited.as_secs().max(1) < BYTES_PER_SECOND_MIN;
        if self.started.elapsed() > EXPORT_TIMEOUT || is_slow {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let bytes = piece.as_ref().map_or(0, Bytes::len);
        let begun = Instant::now();
        self.room()?.send(piece);
        self.waited += begun.elapsed();
        self.taken_bytes += u64::try_from(bytes).unwrap_or(0);
        Ok(())
    }

    /// Waits until the reader has taken enough for one piece more.
    fn room(&self) -> io::Result<mpsc::Permit<'_, io::Result<Bytes>>> {
        let room = async { tokio::time::timeout(PIECE_TIMEOUT, self.sender.reserve()).await };
        match self.handle.block_on(room) {
            Ok(Ok(room)) => Ok(room),
            Ok(Err(_)) => Err(io::ErrorKind::BrokenPipe.into()),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    /// Gives the place back and sends what is left.
    fn finish(mut self) -> io::Result<()> {
        let (place, rest) = (self.place.take(), std::mem::take(&mut self.piece));
        let room = self.room()?;
        drop(place);
        if !rest.is_empty() {
            room.send(Ok(rest.into()));
        }
        Ok(())
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE_BYTES {
            let piece = std::mem::take(&mut self.piece);
            self.send(Ok(piece.into()))?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // Pieces go when they are full; the last one goes when its manifest is kept.
        Ok(())
    }
}

/// What is answered before the first piece.
enum Begun {
    /// An export, with its tag.
    Export(Box<Export>, String),
    /// Nothing: the reader has what is under this tag.
    Unchanged(String),
}

/// Whoever waits for the beginning, until it is heard.
struct Waiting(Option<oneshot::Sender<Result<Begun, PageError>>>);

impl Waiting {
    /// Says how it begins; false if that was said before.
    fn hear(&mut self, begun: Result<Begun, PageError>) -> bool {
        // Whoever asked has gone if nobody hears it.
        self.0.take().map(|sender| sender.send(begun)).is_some()
    }
}

/// `GET /data/{name}`: `movements.csv`, `360giving.json`, `package.zip`, ….
///
/// # Errors
/// [`PageError`] if there is no such file, or none of that height, a filter is not answered, or too
/// many exports are made.
pub async fn file(
    State(app): State<App>,
    headers: HeaderMap,
    Path(name): Path<String>,
    Query(mut filters): Query<BTreeMap<String, String>>,
) -> Result<Response, PageError> {
    let what = What::of_name(&name).ok_or_else(|| PageError::NotFound("这个文件".to_owned()))?;
    filters.retain(|_, value| !value.is_empty());
    pin::take(&mut filters)?;
    let asked = Asked::now();
    let place = app.0.exports.now()?;
    // A file without a signed head is a file still; the manifest says that there was none.
    let checkpoint = note::verified(&app).await.ok().flatten();
    let (begun, begins) = oneshot::channel();
    let (sender, pieces) = mpsc::channel(PIECES_MAX);
    let out = Pieces {
        sender,
        handle: Handle::current(),
        piece: Vec::new(),
        started: Instant::now(),
        taken_bytes: 0,
        waited: Duration::ZERO,
        place: Some(place),
    };
    let known = headers.get(header::IF_NONE_MATCH).cloned();
    tokio::task::spawn_blocking(move || {
        let mut waiting = Waiting(Some(begun));
        let made = app.read_as(&asked, |connection, kept| {
            let ledger = app.ledger().read(connection, kept)?;
            let tag = ledger.tag(connection, "")?;
            if known.is_some_and(|known| known.to_str().is_ok_and(|known| known.contains(&tag))) {
                drop(out);
                waiting.hear(Ok(Begun::Unchanged(tag)));
                return Ok(());
            }
            let selection = Selection::default();
            let export = Export { what, selection, filters, language: asked.language, ledger };
            let export = chosen(connection, export)?;
            waiting.hear(Ok(Begun::Export(Box::new(export.clone()), tag)));
            write(&app, connection, &export, checkpoint.as_deref(), out)
        });
        if let Err(error) = made {
            let said = error.to_string();
            if !waiting.hear(Err(error)) {
                tracing::warn!(error = said, "an export ended early");
            }
        }
    });
    match begins.await.map_err(|_| PageError::Broken)?? {
        Begun::Export(export, tag) => answer(&export, &tag, pieces),
        Begun::Unchanged(tag) => {
            Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response())
        }
    }
}

/// The export with the rows that its filters choose.
fn chosen(connection: &Connection, mut export: Export) -> Result<Export, PageError> {
    match export.what.table() {
        Some(table) => {
            let selection = ask::selection(connection, table, &export.filters)?;
            export.selection =
                selection.map_err(|error| PageError::Malformed(error.to_string()))?;
        }
        None if !export.filters.is_empty() => {
            return Err(PageError::Malformed("这个文件没有筛选项".to_owned()));
        }
        None => {}
    }
    match export.check(connection) {
        Err(ExportError::TooManyRows) => {
            Err(PageError::TooMuch("一个工作簿放不下,请按月下载或改用其他格式".to_owned()))
        }
        checked => Ok(checked.map(|()| export)?),
    }
}

fn write(
    app: &App,
    connection: &Connection,
    export: &Export,
    checkpoint: Option<&str>,
    mut out: Pieces,
) -> Result<(), PageError> {
    let made = match export.write(connection, &mut out) {
        Ok(made) => made,
        Err(error) => {
            // The reader must not take what came for the whole file.
            let _ = out.send(Err(io::ErrorKind::Other.into()));
            return Err(error.into());
        }
    };
    match manifest::write(export, &made, checkpoint, app.0.service_key.get()) {
        Ok(manifest) => {
            // What somebody typed into a filter that found nothing is not written to disk.
            let is_empty = made.rows == 0 && !export.filters.is_empty();
            let lasting = if is_empty { Lasting::Brief } else { Lasting::Kept };
            app.manifests().keep(&made.sha256, manifest, lasting);
        }
        Err(error) => tracing::error!(%error, "no manifest"),
    }
    Ok(out.finish().map_err(ExportError::from)?)
}

fn answer(
    export: &Export,
    tag: &str,
    pieces: mpsc::Receiver<io::Result<Bytes>>,
) -> Result<Response, PageError> {
    let body = futures::stream::unfold(pieces, |mut pieces| async {
        pieces.recv().await.map(|piece| (piece, pieces))
    });
    let (name, ascii) = export.file_name();
    let name = format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{}", escape_name(&name));
    let mut response = Body::from_stream(body).into_response();
    let ledger = &export.ledger;
    let texts = [
        (header::CONTENT_TYPE, export.what.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::ETAG, tag.to_owned()),
        (header::HeaderName::from_static("minglian-height"), ledger.height.to_string()),
        (header::HeaderName::from_static("minglian-genesis"), ledger.genesis_hash.clone()),
    ];
    for (header, text) in texts {
        let value = HeaderValue::from_str(&text).map_err(|_| PageError::Broken)?;
        response.headers_mut().insert(header, value);
    }
    Ok(response)
}

/// A file's name in a header; points stay as they are.
fn escape_name(name: &str) -> String {
    name.split('.').map(escape).collect::<Vec<_>>().join(".")
}

/// `GET /data/manifests/{sha256}`: what this explorer says of a file that it gave.
///
/// # Errors
/// [`PageError::NotFound`] if nothing is kept of such a file.
pub async fn manifest(
    State(app): State<App>,
    Path(sha256): Path<String>,
) -> Result<Response, PageError> {
    let known = app.manifests().find(&sha256.to_lowercase());
    let known = known.ok_or_else(|| PageError::NotFound("这个文件的清单".to_owned()))?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], known).into_response())
}
