use std::path::PathBuf;

pub(super) fn state_folder() -> PathBuf {
    PathBuf::from("/var/lib/latarnik-agent")
}

pub(super) fn installed_program() -> PathBuf {
    PathBuf::from("/usr/local/bin/latarnik-agent")
}
