//! Where the bucket is that holds attachments.

use std::net::IpAddr;
use std::path::PathBuf;

use axum::http::Uri;
use serde::{Deserialize, Serialize};

/// Longest prefix in bytes.
const PREFIX_BYTES_MAX: usize = 256;

/// A bucket of an S3-compatible store. The key to it is in a file of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BucketSettings {
    /// The store's address: `https://`, host, and port if it is another than 443. On this machine
    /// itself `http://` will do.
    pub endpoint: String,
    /// The bucket.
    pub bucket: String,
    /// The region that requests are signed for.
    pub region: String,
    /// Stands before the names of all objects, which nodes that share a bucket can be told by.
    #[serde(default)]
    pub prefix: String,
    /// File with `access_key_id` and `secret_access_key`, permissions 0600.
    pub credentials_file: PathBuf,
    /// Whether the bucket is named in the host, `https://BUCKET.HOST`, and not in the path.
    #[serde(default)]
    pub virtual_host: bool,
}

impl BucketSettings {
    /// Whether these can be settings of a bucket.
    ///
    /// # Errors
    /// What is wrong. The endpoint is not repeated: it might hold a password.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let uri: Uri = self.endpoint.parse().map_err(|_| "endpoint is no address")?;
        let (scheme, host) = (uri.scheme_str().unwrap_or_default(), uri.host().unwrap_or_default());
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        if host.is_empty() || authority.contains('@') || !matches!(uri.path(), "" | "/") {
            return Err("endpoint is https://HOST or https://HOST:PORT and nothing else");
        }
        if uri.query().is_some() || !(scheme == "https" || scheme == "http" && is_loopback(host)) {
            return Err("endpoint begins with https://; only this machine itself takes http://");
        }
        if !is_name(&self.bucket, "-.", 63) || !is_name(&self.region, "-_", 63) {
            return Err("bucket and region are names of letters, digits and hyphens");
        }
        let mut segments = self.prefix.split('/');
        if !self.prefix.is_empty() && !segments.all(|it| is_name(it, "-_", PREFIX_BYTES_MAX)) {
            return Err("prefix is names of letters, digits, - and _, with / between them");
        }
        if self.prefix.len() > PREFIX_BYTES_MAX {
            return Err("prefix is at most 256 bytes");
        }
        Ok(())
    }

    /// The address that requests go to; the bucket's name may be a part of it.
    pub fn address(&self) -> String {
        let endpoint = self.endpoint.trim_end_matches('/');
        match endpoint.split_once("://") {
            Some((scheme, host)) if self.virtual_host => {
                format!("{scheme}://{}.{host}", self.bucket)
            }
            _ => endpoint.to_owned(),
        }
    }

    /// Whether the way to the store is encrypted.
    pub fn is_encrypted(&self) -> bool {
        !self.endpoint.starts_with("http://")
    }
}

fn is_name(text: &str, marks: &str, bytes_max: usize) -> bool {
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || marks.contains(letter);
    !text.is_empty() && text.len() <= bytes_max && text.chars().all(is_allowed)
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
