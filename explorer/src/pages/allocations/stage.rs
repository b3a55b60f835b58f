//! How far the money of quota lines is, as the contracts derive it from the mirrored state.

use minglian_contracts::allocation::LineName;
use minglian_contracts::allocation::status::Stage;
use minglian_contracts::book::{AccountId, Measure};
use minglian_contracts::project::line_status::line_status;

use super::Node;
use crate::database::Connection;
use crate::index::mirror::Mirror;
use crate::index::{IndexError, account};

/// The stage of the line whose account has this number; none for what is no quota line.
///
/// # Errors
/// [`IndexError`] if index or state cannot be read.
pub fn stage(connection: &Connection, number: i64) -> Result<Option<Stage>, IndexError> {
    let Some(AccountId::Line { holder, measure: Measure::Quota, fund, year, line }) =
        account::identity(connection, number)?
    else {
        return Ok(None);
    };
    let status = line_status(&Mirror(connection), &LineName { holder, fund, year, line })?;
    Ok(status.map(|status| status.stage))
}

/// The same lines with their stages.
pub(super) fn with_stages(
    connection: &Connection,
    mut nodes: Vec<Node>,
) -> Result<Vec<Node>, IndexError> {
    for node in &mut nodes {
        node.stage = stage(connection, node.id)?;
    }
    Ok(nodes)
}
