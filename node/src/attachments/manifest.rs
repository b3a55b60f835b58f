//! What stands beside each attachment: the deposit under which it came, and hashes of its pieces,
//! by which damage shows before a damaged byte is handed out.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::deposit::{Class, Content, Deposit, MediaType};
use minglian_ledger::hash::{AttachmentHash, AttachmentHasher};
use minglian_ledger::height::Height;
use minglian_ledger::organization_code::OrganizationCode;

/// Bytes of a piece; the last one may be shorter.
pub const PIECE_BYTES: u64 = 1 << 20;

/// What is known of an attachment that is here.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Manifest {
    /// The deposit under which it came.
    pub deposit: Deposit,
    /// The height at which it came here.
    pub received_at: Height,
    /// Hashes of its pieces, each as of an attachment of its own.
    pub pieces: Vec<AttachmentHash>,
}

/// An attachment as its deposit describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Description {
    /// Its name.
    pub hash: AttachmentHash,
    /// What it is.
    pub media_type: MediaType,
    /// Its size in bytes.
    pub bytes: u64,
    /// Who may see it.
    pub class: Class,
    /// Whose it is.
    pub organization: OrganizationCode,
}

impl Description {
    /// What a deposit says, if it is of an attachment.
    pub fn of(deposit: &Deposit) -> Option<Self> {
        let body = &deposit.body;
        let Content::Attachment { hash, media_type, bytes } = body.content else { return None };
        let (class, organization) = (body.class, body.organization);
        Some(Self { hash, media_type, bytes, class, organization })
    }

    /// How many pieces it has.
    pub fn pieces(&self) -> u64 {
        self.bytes.div_ceil(PIECE_BYTES)
    }
}

/// Hashes an attachment as it comes, whole and by pieces.
#[derive(Clone, Default)]
pub struct PieceHasher {
    whole: AttachmentHasher,
    piece: AttachmentHasher,
    in_piece: u64,
    bytes: u64,
    pieces: Vec<AttachmentHash>,
}

impl PieceHasher {
    /// Adds the next bytes.
    pub fn update(&mut self, mut bytes: &[u8]) {
        self.whole.update(bytes);
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        while !bytes.is_empty() {
            let room = usize::try_from(PIECE_BYTES - self.in_piece).unwrap_or(usize::MAX);
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.piece.update(now);
            self.in_piece += now.len() as u64;
            if self.in_piece == PIECE_BYTES {
                self.end_piece();
            }
            bytes = later;
        }
    }

    /// Bytes so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The name of what came, and the hashes of its pieces.
    pub fn finish(mut self) -> (AttachmentHash, Vec<AttachmentHash>) {
        if self.in_piece > 0 {
            self.end_piece();
        }
        (self.whole.finish(), self.pieces)
    }

    fn end_piece(&mut self) {
        self.pieces.push(std::mem::take(&mut self.piece).finish());
        self.in_piece = 0;
    }
}
