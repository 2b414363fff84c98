use std::{ffi::OsString, os::windows::ffi::OsStringExt, path::PathBuf};
use windows::{
    Win32::{
        System::Com::CoTaskMemFree,
        UI::Shell::{
            FOLDERID_ProgramData as PROGRAM_DATA, FOLDERID_ProgramFiles as PROGRAM_FILES,
            KF_FLAG_DEFAULT, SHGetKnownFolderPath,
        },
    },
    core::GUID,
};

pub(super) fn state_folder() -> PathBuf {
    folder(&PROGRAM_DATA, r"C:\ProgramData")
        .join("Latarnik")
        .join("Agent")
}

pub(super) fn installed_program() -> PathBuf {
    folder(&PROGRAM_FILES, r"C:\Program Files")
        .join("Latarnik")
        .join("latarnik-agent.exe")
}

/// Asks Windows rather than the environment, which whoever starts the program can change, and which
/// a service does not always share with the programs of its machine.
fn folder(known: &GUID, usual: &str) -> PathBuf {
    // SAFETY: the answer is a terminated text that is copied, and freed once, as its owner must.
    unsafe {
        let Ok(text) = SHGetKnownFolderPath(known, KF_FLAG_DEFAULT, None) else {
            return PathBuf::from(usual);
        };
        let path = OsString::from_wide(text.as_wide());
        CoTaskMemFree(Some(text.as_ptr().cast()));
        PathBuf::from(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_does_not_move_the_folders() {
        assert_eq!(
            state_folder(),
            PathBuf::from(r"C:\ProgramData\Latarnik\Agent")
        );
        assert_eq!(
            installed_program(),
            PathBuf::from(r"C:\Program Files\Latarnik\latarnik-agent.exe")
        );
    }
}
