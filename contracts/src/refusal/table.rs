//! What the table of refusals becomes: an enum that knows its sentences.

/// Declares [`Code`] with its number, sentences and article from one table.
macro_rules! codes {
    ($($number:literal $name:ident $english:literal $chinese:literal $article:literal)*) => {
        /// A numbered refusal.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u32)]
        pub enum Code {
            $(#[doc = $english] $name = $number,)*
        }

        impl Code {
            /// Every refusal, ascending by number within its group.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable number, as it stands in receipts.
            pub const fn number(self) -> u32 {
                self as u32
            }

            /// The refusal with this number.
            pub fn from_number(number: u32) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.number() == number)
            }

            /// What is refused, in one English sentence without its full stop.
            pub const fn english(self) -> &'static str {
                match self { $(Self::$name => $english,)* }
            }

            /// The same in Chinese.
            pub const fn chinese(self) -> &'static str {
                match self { $(Self::$name => $chinese,)* }
            }

            /// The article behind the rule; empty where the rule is the ledger's own.
            pub const fn article(self) -> &'static str {
                match self { $(Self::$name => $article,)* }
            }

            /// The name in scenarios and JSON.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
        }
    };
}
