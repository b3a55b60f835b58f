//! A receipt for one person and one batch, printed on request: its text and its code open one
//! leaf. Whoever has the paper reads the amount, so it is folded or sealed.

use std::fmt::Write as _;

use minglian_ledger::fen::Fen;
use minglian_ledger::subsidy::identity_number::IdentityNumber;
use minglian_ledger::subsidy::pedersen::Amount;
use minglian_ledger::subsidy::receipt::{Receipt, ReceiptError};
use qrcode::{Color, EcLevel, QrCode};
use zeroize::Zeroizing;

use crate::bundle::verify;
use crate::bundle::{Bundle, BundleError};
use crate::roll::person::Identity;
use crate::roll::{Roll, RollError};

/// Empty modules around the code, as its standard asks for.
const QUIET: usize = 4;

/// Characters of a group of the printed text.
const GROUP: usize = 5;

/// Why there is no slip, or a receipt does not hold.
#[derive(Debug, thiserror::Error)]
pub enum SlipError {
    /// The batch.
    #[error(transparent)]
    Roll(#[from] RollError),
    /// Nobody of this number has a handle in the batch.
    #[error("the batch has no payment for this person 本批次没有此人的发放记录")]
    NotPaid,
    /// The batch is not made, or another took its place.
    #[error("this batch does not pay: it was not made, or another attempt took its place")]
    DoesNotPay,
    /// The code cannot be drawn.
    #[error("the receipt does not fit into a code")]
    Code,
    /// The files of the batch.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The receipt.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
}

/// The receipt of a person in a batch. A person who is paid nothing in it has one too: it proves
/// the nothing.
///
/// # Errors
/// [`SlipError`].
pub fn receipt(roll: &Roll, place: usize, identity: &IdentityNumber) -> Result<Receipt, SlipError> {
    let record = roll.batches.get(place).ok_or(SlipError::NotPaid)?;
    if !record.pays() {
        return Err(SlipError::DoesNotPay);
    }
    let wanted = Identity::of(identity);
    let found = roll.persons.iter().find(|(_, person)| person.identity == wanted);
    let (number, person) = found.ok_or(SlipError::NotPaid)?;
    let list = roll.list(record.name.programme, record.epoch).ok_or(SlipError::NotPaid)?;
    let handle = list.handles.iter().position(|handle| handle.as_ref() == Some(number));
    // Who joined the list after the batch was made has no leaf in it.
    let handle = handle.filter(|handle| *handle < record.amounts.0.len());
    let handle = handle.ok_or(SlipError::NotPaid)?;
    let amount = Amount(record.amounts.0.get(handle).copied().unwrap_or(0));
    let id = record.name.id();
    let index = u32::try_from(handle).map_err(|_| SlipError::NotPaid)?;
    Ok(Receipt::new(&id, index, amount, person.key().leaf_seed(&id)))
}

/// Checks a receipt against the files of its batch, with the number typed here.
///
/// # Errors
/// [`SlipError`].
pub fn check(
    receipt: &Receipt,
    bundle: &Bundle,
    identity: &IdentityNumber,
) -> Result<(), SlipError> {
    let leaf = verify::leaf(bundle, receipt.index)?;
    Ok(receipt.check(&bundle.manifest.batch, &leaf, identity)?)
}

/// The code of a receipt's text as SVG.
fn code(text: &str) -> Result<Zeroizing<String>, SlipError> {
    let code =
        QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| SlipError::Code)?;
    let width = code.width();
    let modules = code.to_colors();
    let size = width + 2 * QUIET;
    let mut svg = Zeroizing::new(String::new());
    let head = format!("<svg viewBox=\"0 0 {size} {size}\" role=\"img\"><path d=\"");
    svg.push_str(&head);
    for (y, row) in modules.chunks(width).enumerate() {
        for (x, _) in row.iter().enumerate().filter(|(_, module)| **module == Color::Dark) {
            // Writing to a String does not fail.
            let _ = write!(svg, "M{} {}h1v1h-1z", x + QUIET, y + QUIET);
        }
    }
    svg.push_str("\"/></svg>");
    Ok(svg)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// A page of A6 to print. It loads nothing. The name stands on it, the number does not.
///
/// # Errors
/// [`SlipError`].
pub fn page(
    roll: &Roll,
    place: usize,
    identity: &IdentityNumber,
) -> Result<Zeroizing<String>, SlipError> {
    let receipt = receipt(roll, place, identity)?;
    let record = roll.batches.get(place).ok_or(SlipError::NotPaid)?;
    let programme = roll.programme(record.name.programme, record.name.period)?;
    let wanted = Identity::of(identity);
    let person = roll.persons.values().find(|person| person.identity == wanted);
    let person = person.ok_or(SlipError::NotPaid)?;
    let text = receipt.to_text();
    let mut groups = Zeroizing::new(String::new());
    for (place, letter) in text.chars().enumerate() {
        if place > 0 && place % GROUP == 0 {
            groups.push(' ');
        }
        groups.push(letter);
    }
    let amount = Fen::new(u64::from(receipt.amount.0)).unwrap_or(Fen::ZERO);
    let mut page = Zeroizing::new(String::new());
    page.push_str(
        "<!doctype html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>回执</title>\
         <style>@page{size:A6;margin:8mm}body{font:10pt serif;margin:0}h1{font-size:13pt;\
         margin:0 0 2mm}svg{width:46mm;height:46mm;display:block;margin:1mm auto}\
         code{font-size:9pt;word-break:break-word}p{margin:1mm 0}\
         .fold{border-top:1px dashed #000;margin-top:2mm;padding-top:1mm;font-size:8pt}\
         </style></head><body>\n",
    );
    let _ = write!(
        page,
        "<h1>{} 发放回执 Receipt</h1>\n<p>{} · {} · 第 {} 号</p>\n<p>{} 元</p>\n",
        escape(&programme.name),
        escape(&person.details.name),
        record.name.period,
        receipt.index,
        amount,
    );
    page.push_str(&code(&text)?);
    let _ = write!(page, "\n<p><code>{}</code></p>\n", groups.as_str());
    page.push_str(
        "<p class=\"fold\">请对折保管。持有此纸的人可以看到金额。核验时在本机输入身份证号,号码不会发送。\
         Fold and keep: whoever holds this reads the amount. To check it, the identity number is \
         typed on the own machine and not sent.</p>\n</body></html>\n",
    );
    Ok(page)
}
