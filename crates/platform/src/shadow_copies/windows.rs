//! Shadow copies of the Volume Shadow Copy Service, which writers freeze their files for, and which
//! go with the object that made them, or with the process.

mod failure;
mod set;
mod volumes;
mod vssapi;

use super::{Failure, Reason};
use crate::com::{self, Apartment};
use std::{
    path::{Path, PathBuf},
    sync::mpsc::{Sender, channel},
    thread::{self, JoinHandle},
};
use volumes::{Located, locate};
use windows::core::HSTRING;

type Answer = Result<Vec<Result<PathBuf, Failure>>, Failure>;

/// The thread that keeps the copies: what made them cannot leave it.
#[derive(Debug, Default)]
pub(super) struct Hold {
    /// Hears of a good end. Closed, it says that the reading failed.
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Hold {
    pub(super) fn finish(self) {
        if let Some(end) = &self.end {
            // A thread that is not there any more keeps nothing.
            let _ = end.send(());
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.end = None;
        if let Some(thread) = self.thread.take() {
            // What it has to tell it told.
            let _ = thread.join();
        }
    }
}

pub(super) fn make(
    folders: &[&Path],
    is_cancelled: Box<dyn Fn() -> bool + Send>,
) -> (Vec<Result<PathBuf, Failure>>, Hold) {
    let located: Vec<_> = folders.iter().map(|folder| locate(folder)).collect();
    let volumes = distinct(&located);
    if volumes.is_empty() {
        let places = located.into_iter().map(|place| place.and_then(|_| gone()));
        return (places.collect(), Hold::default());
    }
    let (answer, answered) = channel();
    let (end, ended) = channel();
    let wanted = volumes.clone();
    let thread = thread::spawn(move || {
        let _apartment = Apartment::enter();
        com::let_services_call();
        match set::make(&wanted, &*is_cancelled) {
            Ok(made) => {
                let _ = answer.send(Ok(made.devices));
                let is_read = ended.recv().is_ok();
                if let Some(set) = made.set.filter(|_| is_read) {
                    set.complete();
                }
            }
            Err(failure) => {
                let _ = answer.send(Err(failure));
            }
        }
    });
    let answer = answered
        .recv()
        .unwrap_or_else(|_| Err(failure::because(Reason::Failed)));
    let places = located
        .into_iter()
        .map(|place| place.and_then(|place| copy_of(&place, &volumes, &answer)))
        .collect();
    let hold = Hold {
        end: Some(end),
        thread: Some(thread),
    };
    (places, hold)
}

/// The volumes, each once, in the order of the folders.
fn distinct(located: &[Result<Located, Failure>]) -> Vec<HSTRING> {
    let mut volumes = Vec::new();
    for place in located.iter().flatten() {
        if !volumes.contains(&place.volume) {
            volumes.push(place.volume.clone());
        }
    }
    volumes
}

/// Where a folder lies in the copy of its volume.
fn copy_of(place: &Located, volumes: &[HSTRING], answer: &Answer) -> Result<PathBuf, Failure> {
    let devices = answer.as_ref().map_err(Clone::clone)?;
    let number = volumes.iter().position(|volume| *volume == place.volume);
    match number.and_then(|number| devices.get(number)) {
        Some(Ok(device)) => Ok(vssapi::inside(device, &place.rest)),
        Some(Err(failure)) => Err(failure.clone()),
        None => gone(),
    }
}

fn gone() -> Result<PathBuf, Failure> {
    Err(failure::because(Reason::Failed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(volume: &str, rest: &str) -> Located {
        Located {
            volume: HSTRING::from(volume),
            rest: PathBuf::from(rest),
        }
    }

    #[test]
    fn volumes_are_copied_once_and_folders_lie_in_the_copy_of_theirs() {
        let places = [
            Ok(place(r"C:\", "books")),
            Err(failure::because(Reason::Network)),
            Ok(place(r"D:\", "letters")),
            Ok(place(r"C:\", "mails")),
        ];
        let volumes = distinct(&places);
        assert_eq!(volumes, [HSTRING::from(r"C:\"), HSTRING::from(r"D:\")]);
        let unsupported = failure::because(Reason::UnsupportedVolume);
        let answer = Ok(vec![
            Ok(PathBuf::from(r"\\?\copy")),
            Err(unsupported.clone()),
        ]);
        let found = |place: &Located| copy_of(place, &volumes, &answer);
        assert_eq!(
            found(&place(r"C:\", "mails")),
            Ok(PathBuf::from(r"\\?\copy\mails"))
        );
        assert_eq!(found(&place(r"D:\", "letters")), Err(unsupported));
        let failed = failure::because(Reason::Busy);
        assert_eq!(
            copy_of(&place(r"C:\", ""), &volumes, &Err(failed.clone())),
            Err(failed)
        );
    }

    #[test]
    fn without_the_service_every_folder_says_so() {
        // Wine has the library, and nothing behind it.
        let folders = [Path::new(r"C:\windows"), Path::new(r"\\server\share")];
        let (places, hold) = make(&folders, Box::new(|| false));
        hold.finish();
        let reasons = places
            .iter()
            .map(|place| place.as_ref().err().map(|e| e.reason));
        assert!(
            reasons.eq([Some(Reason::UnsupportedSystem), Some(Reason::Network)]),
            "{places:?}"
        );
    }
}
