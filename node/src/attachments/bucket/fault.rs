//! Why the bucket does not do what it is asked, and what to do about it. None repeats a key, or
//! more of the store's answer than its code.

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use minglian_client::key_file::private_file::PrivateFileError;
use object_store::client::HttpError;

/// Longest code of an answer that is repeated, in bytes.
const CODE_BYTES_MAX: usize = 64;

/// Why the bucket does not do what it is asked.
#[derive(Debug, thiserror::Error)]
pub enum BucketFault {
    /// Nobody answers there, or nobody that is trusted.
    #[error("it cannot be reached ({reason}); check `endpoint`, the network and its certificate")]
    Unreachable {
        /// What the connection says.
        reason: String,
    },
    /// The answer takes too long.
    #[error("it did not answer within {} s", .0.as_secs())]
    Slow(Duration),
    /// The store says no.
    #[error("it answers {code}: {advice}")]
    Refused {
        /// The store's word for it.
        code: String,
        /// What to do.
        advice: &'static str,
    },
    /// There is no such object.
    #[error("it does not hold the object")]
    Absent,
    /// What was deleted could be had again.
    #[error(
        "it keeps versions, so nothing in it is ever deleted; turn versioning off (suspend it, and \
         remove the old versions), or take another bucket"
    )]
    KeepsVersions,
    /// The store does not do what S3 does.
    #[error("it does not give back what was put into it, or keeps what was deleted")]
    Unfaithful,
    /// The settings cannot be used.
    #[error("the settings [attachments.s3] cannot be used: {0}")]
    Settings(String),
    /// The certificates of the system's authorities.
    #[error(
        "the system's certificate authorities cannot be read ({0}); install ca-certificates, or \
         name a file with SSL_CERT_FILE"
    )]
    Authorities(std::io::Error),
    /// The file with the key cannot be read.
    #[error(transparent)]
    File(#[from] PrivateFileError),
    /// The file does not hold a key. What it holds is not repeated.
    #[error(
        "{0} does not hold what it should: two lines, access_key_id = \"…\" and \
         secret_access_key = \"…\", as the store gave them"
    )]
    Credentials(PathBuf),
    /// The cipher refused.
    #[error("a piece cannot be sealed")]
    Seal,
}

impl BucketFault {
    /// What went wrong, as far as may be told.
    pub fn of(error: &object_store::Error) -> Self {
        if let Some(reason) = connection(error) {
            return Self::Unreachable { reason };
        }
        let code = code(error);
        let code = match (error, code.as_deref()) {
            (_, Some(code)) if !matches!(code, "NoSuchKey" | "NoSuchUpload") => code,
            (object_store::Error::NotFound { .. }, _) => return Self::Absent,
            (object_store::Error::PermissionDenied { .. }, _) => "403",
            (object_store::Error::Unauthenticated { .. }, _) => "401",
            _ => "an error",
        };
        Self::refused(code)
    }

    fn refused(code: &str) -> Self {
        let advice = match code {
            "SignatureDoesNotMatch" => "correct secret_access_key in the credentials file",
            "InvalidAccessKeyId" | "401" => "correct access_key_id in the credentials file",
            "AccessDenied" | "403" => {
                "give the key the rights to get, put, delete and list objects of this bucket and \
                 to abort uploads, or correct the key"
            }
            "NoSuchBucket" => "make the bucket, or correct `bucket`",
            "RequestTimeTooSkewed" => "set this machine's clock",
            "SecondLevelDomainForbidden" => "set `virtual_host = true`",
            _ => {
                "look it up in the store's documentation; `endpoint`, `region` or `virtual_host` \
                 may be wrong"
            }
        };
        Self::Refused { code: code.to_owned(), advice }
    }
}

/// What broke the connection, if that is what happened.
fn connection(error: &object_store::Error) -> Option<String> {
    let mut source: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = source {
        if error.is::<HttpError>() {
            let mut reason = String::new();
            let mut cause = error.source();
            while let Some(error) = cause {
                let mark = if reason.is_empty() { "" } else { ": " };
                reason = format!("{reason}{mark}{error}");
                cause = error.source();
            }
            return Some(reason);
        }
        source = error.source();
    }
    None
}

/// The code in the store's answer, `<Code>NoSuchKey</Code>`. The rest may hold the key's id and
/// what was signed.
fn code(error: &object_store::Error) -> Option<String> {
    let text = error.to_string();
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    let is_code = code.len() <= CODE_BYTES_MAX && code.bytes().all(|it| it.is_ascii_alphanumeric());
    is_code.then(|| code.to_owned())
}
