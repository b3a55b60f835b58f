//! Publications and corrections. Nothing that was published is ever edited: a correction is a
//! publication of its own that names the one it corrects, and what it changes.

use std::collections::BTreeSet;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::hash::AttachmentHash;
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use super::Event;
use super::duty;
use super::figure::{self, Figure};
use super::obligation::{self, Correction, IndexNumber, MET, Met, ObligationName, Source};
use crate::allocation::check_date;
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::schema::{self, State, Table};

/// Publications by organisation and index number.
pub const PUBLICATIONS: Table<(OrganizationCode, IndexNumber), Publication> =
    Table::new(schema::prefix::DISCLOSURE_FIRST + 6);

/// Most obligations that one publication meets.
pub const MEETS_MAX: usize = 16;

/// Most attachments of one publication.
pub const ATTACHMENTS_MAX: usize = 32;

/// Most keywords.
pub const KEYWORDS_MAX: usize = 10;

/// Most changes that one correction names.
pub const CHANGES_MAX: usize = 64;

/// Whether a document is in force (有效性).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Validity {
    /// 有效.
    InForce,
    /// 失效.
    Expired,
    /// 废止.
    Repealed,
}

/// How it is made public (公开方式).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Openness {
    /// 主动公开.
    Proactive,
    /// 依申请公开.
    OnRequest,
}

/// Who may get an attachment.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentClass {
    /// Everybody.
    Public,
    /// Organisations whose business it is.
    Restricted,
    /// It holds personal data.
    Personal,
}

/// A file of the publication: its content's name and who may get it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Attached {
    /// The file.
    pub hash: AttachmentHash,
    /// Who may get it.
    pub class: AttachmentClass,
}

/// The fourteen core metadata of published government information; see `docs/decisions/0013`.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Metadata {
    /// 索引号.
    pub index_number: IndexNumber,
    /// 名称.
    pub title: Text<256>,
    /// 内容概述; may be empty.
    pub summary: Text<1024>,
    /// 主题分类.
    pub topic: Text<96>,
    /// 关键词; may be empty.
    pub keywords: Vec<Text<48>>,
    /// 发布机构, in full.
    pub publisher: Text<192>,
    /// 文号; empty where there is none.
    pub document_number: Text<96>,
    /// 产生日期.
    pub produced_on: Date,
    /// 发布日期.
    pub published_on: Date,
    /// 有效性.
    pub validity: Validity,
    /// 公开方式.
    pub openness: Openness,
    /// 公开时限, e.g. 长期公开; may be empty.
    pub time_limit: Text<48>,
    /// 信息格式, e.g. PDF; may be empty.
    pub format: Text<32>,
    /// 语种; may be empty.
    pub language: Text<32>,
}

/// Something that is published.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Publish {
    /// What it is.
    pub metadata: Metadata,
    /// The obligations that it meets; none for what is published freely.
    pub meets: Vec<ObligationName>,
    /// Its files.
    pub attachments: Vec<Attached>,
    /// The figures that it prints.
    pub figures: Vec<Figure>,
}

/// One thing that a correction changes.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Change {
    /// What: a field, a row, a label.
    pub what: Text<128>,
    /// What stood there.
    pub old: Text<256>,
    /// What is right.
    pub new: Text<256>,
}

/// A correction (更正说明).
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Correct {
    /// The publication of the same organisation that it corrects, itself a correction or not.
    pub corrects: IndexNumber,
    /// What it changes; at least one thing.
    pub changes: Vec<Change>,
    /// What it is, with an index number of its own.
    pub metadata: Metadata,
    /// Its files.
    pub attachments: Vec<Attached>,
    /// All figures as they are right now, in place of those of what it corrects.
    pub figures: Vec<Figure>,
}

/// A publication.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Publication {
    /// What it is.
    pub metadata: Metadata,
    /// The obligations that it meets; a correction has those of what it corrects.
    pub meets: Vec<ObligationName>,
    /// Its files.
    pub attachments: Vec<Attached>,
    /// The figures that it prints.
    pub figures: Vec<Figure>,
    /// What it corrects.
    pub corrects: Option<IndexNumber>,
    /// What it changes in that.
    pub changes: Vec<Change>,
    /// What corrects it.
    pub corrected_by: Option<IndexNumber>,
    /// The day of the block that holds it.
    pub recorded_on: Date,
    /// Its record.
    pub record: LogIndex,
}

pub(super) fn publish(
    act: &Publish,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Publish { metadata, meets, attachments, figures } = act;
    check_new(metadata, attachments, figures, state, context)?;
    let names: BTreeSet<&ObligationName> = meets.iter().collect();
    if meets.len() > MEETS_MAX || names.len() != meets.len() {
        let detail = format!("{} named, {} different", meets.len(), names.len());
        return Err(Refusal::new(Code::ObligationsRepeated, detail).into());
    }
    for name in meets {
        meet(name, &metadata.index_number, state, context)?;
    }
    let publication = Publication {
        metadata: metadata.clone(),
        meets: meets.clone(),
        attachments: attachments.clone(),
        figures: figures.clone(),
        corrects: None,
        changes: Vec::new(),
        corrected_by: None,
        recorded_on: context.today(),
        record: context.index,
    };
    let index_number = metadata.index_number.clone();
    let key = (context.author.organization, index_number.clone());
    PUBLICATIONS.put(state, &key, &publication);
    let meets = u16::try_from(meets.len()).unwrap_or(u16::MAX);
    context.emit(Event::Published { index_number, meets });
    Ok(())
}

fn meet(
    name: &ObligationName,
    publication: &IndexNumber,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let ObligationName { rule, subject, period } = name;
    let (holder, today) = (context.author.organization, context.today());
    let detail = || format!("{rule} {subject} {period}");
    let found = obligation::find(state, &holder, name)?
        .filter(|found| !found.is_waived)
        .ok_or_else(|| Refusal::new(Code::ObligationUnknown, detail()))?;
    let (opens_on, due_on) = (found.period.opens_on, found.period.due_on);
    if today < opens_on {
        let detail = format!("{}: from {opens_on} on", detail());
        return Err(Refusal::new(Code::ObligationNotOpen, detail).into());
    }
    let key = (holder, name.clone());
    if let Some(met) = MET.get(state, &key)? {
        let detail = format!("{}: {}", detail(), met.publication);
        return Err(Refusal::new(Code::ObligationMet, detail).into());
    }
    let met = Met {
        publication: publication.clone(),
        published_on: today,
        due_on,
        version: found.version,
        correction: None,
    };
    MET.put(state, &key, &met);
    if let Source::Duty(before) = found.source {
        let mut duty = before.clone();
        duty.met = duty.met.saturating_add(1);
        duty::put(state, &(holder, rule.clone(), subject.clone()), Some(&before), &duty);
    }
    context.emit(Event::Met {
        obligation: name.clone(),
        version: found.version,
        due_on,
        days_late: u32::try_from(due_on.days_until(today)).unwrap_or(0),
        provisional: found.provisional,
    });
    Ok(())
}

pub(super) fn correct(
    act: &Correct,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Correct { corrects, changes, metadata, attachments, figures } = act;
    check_new(metadata, attachments, figures, state, context)?;
    check_changes(changes)?;
    let (holder, today) = (context.author.organization, context.today());
    let key = (holder, corrects.clone());
    let mut wrong = PUBLICATIONS
        .get(state, &key)?
        .ok_or_else(|| Refusal::new(Code::PublicationUnknown, corrects))?;
    if let Some(newer) = &wrong.corrected_by {
        let detail = format!("{corrects}, by {newer}");
        return Err(Refusal::new(Code::PublicationCorrected, detail).into());
    }
    let index_number = metadata.index_number.clone();
    for name in &wrong.meets {
        let key = (holder, name.clone());
        let Some(mut met) = MET.get(state, &key)? else { continue };
        let since = met.correction.map_or(today, |earlier| earlier.since);
        met.correction = Some(Correction { publication: index_number.clone(), since });
        MET.put(state, &key, &met);
    }
    let publication = Publication {
        metadata: metadata.clone(),
        meets: wrong.meets.clone(),
        attachments: attachments.clone(),
        figures: figures.clone(),
        corrects: Some(corrects.clone()),
        changes: changes.clone(),
        corrected_by: None,
        recorded_on: today,
        record: context.index,
    };
    let meets = u16::try_from(wrong.meets.len()).unwrap_or(u16::MAX);
    wrong.corrected_by = Some(index_number.clone());
    PUBLICATIONS.put(state, &key, &wrong);
    PUBLICATIONS.put(state, &(holder, index_number.clone()), &publication);
    context.emit(Event::Corrected { index_number, corrects: corrects.clone(), meets });
    Ok(())
}

fn check_changes(changes: &[Change]) -> Result<(), Refusal> {
    let is_empty = |change: &Change| change.what.is_empty() || change.old == change.new;
    if changes.is_empty() || changes.len() > CHANGES_MAX || changes.iter().any(is_empty) {
        let detail = format!("{} changes, {CHANGES_MAX} are the most", changes.len());
        return Err(Refusal::new(Code::CorrectionEmpty, detail));
    }
    Ok(())
}

/// What publications and corrections have in common: days, metadata, files, figures, and an index
/// number that is free.
fn check_new(
    metadata: &Metadata,
    attachments: &[Attached],
    figures: &[Figure],
    state: &State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Metadata { index_number, title, topic, keywords, publisher, .. } = metadata;
    let Metadata { produced_on, published_on, .. } = *metadata;
    check_date(context, published_on)?;
    if published_on < produced_on {
        let detail = format!("produced on {produced_on}, published on {published_on}");
        return Err(Refusal::new(Code::DateOrder, detail).into());
    }
    let is_missing = index_number.is_empty() || title.is_empty() || topic.is_empty();
    if is_missing || publisher.is_empty() || keywords.len() > KEYWORDS_MAX {
        let detail = format!("「{index_number}」「{title}」「{topic}」「{publisher}」");
        return Err(Refusal::new(Code::MetadataIncomplete, detail).into());
    }
    let files: BTreeSet<_> = attachments.iter().map(|attached| attached.hash.0).collect();
    if attachments.len() > ATTACHMENTS_MAX || files.len() != attachments.len() {
        let detail = format!("{} attachments, {} different", attachments.len(), files.len());
        return Err(Refusal::new(Code::AttachmentsInvalid, detail).into());
    }
    figure::check(figures)?;
    let key = (context.author.organization, index_number.clone());
    if PUBLICATIONS.contains(state, &key)? {
        return Err(Refusal::new(Code::IndexNumberTaken, index_number).into());
    }
    Ok(())
}
