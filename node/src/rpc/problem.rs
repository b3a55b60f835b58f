//! Refusals of the HTTP interface: `application/problem+json` with a stable code.

use std::fmt;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use minglian_client::Problem;
use minglian_ledger::state::StateError;
use minglian_ledger::store::StoreError;

use crate::attachments::KeepFault;
use crate::attachments::openings::OpeningFault;
use crate::chain::ChainError;
use crate::checkpoints::CheckpointsError;
use crate::derived::DerivedError;

/// Declares [`Kind`] with status, code and sentences from one table.
macro_rules! kinds {
    ($($name:ident $status:ident $code:literal $english:literal $chinese:literal)*) => {
        /// What kind of refusal it is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind {
            $(#[doc = $english] $name,)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            /// The stable name.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            const fn english(self) -> &'static str {
                match self { $(Self::$name => $english,)* }
            }

            const fn chinese(self) -> &'static str {
                match self { $(Self::$name => $chinese,)* }
            }
        }
    };
}

kinds! {
    BadRequest BAD_REQUEST "bad_request"
        "the request does not read" "请求无法解析"
    NotFound NOT_FOUND "not_found"
        "there is no such thing" "没有该内容"
    MethodNotAllowed METHOD_NOT_ALLOWED "method_not_allowed"
        "this address is not used in that way" "该地址不支持此操作"
    Uncertified CONFLICT "uncertified"
        "the chain has no certified block yet" "链上尚无经共识确认的区块"
    TooLarge PAYLOAD_TOO_LARGE "too_large"
        "the request is larger than the limit" "请求超出大小上限"
    UnsupportedMedia UNSUPPORTED_MEDIA_TYPE "unsupported_media_type"
        "the body is neither JSON nor bytes" "请求体须为 JSON 或二进制"
    WrongType UNSUPPORTED_MEDIA_TYPE "wrong_type"
        "the bytes are not of a type that is taken" "文件内容与声明的类型不符或类型不受理"
    Unsigned FORBIDDEN "unsigned"
        "the deposit is not signed by a live key of its organisation"
        "未由本单位有效密钥签署"
    NotPublic FORBIDDEN "not_public"
        "it is not public" "该内容不公开"
    NotPublicYet FORBIDDEN "not_public_yet"
        "it becomes public when an act that names it takes effect" "引用该内容的业务生效后才公开"
    NotReader FORBIDDEN "not_reader"
        "the signed question does not let its officer read it" "签署的查阅请求无效或无权查阅"
    NotNamed CONFLICT "not_named"
        "no record of the organisation names it" "没有本单位的记录引用该内容"
    Erased GONE "erased"
        "it was erased by an order on the ledger" "该内容已按链上指令删除"
    Mismatch UNPROCESSABLE_ENTITY "mismatch"
        "what came is not what its hash says" "内容与哈希不符"
    PersonalNumber UNPROCESSABLE_ENTITY "personal_number"
        "the text holds what looks like a number of a natural person"
        "文字中含有疑似身份证号、银行卡号或手机号"
    NoRoom INSUFFICIENT_STORAGE "no_room"
        "there is no room for more, in all or of this organisation"
        "存储空间已满,或本单位保存的附件、内容已达上限"
    Damaged SERVICE_UNAVAILABLE "damaged"
        "the copy here is damaged and is being fetched from another node"
        "本节点副本已损坏,正从其他节点恢复"
    Away SERVICE_UNAVAILABLE "store_away"
        "the store of attachments does not answer; try again later"
        "附件存储暂不可用,请稍后再试"
    Range RANGE_NOT_SATISFIABLE "range"
        "there are no such bytes" "所请求的字节范围不存在"
    Slow REQUEST_TIMEOUT "slow_request"
        "the body comes too slowly" "请求体发送过慢"
    Busy SERVICE_UNAVAILABLE "busy"
        "the node answers as many requests as it can; try again in a moment"
        "节点繁忙,请稍后再试"
    Timeout GATEWAY_TIMEOUT "timeout"
        "the node could not answer in time" "节点未能及时答复"
    Stopped SERVICE_UNAVAILABLE "stopped"
        "the node is stopping" "节点正在停止"
    Internal INTERNAL_SERVER_ERROR "internal"
        "the node failed; its operator finds the reason in its log"
        "节点内部错误,原因见节点日志"
}

/// A refusal with the case at hand.
#[derive(Debug)]
pub struct Refusal {
    kind: Kind,
    detail: String,
}

impl Refusal {
    /// A refusal of a kind.
    pub fn new(kind: Kind, detail: impl fmt::Display) -> Self {
        Self { kind, detail: detail.to_string() }
    }

    /// The request does not read.
    pub fn bad(detail: impl fmt::Display) -> Self {
        Self::new(Kind::BadRequest, detail)
    }

    /// There is no such thing.
    pub fn absent(detail: impl fmt::Display) -> Self {
        Self::new(Kind::NotFound, detail)
    }

    /// The node failed: the reason goes to its log, not to the reader.
    pub fn internal(error: impl fmt::Display) -> Self {
        tracing::error!(%error, "a request failed");
        Self::new(Kind::Internal, "")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self { kind, detail } = self;
        let problem = Problem {
            kind: format!("urn:minglian:problem:{}", kind.code()),
            status: kind.status().as_u16(),
            code: kind.code().to_owned(),
            title: kind.english().to_owned(),
            title_zh: kind.chinese().to_owned(),
            detail,
        };
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let content = HeaderValue::from_static("application/problem+json");
        let mut response = (kind.status(), [(header::CONTENT_TYPE, content)], body).into_response();
        if kind == Kind::Busy {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl From<KeepFault> for Refusal {
    fn from(fault: KeepFault) -> Self {
        let kind = match &fault {
            fault if fault.is_damage() => Kind::Damaged,
            fault if fault.is_bucket() => {
                tracing::error!(%fault, "a request failed");
                return Self::new(Kind::Away, "");
            }
            fault if fault.is_operational() => return Self::internal(fault),
            KeepFault::Size { .. } => Kind::TooLarge,
            KeepFault::TypeNotTaken(_) | KeepFault::WrongType(_) => Kind::WrongType,
            KeepFault::WrongChain(_) | KeepFault::NotSigned(_) => Kind::Unsigned,
            KeepFault::NotHere => Kind::NotPublic,
            KeepFault::Erased(_) => Kind::Erased,
            KeepFault::NotNamed(_) | KeepFault::Others(_) => Kind::NotNamed,
            KeepFault::Mismatch | KeepFault::Opening(OpeningFault::Mismatch) => Kind::Mismatch,
            KeepFault::Opening(OpeningFault::PersonalNumber(_)) => Kind::PersonalNumber,
            KeepFault::NoRoom(_) => Kind::NoRoom,
            _ => Kind::BadRequest,
        };
        Self::new(kind, fault)
    }
}

macro_rules! internal {
    ($($error:ty)*) => {
        $(impl From<$error> for Refusal {
            fn from(error: $error) -> Self {
                Self::internal(error)
            }
        })*
    };
}

internal! {
    StoreError StateError DerivedError ChainError CheckpointsError std::io::Error serde_json::Error
}
