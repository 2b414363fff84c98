//! Debian's package manager, spoken to through `apt-get`.

use std::path::Path;

mod apt;
mod listing;
mod outcome;
mod progress;

pub(crate) fn open(folder: Option<&Path>) -> apt::Apt {
    apt::Apt::new(folder)
}
