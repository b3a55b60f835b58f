//! What a declared figure is compared with, and what came of it.

use super::printed::FigureUnit;

/// What the book says of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Derived {
    /// So many fen or pieces.
    Value(i128),
    /// So many fen or pieces by the lines that the organisation's own notice declares: the book has
    /// no entries of that year.
    Declared(i128),
    /// Nothing of the game's sales is stated; the notice's own sales times this ratio, in basis
    /// points.
    Ratio(u16),
    /// A part of a whole, in fen.
    Share {
        /// The part.
        part: i128,
        /// The whole.
        whole: i128,
    },
    /// The book has more entries of it than one answer reads.
    TooMany,
}

/// What became of one figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// What the book says.
    pub derived: Option<Derived>,
    /// Whether it was compared with anything: the book, or other figures of the notice.
    pub was_compared: bool,
    /// What contradicts it.
    pub contradictions: Vec<Contradiction>,
    /// Whether it agrees only because it is printed in round numbers, and with what.
    pub rounded_from: Option<i128>,
}

impl Compared {
    /// `agrees`, `differs`, or `not_derivable` where there is nothing to compare it with.
    pub fn verdict(&self) -> &'static str {
        match (self.contradictions.is_empty(), self.was_compared) {
            (false, _) => "differs",
            (true, true) => "agrees",
            (true, false) => "not_derivable",
        }
    }
}

/// What contradicts a printed figure. Amounts are in fen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contradiction {
    /// The book has another amount or number.
    Book {
        /// The book's.
        value: i128,
    },
    /// The book has another rate.
    BookRate {
        /// What was spent.
        part: i128,
        /// What was allocated.
        whole: i128,
    },
    /// The printed rate is not that of the notice's own figures.
    OwnRate {
        /// The printed part.
        part: i128,
        /// The printed whole.
        whole: i128,
        /// Of which whole the rate would be right, if of a round one.
        implied: Option<i128>,
        /// The whole's unit.
        unit: FigureUnit,
    },
    /// The printed fund is not that of the notice's own sales.
    OwnFund {
        /// The printed sales.
        sales: i128,
        /// The game's ratio, in basis points.
        basis_points: u16,
        /// The unit of the sales.
        unit: FigureUnit,
    },
    /// The figures that a printed total adds up come to something else.
    OwnTotal {
        /// What they come to.
        sum: i128,
    },
    /// A printed share is of another whole than the one it names.
    WrongBase {
        /// The whole that is named.
        named: String,
        /// The part.
        part: i128,
        /// The printed figure of the whole that is named.
        whole: i128,
        /// A whole of which it is right.
        right: Option<i128>,
        /// The part's unit.
        unit: FigureUnit,
    },
    /// An amount is negative.
    Negative,
    /// The label names another year than the figure's.
    YearLabel {
        /// The label's.
        named: u16,
        /// The figure's.
        year: u16,
    },
}
