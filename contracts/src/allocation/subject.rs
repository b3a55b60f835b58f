//! The budget subject (政府收支分类科目) of a line, e.g. 2296002 for the welfare lottery's fund spent
//! on social welfare.
//!
//! A line has the subject that it was given, else its parent's. What a line is given may only be
//! narrower than what its parent has: a 项 within its 款, a 款 within its 类.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::state::StateRead;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use super::line::{self, LINES, LineName};
use super::{Event, check_date, require_inside};
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::schema::{self, State, Table};

/// Subjects that were given to lines.
pub const SUBJECTS: Table<LineName, Subject> = Table::new(schema::prefix::LINE_SUBJECTS);

/// How far up a line's subject is looked for.
pub const ANCESTORS_MAX: usize = 16;

/// 类 has three digits, 款 and 项 two more each.
const LENGTHS: [usize; 3] = [3, 5, 7];

/// A subject's code: 类 (3 digits), 款 (5) or 项 (7).
pub type Subject = Text<7>;

/// Gives a line its budget subject.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Classify {
    /// The line.
    pub line: LineName,
    /// The subject.
    pub subject: Subject,
    /// The day.
    pub occurred_on: Date,
}

/// Whether `text` has the form of a subject's code.
pub fn is_subject(text: &str) -> bool {
    LENGTHS.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The subject of a line: its own, or the nearest above it within [`ANCESTORS_MAX`] lines.
///
/// # Errors
/// A fault if the state cannot be read.
pub fn subject_of(reader: &dyn StateRead, name: &LineName) -> Result<Option<Subject>, Fault> {
    let mut name = name.clone();
    for _ in 0..ANCESTORS_MAX {
        if let Some(subject) = SUBJECTS.get(reader, &name)? {
            return Ok(Some(subject));
        }
        match LINES.get(reader, &name)?.and_then(|line| line.parent) {
            Some(parent) => name = parent,
            None => break,
        }
    }
    Ok(None)
}

pub(super) fn classify(
    classify: &Classify,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Classify { line: name, subject, occurred_on } = classify;
    check_date(context, *occurred_on)?;
    require_inside(state, context, &name.holder)?;
    if !is_subject(subject.as_str()) {
        return Err(Refusal::new(Code::SubjectInvalid, subject).into());
    }
    let line = line::find(state, name)?;
    if let Some(known) = SUBJECTS.get(state, name)? {
        let detail = format!("{} has {known}", name.line);
        return Err(Refusal::new(Code::SubjectDiffers, detail).into());
    }
    let above = match &line.parent {
        Some(parent) => subject_of(state, parent)?,
        None => None,
    };
    if let Some(above) = above.filter(|above| !subject.as_str().starts_with(above.as_str())) {
        let detail = format!("{subject}, the line above has {above}");
        return Err(Refusal::new(Code::SubjectDiffers, detail).into());
    }
    SUBJECTS.put(state, name, subject);
    context.emit(Event::Classified { line: name.clone(), subject: subject.clone() });
    Ok(())
}
