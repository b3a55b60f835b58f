//! Every column of the database in one table: its name, its key, its value. RocksDB's bytes are
//! read and written only through these types.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::block::Header;
use crate::certificate::Certificate;
use crate::hash::{GenesisHash, StateBucketHash, TransactionId};
use crate::height::{Height, LogIndex};
use crate::log::LogHash;
use crate::state::Changes;
use crate::state::place::Place;
use crate::validators::ValidatorSet;

/// The version of this table. A database of another version is refused at open.
///
/// 1: the first. 2: state buckets split.
pub const FORMAT_VERSION: u32 = 2;

/// Heights for which undo entries are kept, so that state proofs of the recent past can be made.
pub const UNDO_HEIGHTS: u64 = 10_000;

/// A typed column.
pub trait Column {
    /// RocksDB column family.
    const NAME: &'static str;
    /// Its key.
    type Key;
    /// Its value.
    type Value;
    /// Key bytes, whose order is the order of keys.
    fn key(key: &Self::Key) -> Vec<u8>;
    /// Value bytes.
    fn value(value: &Self::Value) -> Vec<u8>;
    /// Reads a value back; `None` when the bytes are damaged.
    fn read(bytes: &[u8]) -> Option<Self::Value>;
}

/// Names all columns, in the order of this file.
pub const COLUMNS: [&str; 11] = [
    MetaColumn::NAME,
    HeaderColumn::NAME,
    CertificateColumn::NAME,
    LeafColumn::NAME,
    LogNodeColumn::NAME,
    StateColumn::NAME,
    BucketColumn::NAME,
    BucketHashColumn::NAME,
    UndoColumn::NAME,
    TransactionColumn::NAME,
    ValidatorsColumn::NAME,
];

/// Name of the column of derived entries (see [`crate::store`]).
pub const DERIVED: &str = "derived";

/// What the database is and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Meta {
    /// [`FORMAT_VERSION`] at creation.
    pub format_version: u32,
    /// The chain.
    pub genesis: GenesisHash,
    /// The last committed block.
    pub tip: Height,
}

/// A header with where its block's leaves begin.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct StoredHeader {
    /// The header.
    pub header: Header,
    /// The position of the block's first leaf.
    pub first_leaf: LogIndex,
}

macro_rules! column {
    ($(#[$doc:meta])* $type:ident, $name:literal, $key:ty, $value:ty,
     $to_key:expr, $to_value:expr, $read:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $type;

        impl Column for $type {
            const NAME: &'static str = $name;
            type Key = $key;
            type Value = $value;

            fn key(key: &$key) -> Vec<u8> {
                $to_key(key)
            }

            fn value(value: &$value) -> Vec<u8> {
                $to_value(value)
            }

            fn read(bytes: &[u8]) -> Option<$value> {
                $read(bytes)
            }
        }
    };
}

fn big_endian(height: &Height) -> Vec<u8> {
    height.0.to_be_bytes().to_vec()
}

fn encode<T: BorshSerialize>(value: &T) -> Vec<u8> {
    crate::transaction::encode(value)
}

fn decode<T: BorshDeserialize>(bytes: &[u8]) -> Option<T> {
    borsh::from_slice(bytes).ok()
}

fn as_is(bytes: &[u8]) -> Vec<u8> {
    bytes.to_vec()
}

column!(
    /// One entry: what this database is.
    MetaColumn, "meta", (), Meta, |_: &()| vec![0], encode, decode
);
column!(
    /// Headers by height.
    HeaderColumn, "headers", Height, StoredHeader, big_endian, encode, decode
);
column!(
    /// Certificates by height; this node's own, another node's may hold other signatures.
    CertificateColumn, "certificates", Height, Certificate, big_endian, encode, decode
);
column!(
    /// Leaves of the log by position.
    LeafColumn, "leaves", LogIndex, Vec<u8>,
    |index: &LogIndex| index.0.to_be_bytes().to_vec(), |v: &Vec<u8>| as_is(v),
    |bytes: &[u8]| Some(as_is(bytes))
);
column!(
    /// Hashes of complete subtrees of the log by level and position in the level.
    LogNodeColumn, "log_nodes", (u8, u64), LogHash,
    |&(level, index): &(u8, u64)| [&[level][..], &index.to_be_bytes()].concat(),
    |hash: &LogHash| hash.0.to_vec(),
    |bytes: &[u8]| bytes.try_into().ok().map(LogHash)
);
column!(
    /// The state: values by key.
    StateColumn, "state", Vec<u8>, Vec<u8>, |k: &Vec<u8>| as_is(k), |v: &Vec<u8>| as_is(v),
    |bytes: &[u8]| Some(as_is(bytes))
);
column!(
    /// State buckets and their parts by place.
    BucketColumn, "state_buckets", Place, Vec<u8>, Place::to_bytes, |v: &Vec<u8>| as_is(v),
    |bytes: &[u8]| Some(as_is(bytes))
);
column!(
    /// Hashes of state buckets at the top by their number, read once at start.
    BucketHashColumn, "state_bucket_hashes", u32, StateBucketHash,
    |index: &u32| index.to_be_bytes().to_vec(),
    |hash: &StateBucketHash| hash.0.to_vec(),
    |bytes: &[u8]| bytes.try_into().ok().map(StateBucketHash)
);
column!(
    /// The changes that undo a block, by height, for the last [`UNDO_HEIGHTS`].
    UndoColumn, "undo", Height, Changes, big_endian, encode, decode
);
column!(
    /// Positions of records by transaction id.
    TransactionColumn, "transactions", TransactionId, LogIndex,
    |id: &TransactionId| id.0.to_vec(), encode, decode
);
column!(
    /// Validator sets by the height of the header that named them; each certifies the heights
    /// after.
    ValidatorsColumn, "validators", Height, ValidatorSet, big_endian, encode, decode
);
