//! Restart signals and the power switch.

#[cfg(not(windows))]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(not(windows))]
pub(crate) use linux::open;
#[cfg(windows)]
pub(crate) use windows::open;
/// What the people at the machine read, in the language of their system (such as `pl` or `pl_PL`);
/// the system adds the time.
fn restart_message(language: &str) -> &'static str {
    if language.starts_with("pl") {
        "Komputer zostanie uruchomiony ponownie, aby dokończyć instalację aktualizacji. \
         Zapisz swoją pracę."
    } else {
        "The computer will restart to finish installing updates. Please save your work."
    }
}
