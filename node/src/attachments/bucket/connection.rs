//! The connections to the store: HTTP/1.1 over TLS, trusted as the system trusts. Loopback alone is
//! spoken to without.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use http_body_util::{BodyExt as _, Limited};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connect, HttpConnector as TcpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody,
    HttpResponse, HttpResponseBody, HttpService,
};

use super::fault::BucketFault;

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a connection that nothing goes over is kept.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Most bytes of an answer: a sealed piece, with room.
const ANSWER_BYTES_MAX: usize = 2 << 20;

/// Makes requests over connections that are kept for the next ones.
#[derive(Debug, Clone)]
pub struct Connection(HttpClient);

impl Connection {
    /// A client; the certificates of the system's authorities are read if it `is_encrypted`.
    ///
    /// # Errors
    /// [`BucketFault::Authorities`].
    pub fn new(is_encrypted: bool) -> Result<Self, BucketFault> {
        let mut tcp = TcpConnector::new();
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        tcp.enforce_http(!is_encrypted);
        if !is_encrypted {
            return Ok(Self::over(tcp));
        }
        let trusting = HttpsConnectorBuilder::new().with_native_roots();
        let trusting = trusting.map_err(BucketFault::Authorities)?;
        Ok(Self::over(trusting.https_only().enable_http1().wrap_connector(tcp)))
    }

    fn over<C: Connect + Clone + Send + Sync + 'static>(connector: C) -> Self {
        let mut client = Client::builder(TokioExecutor::new());
        client.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE_TIMEOUT);
        Self(HttpClient::new(Service(client.build(connector))))
    }
}

impl HttpConnector for Connection {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(self.0.clone())
    }
}

struct Service<C>(Client<C, HttpRequestBody>);

impl<C> fmt::Debug for Service<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Service").finish_non_exhaustive()
    }
}

#[async_trait]
impl<C: Connect + Clone + Send + Sync + 'static> HttpService for Service<C> {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let answer = self.0.request(request).await.map_err(|error| {
            let is_connect = error.is_connect();
            let kind = if is_connect { HttpErrorKind::Connect } else { HttpErrorKind::Interrupted };
            HttpError::new(kind, error)
        })?;
        Ok(answer.map(|body| {
            let body = Limited::new(body, ANSWER_BYTES_MAX);
            let broken = |error| HttpError::new_boxed(HttpErrorKind::Interrupted, error);
            HttpResponseBody::new(body.map_err(broken))
        }))
    }
}
