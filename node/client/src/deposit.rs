//! Handing over attachments and openings, and reading them back, each checked against its hash.

use std::fs::File;
use std::io::{self, Read as _, Write};
use std::path::Path;
use std::time::Duration;

use data_encoding::HEXLOWER;
use minglian_ledger::deposit::{self, Content, Deposit, MediaType, SALT_BYTES};
use minglian_ledger::hash::{AttachmentHash, AttachmentHasher, Commitment};
use minglian_ledger::height::LogIndex;
use minglian_ledger::personal_number;
use minglian_ledger::reading::Reading;

use crate::wire::{
    AttachmentView, Hex, MissingAttachment, OpeningRequest, OpeningView, Page, PublishedOpenings,
    Uploaded,
};
use crate::{Client, ClientError, OCTET_STREAM, Problem, malformed};

/// The header that carries the signed deposit of an attachment, in hexadecimal.
pub const DEPOSIT_HEADER: &str = "minglian-deposit";

/// The header that carries an officer's signed question for what is not public, in hexadecimal.
pub const READING_HEADER: &str = "minglian-reading";

/// How long an attachment may take on its way.
const TRANSFER_TIMEOUT: Duration = Duration::from_secs(1_800);

/// What a deposit says of the file at `path`, which is read once, piece by piece.
///
/// # Errors
/// The file cannot be read.
pub fn describe(path: &Path, media_type: MediaType) -> io::Result<Content> {
    let mut file = File::open(path)?;
    let mut hasher = AttachmentHasher::default();
    let mut buffer = vec![0; 64 * 1024];
    let mut bytes: u64 = 0;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(Content::Attachment { hash: hasher.finish(), media_type, bytes });
        }
        hasher.update(&buffer[..read]);
        bytes = bytes.saturating_add(read as u64);
    }
}

impl Client {
    /// Brings the attachment at `path`, which the deposit describes.
    pub async fn upload(&self, deposit: &Deposit, path: &Path) -> Result<Uploaded, ClientError> {
        let file = |source| ClientError::File { path: path.to_owned(), source };
        let body = tokio::fs::File::open(path).await.map_err(file)?;
        self.upload_body(deposit, body).await
    }

    /// Brings an attachment from anywhere.
    pub async fn upload_body(
        &self,
        deposit: &Deposit,
        body: impl Into<reqwest::Body>,
    ) -> Result<Uploaded, ClientError> {
        let request = self
            .http
            .post(format!("{}/v1/attachments", self.base))
            .header(DEPOSIT_HEADER, HEXLOWER.encode(&deposit.encode()))
            .header("content-type", OCTET_STREAM)
            .timeout(TRANSFER_TIMEOUT)
            .body(body);
        let response = request.send().await?;
        let status = response.status();
        let bytes = crate::read_capped(response, crate::JSON_BYTES_MAX, None).await?;
        if !status.is_success() {
            let problem = Problem::read(status.as_u16(), &bytes);
            return Err(ClientError::Refused(Box::new(problem)));
        }
        serde_json::from_slice(&bytes).map_err(|error| malformed("the answer", error))
    }

    /// Writes a public attachment to `out`, at most `bytes_max` of it. What was written counts only
    /// if this returns well: only then was it the named attachment.
    pub async fn attachment(
        &self,
        hash: &AttachmentHash,
        bytes_max: u64,
        out: &mut (dyn Write + Send),
    ) -> Result<u64, ClientError> {
        self.attachment_for(hash, None, bytes_max, out).await
    }

    /// As [`Client::attachment`], by an officer's signed question for one that is not public.
    pub async fn attachment_for(
        &self,
        hash: &AttachmentHash,
        reading: Option<&Reading>,
        bytes_max: u64,
        out: &mut (dyn Write + Send),
    ) -> Result<u64, ClientError> {
        let url = format!("{}/v1/attachments/{hash}", self.base);
        let request = asked_by(self.http.get(url), reading);
        let mut response = request.timeout(TRANSFER_TIMEOUT).send().await?;
        let status = response.status();
        if !status.is_success() {
            let bytes = crate::read_capped(response, crate::JSON_BYTES_MAX, None).await?;
            let problem = Problem::read(status.as_u16(), &bytes);
            return Err(ClientError::Refused(Box::new(problem)));
        }
        let (mut hasher, mut come) = (AttachmentHasher::default(), 0_u64);
        while let Some(chunk) = response.chunk().await? {
            come = come.saturating_add(chunk.len() as u64);
            if come > bytes_max {
                let bytes_max = usize::try_from(bytes_max).unwrap_or(usize::MAX);
                return Err(ClientError::TooLarge { bytes_max });
            }
            hasher.update(&chunk);
            out.write_all(&chunk).map_err(|error| malformed("the attachment", error))?;
        }
        if hasher.finish() != *hash {
            return Err(malformed("the attachment", "it is another one"));
        }
        Ok(come)
    }

    /// A page of the public attachments at the node.
    pub async fn attachments(
        &self,
        after: Option<&AttachmentHash>,
    ) -> Result<Page<AttachmentView>, ClientError> {
        let after = after.map(|after| ("after", after.to_string()));
        self.json("/v1/attachments", &after.into_iter().collect::<Vec<_>>()).await
    }

    /// A page of what records name and the node does not have.
    pub async fn missing_attachments(
        &self,
        after: Option<&AttachmentHash>,
    ) -> Result<Page<MissingAttachment>, ClientError> {
        let mut query = vec![("missing", String::new())];
        query.extend(after.map(|after| ("after", after.to_string())));
        self.json("/v1/attachments", &query).await
    }

    /// Hands the opening of a commitment over. A text that holds a number of a person is not sent.
    pub async fn deposit_opening(
        &self,
        deposit: &Deposit,
        salt: &[u8; SALT_BYTES],
        text: &str,
    ) -> Result<(), ClientError> {
        if let Some(number) = personal_number::find(text) {
            return Err(ClientError::PersonalNumber(number));
        }
        let request = OpeningRequest {
            deposit: Hex(deposit.encode()),
            salt: Hex(salt.to_vec()),
            text: text.to_owned(),
        };
        let request = self.http.post(format!("{}/v1/openings", self.base)).json(&request);
        self.body(request, crate::JSON_BYTES_MAX).await?;
        Ok(())
    }

    /// The opening of a commitment, if it is public; checked against the commitment.
    pub async fn opening(&self, commitment: &Commitment) -> Result<OpeningView, ClientError> {
        let view: OpeningView = self.json(&format!("/v1/openings/{commitment}"), &[]).await?;
        checked(view, Some(commitment))
    }

    /// As [`Client::opening`], by an officer's signed question for one that is not public.
    pub async fn opening_for(
        &self,
        commitment: &Commitment,
        reading: &Reading,
    ) -> Result<OpeningView, ClientError> {
        let url = format!("{}/v1/openings/{commitment}", self.base);
        let request = asked_by(self.http.get(url), Some(reading));
        let bytes = self.body(request, crate::JSON_BYTES_MAX).await?;
        let view = serde_json::from_slice(&bytes);
        checked(view.map_err(|error| malformed("the opening", error))?, Some(commitment))
    }

    /// Public openings behind the number `after` of a run, or from the first on; each checked
    /// against its commitment.
    pub async fn published_openings(
        &self,
        after: Option<(&Hex, u64)>,
    ) -> Result<PublishedOpenings, ClientError> {
        let after =
            after.map(|(run, number)| [("run", run.to_string()), ("after", number.to_string())]);
        let query: Vec<_> = after.into_iter().flatten().collect();
        let mut page: PublishedOpenings = self.json("/v1/openings", &query).await?;
        let items = std::mem::take(&mut page.items).into_iter();
        page.items = items.map(|view| checked(view, None)).collect::<Result<_, _>>()?;
        Ok(page)
    }

    /// The public openings of what a record names, each checked against its commitment.
    pub async fn openings_of(&self, index: LogIndex) -> Result<Vec<OpeningView>, ClientError> {
        let path = format!("/v1/records/{index}/openings");
        let views: Vec<OpeningView> = self.json(&path, &[]).await?;
        views.into_iter().map(|view| checked(view, None)).collect()
    }
}

fn asked_by(
    request: reqwest::RequestBuilder,
    reading: Option<&Reading>,
) -> reqwest::RequestBuilder {
    match reading {
        Some(reading) => request.header(READING_HEADER, HEXLOWER.encode(&reading.encode())),
        None => request,
    }
}

/// An opening that opens what it says, and the commitment that was asked for.
fn checked(view: OpeningView, asked: Option<&Commitment>) -> Result<OpeningView, ClientError> {
    let salt: Option<[u8; SALT_BYTES]> = view.salt.0.as_slice().try_into().ok();
    let opens = salt.is_some_and(|salt| deposit::commit(&salt, &view.text) == view.commitment);
    if !opens || asked.is_some_and(|asked| *asked != view.commitment) {
        return Err(malformed("the opening", "it opens another commitment"));
    }
    Ok(view)
}
