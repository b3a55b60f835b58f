//! Requests to a store, signed as AWS Signature Version 4 says, checked by themselves: from the
//! standard's text and not by the library that signs them.

use axum::http::{HeaderMap, Method, Uri};
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

const BLOCK_BYTES: usize = 64;

/// What a signed request says of who signed it, and how.
pub struct Signed<'a> {
    pub access_key_id: &'a str,
    scope: &'a str,
    headers: &'a str,
    signature: &'a str,
}

impl<'a> Signed<'a> {
    /// Reads `AWS4-HMAC-SHA256 Credential=ID/SCOPE, SignedHeaders=A;B, Signature=HEX`.
    pub fn read(headers: &'a HeaderMap) -> Option<Self> {
        let value = headers.get("authorization")?.to_str().ok()?;
        let mut parts = value.strip_prefix("AWS4-HMAC-SHA256 ")?.split(", ");
        let mut part = |name| parts.next()?.strip_prefix(name);
        let (access_key_id, scope) = part("Credential=")?.split_once('/')?;
        let (headers, signature) = (part("SignedHeaders=")?, part("Signature=")?);
        Some(Self { access_key_id, scope, headers, signature })
    }

    /// Whether the owner of `secret` signed exactly this request with this body.
    pub fn is_by(
        &self,
        secret: &str,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
    ) -> bool {
        let header = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap());
        let mut query: Vec<String> = uri
            .query()
            .unwrap_or_default()
            .split('&')
            .filter(|it| !it.is_empty())
            .map(|it| if it.contains('=') { it.to_owned() } else { format!("{it}=") })
            .collect();
        query.sort();
        let named: Vec<String> = self
            .headers
            .split(';')
            .map(|name| format!("{name}:{}\n", header(name).trim()))
            .collect();
        let digest = hex(&Sha256::digest(body));
        let request =
            [method.as_str(), uri.path(), &query.join("&"), &named.concat(), self.headers, &digest]
                .join("\n");
        let request = hex(&Sha256::digest(request));
        let text = ["AWS4-HMAC-SHA256", header("x-amz-date"), self.scope, &request].join("\n");
        let mut key = format!("AWS4{secret}").into_bytes();
        for part in self.scope.split('/') {
            key = hmac(&key, part.as_bytes());
        }
        let is_named = ["host", "x-amz-content-sha256", "x-amz-date"]
            .iter()
            .all(|name| self.headers.split(';').any(|it| it == *name));
        is_named
            && header("x-amz-content-sha256") == digest
            && hex(&hmac(&key, text.as_bytes())) == self.signature
    }
}

fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0; BLOCK_BYTES];
    if key.len() > BLOCK_BYTES {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let padded = |with: u8| block.map(|byte| byte ^ with);
    let inner = Sha256::digest([&padded(0x36), message].concat());
    Sha256::digest([&padded(0x5c)[..], &inner].concat()).to_vec()
}
