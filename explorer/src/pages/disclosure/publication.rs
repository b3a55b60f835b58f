//! One publication: its core metadata, files, figures, what it meets and what corrects it.

use askama::Template;
use axum::extract::{Path, State};
use minglian_contracts::disclosure::obligation::IndexNumber;
use minglian_contracts::disclosure::publication::{
    Attached, AttachmentClass, Change, Metadata, Openness, PUBLICATIONS, Publication, Validity,
};
use minglian_ledger::organization_code::OrganizationCode;

use super::{ObligationRow, link, obligations};
use crate::index::mirror::Mirror;
use crate::index::read;
use crate::pages::address;
use crate::web::{App, Frame, PageError, PageResult};
use minglian_contracts::words::Names;

/// A file of a publication.
struct File {
    hash: String,
    class: &'static str,
    is_public: bool,
}

/// A printed figure.
struct FigureRow {
    label: String,
    measure: &'static str,
    printed: String,
}

#[derive(Template)]
#[template(path = "publication.html")]
struct PublicationPage {
    frame: Frame,
    organization: String,
    organization_code: String,
    metadata: Metadata,
    keywords: String,
    validity: &'static str,
    openness: &'static str,
    recorded_on: String,
    record: i64,
    files: Vec<File>,
    figures: Vec<FigureRow>,
    compared: String,
    changes: Vec<Change>,
    corrects: Option<(String, String)>,
    corrected_by: Option<(String, String)>,
    meets: Vec<ObligationRow>,
}

/// `GET /disclosures/{organization}/{number}`.
pub async fn publication(
    State(app): State<App>,
    Path((organization, number)): Path<(String, String)>,
) -> PageResult {
    let unknown = || PageError::NotFound(format!("公开信息“{number}”"));
    let code: OrganizationCode = organization.parse().map_err(|_| unknown())?;
    let index_number = IndexNumber::new(number.as_str()).map_err(|_| unknown())?;
    let missing = unknown();
    app.page(move |connection, frame| {
        let found = PUBLICATIONS.get(&Mirror(connection), &(code, index_number.clone()))?;
        let found = found.ok_or(missing)?;
        let rest = "WHERE o.holder = ?1 AND o.publication = ?2 ORDER BY o.due_on, o.id LIMIT 50";
        // What a correction meets is what the first publication met.
        let first = found.meets.first().and_then(|_| first(connection, &code, &found));
        let number = first.unwrap_or(index_number).to_string();
        let values = vec![code.to_string().into(), number.into()];
        let meets = obligations(connection, rest, values, frame.today)?;
        let name = read::names(connection).organization(&code);
        Ok(page(frame, name, &code, found, meets))
    })
    .await
}

/// The publication at the beginning of a chain of corrections; as long as those are few.
fn first(
    connection: &crate::database::Connection,
    code: &OrganizationCode,
    found: &Publication,
) -> Option<IndexNumber> {
    let mut earlier = found.corrects.clone();
    for _ in 0..CORRECTIONS_MAX {
        let number = earlier.clone()?;
        let next =
            PUBLICATIONS.get(&Mirror(connection), &(*code, number.clone())).ok().flatten()?;
        match next.corrects {
            Some(corrects) => earlier = Some(corrects),
            None => return Some(number),
        }
    }
    None
}

/// How far a chain of corrections is followed.
const CORRECTIONS_MAX: usize = 64;

fn page(
    frame: Frame,
    organization: String,
    code: &OrganizationCode,
    found: Publication,
    meets: Vec<ObligationRow>,
) -> PublicationPage {
    let Publication { metadata, attachments, figures, corrects, corrected_by, changes, .. } = found;
    let named = |number: Option<IndexNumber>| {
        number.map(|number| (link(code.as_str(), number.as_str()), number.to_string()))
    };
    let figure = |figure: &minglian_contracts::disclosure::figure::Figure| FigureRow {
        label: figure.label.to_string(),
        measure: minglian_contracts::report::words::measure(figure.measure),
        printed: figure.printed(),
    };
    let keywords: Vec<&str> = metadata.keywords.iter().map(|word| word.as_str()).collect();
    let number = metadata.index_number.to_string();
    let asked = [("holder", code.as_str()), ("publication", number.as_str())];
    PublicationPage {
        frame,
        organization,
        organization_code: code.to_string(),
        keywords: keywords.join("、"),
        validity: match metadata.validity {
            Validity::InForce => "有效",
            Validity::Expired => "失效",
            Validity::Repealed => "废止",
        },
        openness: match metadata.openness {
            Openness::Proactive => "主动公开",
            Openness::OnRequest => "依申请公开",
        },
        recorded_on: found.recorded_on.to_string(),
        record: i64::try_from(found.record.0).unwrap_or(i64::MAX),
        files: attachments.iter().map(file).collect(),
        figures: figures.iter().map(figure).collect(),
        compared: address("/reports/declared", &asked),
        changes,
        corrects: named(corrects),
        corrected_by: named(corrected_by),
        meets,
        metadata,
    }
}

fn file(attached: &Attached) -> File {
    let class = match attached.class {
        AttachmentClass::Public => "公开",
        AttachmentClass::Restricted => "限定范围",
        AttachmentClass::Personal => "含个人信息,不公开",
    };
    let is_public = attached.class == AttachmentClass::Public;
    File { hash: attached.hash.to_string(), class, is_public }
}
