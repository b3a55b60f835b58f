//! A store that speaks as much of S3 as the node does, in memory, and fails when it is told to. It
//! checks signatures, the sizes of parts, and what is asked for.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use minglian_node::config::{AttachmentSettings, BucketSettings};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::deposit_world::kept;
use crate::s3_signature::Signed;

pub const BUCKET: &str = "minglian-test";
pub const ACCESS_KEY_ID: &str = "AKIDEXAMPLE";
pub const SECRET: &str = "wJalrXUtnFEMI-SECRET-bPxRfiCYEXAMPLEKEY";

const PART_BYTES_MIN: usize = 5 << 20;

/// The most that one request may bring.
const BODY_BYTES_MAX: usize = 8 << 20;

/// An upload that is not put together yet.
#[derive(Default)]
struct Upload {
    path: String,
    parts: BTreeMap<usize, Bytes>,
}

/// A refusal: of requests whose method and address contain these, with this status and code.
pub struct Refusal {
    pub method: &'static str,
    pub address: String,
    pub status: u16,
    pub code: &'static str,
}

#[derive(Default)]
pub struct Contents {
    pub objects: BTreeMap<String, Vec<u8>>,
    uploads: BTreeMap<String, Upload>,
    /// Method and address of what was asked.
    pub asked: Vec<String>,
    /// Everything that ever came in bodies.
    pub came: Vec<Bytes>,
    pub keeps_versions: bool,
    /// Whether what is deleted stays.
    pub keeps_deleted: bool,
    pub refusals: Vec<Refusal>,
}

impl Contents {
    pub fn uploads(&self) -> usize {
        self.uploads.len()
    }

    /// Refuses everything, or nothing any more.
    pub fn set_away(&mut self, is_away: bool) {
        self.refusals.clear();
        if is_away {
            self.refuse("", "", 503, "SlowDown");
        }
    }

    pub fn refuse(&mut self, method: &'static str, address: &str, status: u16, code: &'static str) {
        let address = address.to_owned();
        self.refusals.push(Refusal { method, address, status, code });
    }
}

pub struct S3Server {
    pub endpoint: String,
    contents: Arc<Mutex<Contents>>,
    server: JoinHandle<()>,
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl S3Server {
    pub async fn start() -> Self {
        let contents = Arc::<Mutex<Contents>>::default();
        let router = Router::new().fallback(answer).with_state(contents.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { endpoint, contents, server }
    }

    pub fn contents(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap()
    }

    /// Settings of a node that keeps attachments here; the credentials file is in `directory`.
    pub fn settings(&self, directory: &Path) -> BucketSettings {
        let credentials_file = write_credentials(directory, ACCESS_KEY_ID, SECRET);
        BucketSettings {
            endpoint: self.endpoint.clone(),
            bucket: BUCKET.to_owned(),
            region: "cn-east-1".to_owned(),
            prefix: "county/node-0".to_owned(),
            credentials_file,
            virtual_host: false,
        }
    }

    /// As a node of the tests keeps attachments, in this bucket, and larger ones.
    pub fn kept(&self, directory: &Path) -> AttachmentSettings {
        let s3 = Some(self.settings(directory));
        AttachmentSettings { bytes_max: 32 << 20, waiting_bytes_max: 64 << 20, s3, ..kept() }
    }
}

pub fn write_credentials(directory: &Path, id: &str, secret: &str) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let path = directory.join("s3.toml");
    let text = format!("access_key_id = \"{id}\"\nsecret_access_key = \"{secret}\"\n");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path
}

type Answer = Result<Response, (u16, &'static str)>;

async fn answer(State(contents): State<Arc<Mutex<Contents>>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, BODY_BYTES_MAX).await.unwrap();
    let mut contents = contents.lock().unwrap();
    contents.asked.push(format!("{} {}", head.method, head.uri));
    let signed = Signed::read(&head.headers);
    let is_by =
        |signed: &Signed| signed.is_by(SECRET, &head.method, &head.uri, &head.headers, &body);
    let (method, address) = (head.method.as_str(), head.uri.to_string());
    let is_of = |it: &&Refusal| method.contains(it.method) && address.contains(&it.address);
    let refused = contents.refusals.iter().find(is_of).map(|it| (it.status, it.code));
    let answer = match (refused, &signed) {
        (Some(refusal), _) => Err(refusal),
        (_, None) => Err((403, "AccessDenied")),
        (_, Some(signed)) if signed.access_key_id != ACCESS_KEY_ID => {
            Err((403, "InvalidAccessKeyId"))
        }
        (_, Some(signed)) if !is_by(signed) => Err((403, "SignatureDoesNotMatch")),
        _ => contents.serve(&head.method, head.uri.path(), head.uri.query(), &head.headers, &body),
    };
    answer.unwrap_or_else(|(status, code)| {
        // As AWS does, it says who asked, and what should have been signed.
        let text = format!(
            "<Error><Code>{code}</Code><Message>no</Message><AWSAccessKeyId>{ACCESS_KEY_ID}\
             </AWSAccessKeyId><StringToSign>SIGNED-TEXT</StringToSign></Error>"
        );
        let body = if head.method == Method::HEAD { String::new() } else { text };
        (StatusCode::from_u16(status).unwrap(), body).into_response()
    })
}

impl Contents {
    fn serve(
        &mut self,
        method: &Method,
        path: &str,
        query: Option<&str>,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Answer {
        let query: BTreeMap<&str, &str> = query
            .unwrap_or_default()
            .split('&')
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .collect();
        if !path.starts_with(&format!("/{BUCKET}/")) {
            return Err((404, "NoSuchBucket"));
        }
        self.came.push(body.clone());
        match (method.as_str(), query.get("uploadId").copied()) {
            ("POST", None) if query.contains_key("uploads") => {
                let id = format!("upload{}", self.asked.len());
                let upload = Upload { path: path.to_owned(), ..Upload::default() };
                self.uploads.insert(id.clone(), upload);
                Ok(xml("InitiateMultipartUploadResult", &format!("<UploadId>{id}</UploadId>")))
            }
            ("PUT", Some(id)) => {
                let upload = self.upload(id, path)?;
                let number = query["partNumber"].parse().unwrap();
                upload.parts.insert(number, body.clone());
                Ok(stored(false))
            }
            ("POST", Some(id)) => self.complete(id, path, body),
            ("DELETE", Some(id)) => {
                self.upload(id, path)?;
                self.uploads.remove(id);
                Ok(StatusCode::NO_CONTENT.into_response())
            }
            ("PUT", None) => {
                self.objects.insert(path.to_owned(), body.to_vec());
                Ok(stored(self.keeps_versions))
            }
            ("DELETE", None) => {
                if !self.keeps_deleted {
                    self.objects.remove(path);
                }
                Ok(StatusCode::NO_CONTENT.into_response())
            }
            ("GET" | "HEAD", None) => self.get(path, headers),
            _ => Err((400, "InvalidRequest")),
        }
    }

    fn upload(&mut self, id: &str, path: &str) -> Result<&mut Upload, (u16, &'static str)> {
        let upload = self.uploads.get_mut(id).filter(|upload| upload.path == path);
        upload.ok_or((404, "NoSuchUpload"))
    }

    fn complete(&mut self, id: &str, path: &str, body: &Bytes) -> Answer {
        let upload = self.upload(id, path)?;
        let (parts, named) = (&upload.parts, str::from_utf8(body).unwrap());
        let is_named = |number: &usize| named.contains(&format!("<PartNumber>{number}<"));
        if parts.is_empty() || !parts.keys().all(is_named) {
            return Err((400, "InvalidPart"));
        }
        let sizes: Vec<usize> = parts.values().map(Bytes::len).collect();
        let whole = &sizes[..sizes.len() - 1];
        if whole.iter().any(|size| *size < PART_BYTES_MIN || *size != sizes[0]) {
            return Err((400, "EntityTooSmall"));
        }
        let object: Vec<u8> = parts.values().flatten().copied().collect();
        self.uploads.remove(id);
        self.objects.insert(path.to_owned(), object);
        Ok(xml("CompleteMultipartUploadResult", "<ETag>\"2\"</ETag>"))
    }

    fn get(&self, path: &str, headers: &HeaderMap) -> Answer {
        let object = self.objects.get(path).ok_or((404, "NoSuchKey"))?;
        let Some(range) = headers.get(header::RANGE) else {
            return Ok(([(header::ETAG, "\"1\"")], object.clone()).into_response());
        };
        let range = range.to_str().unwrap().strip_prefix("bytes=").unwrap();
        let (first, last) = range.split_once('-').unwrap();
        let first: usize = first.parse().unwrap();
        let end = object.len().min(last.parse::<usize>().unwrap() + 1);
        if first >= end {
            return Err((416, "InvalidRange"));
        }
        let range = format!("bytes {first}-{}/{}", end - 1, object.len());
        let headers = [(header::CONTENT_RANGE, range), (header::ETAG, "\"1\"".to_owned())];
        let part = object[first..end].to_vec();
        Ok((StatusCode::PARTIAL_CONTENT, headers, part).into_response())
    }
}

fn stored(keeps_versions: bool) -> Response {
    let mut answer = [(header::ETAG, "\"1\"")].into_response();
    if keeps_versions {
        answer.headers_mut().insert("x-amz-version-id", "3HL4kqtJlcpXroDTDmJ".parse().unwrap());
    }
    answer
}

fn xml(name: &str, content: &str) -> Response {
    format!("<?xml version=\"1.0\"?><{name}>{content}</{name}>").into_response()
}
