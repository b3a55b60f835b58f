//! What an organisation says of the offline verifier that explorers hand out, so that a reader can
//! tell whether the file that a site gave is the one that a bureau stands for.
//!
//! It is a publication like any other, and no rule knows of it: its index number begins with
//! [`NUMBERS`], its title states the file's SHA-256, and the file is attached. Whose statement
//! counts is for readers to decide; explorers count those of bureaus that run a validator.

use minglian_ledger::date::Date;
use minglian_ledger::hash::AttachmentHash;
use minglian_ledger::text::{Text, TextError};

use super::obligation::IndexNumber;
use super::publication::{
    Attached, AttachmentClass, Metadata, Openness, Publication, Publish, Validity,
};

/// What the index number of a statement begins with.
pub const NUMBERS: &str = "verify.html-";

/// The first text behind all that begin so.
pub const NUMBERS_END: &str = "verify.html.";

/// What stands in a title before the hash.
const TITLE: &str = "离线核验程序 verify.html SHA-256 ";

/// An offline verifier, by its hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfflineVerifier {
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Its name as an attachment.
    pub attachment: AttachmentHash,
}

impl OfflineVerifier {
    /// The statement of a day. An organisation makes one a day of the same file: the second has the
    /// same index number.
    ///
    /// # Errors
    /// [`TextError`] if `publisher`, the organisation's name, is longer than metadata hold.
    pub fn publish(&self, publisher: &str, on: Date) -> Result<Publish, TextError> {
        let digits = grouped(&self.sha256);
        let first = digits.split(':').next().unwrap_or_default();
        let index_number: IndexNumber = Text::new(format!("{NUMBERS}{on}-{first}"))?;
        let summary = "浏览器“核验中心”提供的离线核验程序。标题中是文件的SHA-256,每八位以冒号隔开;\
                       附件就是这个文件。";
        let metadata = Metadata {
            index_number,
            title: Text::new(format!("{TITLE}{digits}"))?,
            summary: Text::new(summary)?,
            topic: Text::new("离线核验程序")?,
            keywords: vec![Text::new("离线核验")?],
            publisher: Text::new(publisher)?,
            document_number: Text::default(),
            produced_on: on,
            published_on: on,
            validity: Validity::InForce,
            openness: Openness::Proactive,
            time_limit: Text::new("长期公开")?,
            format: Text::new("HTML")?,
            language: Text::new("中文、英文")?,
        };
        let file = Attached { hash: self.attachment, class: AttachmentClass::Public };
        Ok(Publish { metadata, meets: Vec::new(), attachments: vec![file], figures: Vec::new() })
    }

    /// Whether a publication states this file: its SHA-256, and the file itself attached.
    pub fn is_stated_by(&self, publication: &Publication) -> bool {
        let mut files = publication.attachments.iter();
        stated(publication) == Some(self.sha256) && files.any(|file| file.hash == self.attachment)
    }
}

/// The SHA-256 that a publication states; none if it states nothing of an offline verifier.
pub fn stated(publication: &Publication) -> Option<[u8; 32]> {
    let Metadata { index_number, title, .. } = &publication.metadata;
    let digits = title.as_str().strip_prefix(TITLE)?;
    let sha256 = ungrouped(digits)?;
    // One way to write a hash, so that no other text passes for it.
    let is_stated = index_number.as_str().starts_with(NUMBERS) && grouped(&sha256) == digits;
    is_stated.then_some(sha256)
}

/// The digits in groups of eight: the ledger refuses texts that may hold the number of a telephone
/// or of a card, and eight digits are too few for one.
fn grouped(sha256: &[u8; 32]) -> String {
    let (words, _) = sha256.as_chunks::<4>();
    let groups: Vec<String> =
        words.iter().map(|word| format!("{:08x}", u32::from_be_bytes(*word))).collect();
    groups.join(":")
}

fn ungrouped(digits: &str) -> Option<[u8; 32]> {
    let mut sha256 = [0_u8; 32];
    let (words, _) = sha256.as_chunks_mut::<4>();
    let mut groups = digits.split(':');
    for word in words {
        *word = u32::from_str_radix(groups.next()?, 16).ok()?.to_be_bytes();
    }
    groups.next().is_none().then_some(sha256)
}
