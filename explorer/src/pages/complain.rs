//! 举报与异议: anybody complains about a record, an organisation, a project or a charity's fund, and
//! an organisation relays it to the ledger ([`crate::window`]).
//!
//! The page is a form that works without a script. Its draft carries the ticket, so that sending
//! the
//! same form twice enters one complaint. What was typed comes back with every refusal, so nothing
//! is
//! lost; none of it stands in an address, a log or the index, and no answer may be kept.

pub mod ticket;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form};
use minglian_contracts::words::Names;
use minglian_ledger::personal_number::{self, PersonalNumber};
use serde::Deserialize;

use crate::index::read;
use crate::web::error::Shown;
use crate::web::{self, App, Frame, OwnPage, PageError};
use crate::window::Outcome;
use crate::window::about::{self, Missing, Subject};
use crate::window::ticket::Ticket;

/// Longest text in characters.
const TEXT_CHARACTERS_MAX: usize = 2_000;

/// Shortest text in characters: fewer say nothing that can be looked into.
const TEXT_CHARACTERS_MIN: usize = 10;

/// Longest contact in characters.
const CONTACT_CHARACTERS_MAX: usize = 100;

/// Largest body of the form: each character may be written as twelve bytes.
pub const FORM_BYTES_MAX: usize = 32 * 1_024;

/// What the reader came from.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    about: Option<String>,
}

/// What is typed. It has no `Debug`: what is printed cannot be erased.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    about: String,
    text: String,
    contact: String,
    draft: String,
}

/// Why a form is not taken, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    status: StatusCode,
    zh: String,
    en: String,
}

impl Fault {
    fn new(status: StatusCode, zh: &str, en: &str) -> Self {
        Self { status, zh: zh.to_owned(), en: en.to_owned() }
    }

    fn of_form(zh: &str, en: &str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, zh, en)
    }
}

#[derive(Template)]
#[template(path = "complain.html")]
struct FormPage {
    frame: Frame,
    is_open: bool,
    relay: String,
    typed: Typed,
    subject: Option<Subject>,
    fault: Option<Fault>,
}

#[derive(Template)]
#[template(path = "complain_ticket.html")]
struct TicketPage {
    frame: Frame,
    code: String,
    reference: String,
    subject: Option<Subject>,
    is_entered: bool,
}

/// `GET /complain`.
pub async fn form(State(app): State<App>, Query(asked): Query<Asked>) -> Response {
    let about = asked.about.unwrap_or_default();
    let typed = Typed { about, draft: Ticket::draw().code(), ..Typed::default() };
    shown(app, typed, None).await
}

/// `POST /complain`.
pub async fn send(
    State(app): State<App>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Response {
    match taken(&app, &headers, &typed).await {
        Ok(page) => private(page),
        Err(Refused::Fault(fault)) => shown(app, typed, Some(fault)).await,
        Err(Refused::Page(error)) => error.into_response(),
    }
}

/// Why nothing was taken.
enum Refused {
    Fault(Fault),
    Page(PageError),
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<PageError> for Refused {
    fn from(error: PageError) -> Self {
        Self::Page(error)
    }
}

async fn taken(app: &App, headers: &HeaderMap, typed: &Typed) -> Result<Response, Refused> {
    let window = app.window().ok_or_else(closed)?;
    if !is_of_this_site(headers) {
        return Err(Fault::new(
            StatusCode::FORBIDDEN,
            "没有收到:这份表单不是从本站页面提交的。请在本页重新提交。",
            "Not taken: the form did not come from a page of this site. Please send it from here.",
        )
        .into());
    }
    let text = text_of(typed)?;
    let ticket = Ticket::parse(&typed.draft).ok_or_else(|| {
        Fault::of_form(
            "没有收到:表单不完整,请重新打开本页再提交。",
            "Not taken: open the page anew.",
        )
    })?;
    let organization = window.organization;
    let (limits, reference) = (window.limits, ticket.reference());
    let wanted = typed.about.clone();
    let (subject, is_known, waiting) = app
        .reading(move |known| {
            let is_known = ticket::is_on_ledger(known, &organization, &reference)?;
            let waiting = ticket::waiting(known, &organization, limits.waiting_max)?;
            Ok((about::find(known, &wanted)?, is_known, waiting))
        })
        .await?;
    let subject = subject.map_err(missing)?;
    if is_known || window.keeps(&ticket) {
        return Ok(with_ticket(app, &ticket, Some(subject), is_known).await);
    }
    if waiting >= limits.waiting_max {
        return Err(fault_of(Outcome::Full).into());
    }
    let from = web::Asked::now().client;
    let outcome = window.take(&ticket, &subject, &text, from).await;
    match outcome {
        Outcome::Entered | Outcome::OnItsWay => {
            let is_entered = outcome == Outcome::Entered;
            Ok(with_ticket(app, &ticket, Some(subject), is_entered).await)
        }
        other => Err(fault_of(other).into()),
    }
}

/// The form, with what was typed and why it was not taken.
async fn shown(app: App, typed: Typed, fault: Option<Fault>) -> Response {
    let status = fault.as_ref().map_or(StatusCode::OK, |fault| fault.status);
    let relay = app.window().map(|window| window.organization);
    let page = app
        .page(move |connection, frame| {
            let subject = match typed.about.as_str() {
                "" => None,
                about => about::find(connection, about)?.ok(),
            };
            let names = read::names(connection);
            let name = relay.as_ref().map(|code| names.organization(code)).unwrap_or_default();
            Ok(FormPage { frame, is_open: relay.is_some(), relay: name, typed, subject, fault })
        })
        .await;
    match page {
        Ok(page) => private((status, page).into_response()),
        Err(error) => error.into_response(),
    }
}

/// The ticket, which is shown to the complainant and to nobody else.
async fn with_ticket(
    app: &App,
    ticket: &Ticket,
    subject: Option<Subject>,
    is_entered: bool,
) -> Response {
    let (code, reference) = (ticket.code(), ticket.reference().to_string());
    let page = app
        .clone()
        .page(move |_, frame| Ok(TicketPage { frame, code, reference, subject, is_entered }));
    page.await.into_response()
}

/// Nobody may keep the answer, and the error page does not replace it.
fn private(response: Response) -> Response {
    if response.extensions().get::<Shown>().is_some() {
        return response;
    }
    (Extension(OwnPage), [(header::CACHE_CONTROL, "no-store")], response).into_response()
}

/// What is to be handed over: what was typed, one line for the contact. Line ends are those of the
/// ledger.
fn text_of(typed: &Typed) -> Result<String, Fault> {
    let text = typed.text.replace("\r\n", "\n").replace(['\r', '\t'], " ");
    let (text, contact) = (text.trim(), typed.contact.trim());
    if text.chars().count() < TEXT_CHARACTERS_MIN {
        return Err(Fault::of_form(
            "没有提交:请写明反映的情况,至少十个字。",
            "Not sent: say what happened, in ten characters or more.",
        ));
    }
    let is_long = text.chars().count() > TEXT_CHARACTERS_MAX
        || contact.chars().count() > CONTACT_CHARACTERS_MAX;
    if is_long {
        return Err(Fault::of_form(
            "没有提交:正文最多两千字,联系方式最多一百字。",
            "Not sent: at most 2,000 characters, and 100 for how to reach you.",
        ));
    }
    let is_shown = |it: char| !it.is_control() || it == '\n';
    if !text.chars().all(is_shown) || contact.chars().any(char::is_control) {
        return Err(Fault::of_form(
            "没有提交:文字里有不能显示的控制字符,请删去后再提交。",
            "Not sent: the text holds a control character; please take it out.",
        ));
    }
    if let Some(number) =
        personal_number::suspect(text).or_else(|| personal_number::suspect(contact))
    {
        return Err(personal(number));
    }
    let contact = if contact.is_empty() { "未留" } else { contact };
    Ok(format!("{text}\n\n联系方式:{contact}"))
}

fn personal(number: PersonalNumber) -> Fault {
    let (zh, en) = match number {
        PersonalNumber::IdentityCard => ("身份证号", "an identity card number"),
        PersonalNumber::BankCard => ("银行卡号", "a bank card number"),
        PersonalNumber::MobilePhone => ("手机号", "a mobile phone number"),
    };
    Fault::of_form(
        &format!("没有提交:文字里像是有{zh}。为保护您和他人,请删去这串数字后再提交。"),
        &format!("Not sent: the text seems to hold {en}. Please take it out and send again."),
    )
}

fn closed() -> Refused {
    Fault::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "本站没有开通在线受理,没有提交。",
        "This site relays no complaints. Nothing was sent.",
    )
    .into()
}

fn missing(missing: Missing) -> Fault {
    match missing {
        Missing::Unknown => Fault::of_form(
            "没有提交:账本上找不到您要反映的对象。请填账目序号、机构名称或代码、项目编号。",
            "Not sent: the ledger knows no such entry, organisation or project.",
        ),
        Missing::Handler => Fault::of_form(
            "没有提交:账本上没有可以办理的民政部门或审计机关(被反映单位自己不能办理)。",
            "Not sent: no civil-affairs department or audit office on this ledger may handle it.",
        ),
    }
}

fn fault_of(outcome: Outcome) -> Fault {
    let unavailable = StatusCode::SERVICE_UNAVAILABLE;
    match outcome {
        Outcome::Refused(zh, en) => {
            let (zh, en) = (format!("没有提交:{zh}。"), format!("Not entered: {en}."));
            Fault::of_form(&zh, &en)
        }
        Outcome::Unreachable => Fault::new(
            unavailable,
            "没有提交:账本节点暂时连不上。您写的内容还在下面,请过一会儿再提交。",
            "Not sent: the node cannot be reached. What you wrote is still here; try again later.",
        ),
        Outcome::TooMany => Fault::new(
            StatusCode::TOO_MANY_REQUESTS,
            "没有提交:一小时内提交的太多。您写的内容还在下面,请过一小时再提交。",
            "Not sent: too many within an hour. What you wrote is still here; try in an hour.",
        ),
        Outcome::Full => Fault::new(
            unavailable,
            "没有提交:等待处理的举报太多。您写的内容还在下面,请改日再提交,或直接向办理单位反映。",
            "Not sent: too many are waiting. What you wrote is still here; try another day.",
        ),
        _ => Fault::new(
            unavailable,
            "没有提交:受理窗口暂时不能用。您写的内容还在下面,请过一会儿再提交。",
            "Not sent: the window does not work at the moment. What you wrote is still here.",
        ),
    }
}

/// Whether the form was sent from a page of this site. There is no cookie that another site could
/// misuse, but its readers could be made to complain: so a browser has to say where a form is from.
fn is_of_this_site(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin";
    }
    let authority = text(header::ORIGIN).and_then(|origin| origin.split_once("://"));
    authority
        .zip(text(header::HOST))
        .is_some_and(|((_, origin), host)| origin.eq_ignore_ascii_case(host))
}
