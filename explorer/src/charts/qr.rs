//! A QR code of an address, for printed pages: a phone finds the page behind the paper.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// Empty modules around the code, as its standard asks for.
const QUIET: usize = 4;

/// The code as SVG; none for an address that is longer than a code holds. Modules are one unit
/// wide, and each run of a row is one rectangle of the path, so the same address gives the same
/// bytes.
pub fn svg(address: &str, title: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(address, EcLevel::M).ok()?;
    let width = code.width();
    let modules = code.to_colors();
    let mut path = String::new();
    for (y, row) in modules.chunks(width).enumerate() {
        let mut x = 0;
        while x < width {
            let run = row[x..].iter().take_while(|module| **module == Color::Dark).count();
            if run > 0 {
                // Writing to a String does not fail.
                let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET);
            }
            x += run.max(1);
        }
    }
    let size = width + 2 * QUIET;
    Some(format!(
        "<svg class=\"qr\" role=\"img\" viewBox=\"0 0 {size} {size}\"><title>{title}</title>\
         <rect class=\"quiet\" width=\"{size}\" height=\"{size}\"/><path d=\"{path}\"/></svg>"
    ))
}
