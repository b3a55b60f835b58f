//! What one column keeps off the ledger and no other one may say.

use super::{Maker, RowError};
use crate::desk::kept_apart;
use crate::desk::sheet::Cell;
use crate::desk::sheet::cells::{CellError, Opening};

impl Maker<'_> {
    /// Refuses a row that says elsewhere whom one of its columns keeps off the ledger.
    pub(super) fn keep_apart(&self, openings: &[Opening]) -> Result<(), RowError> {
        let columns = self.reading.form.columns.iter().zip(&self.layout.places);
        let written = columns.filter(|(column, _)| column.is_written());
        let places = written.filter_map(|(_, place)| place.map(|(place, _)| place));
        for place in places.chain(self.layout.reference) {
            let text = self.row.cells.get(place).map(Cell::text).unwrap_or_default();
            if openings.iter().any(|opening| kept_apart::holds(&text, &opening.text)) {
                return Err(self.refused(Some(place), CellError::Named.to_string()));
            }
        }
        Ok(())
    }
}
