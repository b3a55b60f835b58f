//! Answers that are files and not pages, such as feeds.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// A file that is not a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its media type.
    pub media_type: &'static str,
    /// Under which name it is kept, if it is to be kept rather than shown.
    pub file_name: Option<String>,
    /// What is in it.
    pub body: String,
}

impl IntoResponse for Document {
    fn into_response(self) -> Response {
        let name = self.file_name.map(|name| format!("attachment; filename=\"{name}\""));
        let disposition = name.unwrap_or_else(|| "inline".to_owned());
        let headers =
            [("content-type", self.media_type.to_owned()), ("content-disposition", disposition)];
        (StatusCode::OK, headers, self.body).into_response()
    }
}
