//! QR codes as inline drawings.

use super::html::Html;
use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write as _;

/// The light frame that readers need, in modules.
const FRAME: usize = 4;
/// With more, the modules of a printed code get too small for a phone.
const MOST_BYTES: usize = 900;

/// A code that a phone reads from paper; `None` if the text is too long for one.
pub(super) fn code(text: &str, label: &str) -> Option<Html> {
    if text.len() > MOST_BYTES {
        return None;
    }
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let colors = code.to_colors();
    let mut path = String::new();
    for (y, row) in colors.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run.first() == Some(&Color::Dark) {
                let (x, y, length) = (x + FRAME, y + FRAME, run.len());
                // Writing to a string does not fail.
                let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
            }
            x += run.len();
        }
    }
    Some(Html::drawing(width + 2 * FRAME, &path, label))
}
