use std::path::PathBuf;

pub(super) fn state_folder() -> PathBuf {
    folder("ProgramData", r"C:\ProgramData")
        .join("Latarnik")
        .join("Agent")
}

pub(super) fn installed_program() -> PathBuf {
    folder("ProgramFiles", r"C:\Program Files")
        .join("Latarnik")
        .join("latarnik-agent.exe")
}

fn folder(variable: &str, usual: &str) -> PathBuf {
    std::env::var_os(variable).map_or_else(|| PathBuf::from(usual), PathBuf::from)
}
