//! What a request asks for, and the one transaction that it is answered from: of the newest height,
//! or of the one that it names.

use std::net::IpAddr;
use std::sync::Arc;

use super::{App, PageError, pin};
use crate::database::Connection;
use crate::index::history::Kept;
use crate::language::Language;
use crate::reading::Reading;

tokio::task_local! {
    /// What the request that is being answered asks for.
    pub(super) static ASKED: Asked;
}

/// What a request asks for beside its page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// In which language.
    pub language: Language,
    /// In which look.
    pub reading: Reading,
    /// The path and query without the language.
    pub address: String,
    /// At which height; the newest if it does not say.
    pub at: Option<i64>,
    /// The host that the reader asked, if it reads like one.
    pub host: Option<String>,
    /// Whose request it is, if anybody knows.
    pub client: Option<IpAddr>,
}

impl Asked {
    /// What the present request asks for.
    pub fn now() -> Self {
        ASKED.try_with(Clone::clone).unwrap_or_default()
    }
}

/// What an answer costs to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Rows by key.
    Keyed,
    /// Perhaps every row of a table.
    Scan,
}

impl App {
    /// Reads the newest of the index in one transaction, on a thread that may block.
    ///
    /// # Errors
    /// What `work` reports.
    pub async fn reading<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, PageError> + Send + 'static,
    ) -> Result<T, PageError> {
        let room = Arc::clone(&self.0.room);
        let permit = room.acquire_owned().await.map_err(|_| PageError::Broken)?;
        self.blocking(permit, Asked::default(), |connection, _| work(connection)).await
    }

    /// As [`App::reading`], at the height that the request asks for; `work` also hears what is kept
    /// of an earlier one. What may read whole tables, as that of an earlier height does, waits for
    /// its turn and takes no place of the pages.
    ///
    /// # Errors
    /// What [`App::read_as`] and `work` report.
    pub async fn reading_as_asked<T: Send + 'static>(
        &self,
        effort: Effort,
        work: impl FnOnce(&Connection, Option<&Kept>) -> Result<T, PageError> + Send + 'static,
    ) -> Result<T, PageError> {
        let asked = Asked::now();
        if effort == Effort::Scan || asked.at.is_some() {
            return self.blocking(self.0.scans.turn().await?, asked, work).await;
        }
        let room = Arc::clone(&self.0.room);
        let permit = room.acquire_owned().await.map_err(|_| PageError::Broken)?;
        self.blocking(permit, asked, work).await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        held: impl Send + 'static,
        asked: Asked,
        work: impl FnOnce(&Connection, Option<&Kept>) -> Result<T, PageError> + Send + 'static,
    ) -> Result<T, PageError> {
        let app = self.clone();
        let work = move || {
            // Held until the work ends, also when nobody waits for it any more.
            let _held = held;
            app.read_as(&asked, work)
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| PageError::Broken)?
    }

    /// Reads the index in one transaction at the height that is asked for; `work` also hears what
    /// is kept of an earlier one. Blocks the thread.
    ///
    /// # Errors
    /// What [`pin::accept`] and `work` report.
    pub(super) fn read_as<T>(
        &self,
        asked: &Asked,
        work: impl FnOnce(&Connection, Option<&Kept>) -> Result<T, PageError>,
    ) -> Result<T, PageError> {
        let reader = &self.0.reader;
        let Some(height) = asked.at else {
            return reader.read(|connection| work(connection, None));
        };
        let accept = |kept: &Kept| pin::accept(&asked.address, height, kept);
        reader.read_at(height, accept, |connection, kept| work(connection, Some(kept)))
    }
}
