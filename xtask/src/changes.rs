//! Work that is done again only when the files it follows from have changed.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Works unless `mark` says that it worked on the same files before and `result` is still there.
pub(crate) fn when_changed(
    files: &[PathBuf],
    mark: &Path,
    result: &Path,
    work: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let digest = digest(files)?;
    if result.exists() && fs::read_to_string(mark).is_ok_and(|known| known == digest) {
        return Ok(());
    }
    work()?;
    if let Some(folder) = mark.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(mark, digest).with_context(|| format!("could not write {}", mark.display()))
}

fn digest(files: &[PathBuf]) -> Result<String> {
    let mut hash = Sha256::new();
    for file in files.iter().filter(|file| file.exists()) {
        let content =
            fs::read(file).with_context(|| format!("could not read {}", file.display()))?;
        hash.update(file.to_string_lossy().as_bytes());
        hash.update(content.len().to_le_bytes());
        hash.update(content);
    }
    Ok(hex(&hash.finalize()))
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_done_once_for_the_same_files() {
        let folder = tempfile::tempdir().unwrap();
        let (file, mark) = (folder.path().join("a"), folder.path().join("marks/a"));
        let result = folder.path().join("result");
        let mut count = 0;
        let mut work = || {
            when_changed(std::slice::from_ref(&file), &mark, &result, || {
                count += 1;
                Ok(fs::write(&result, "made")?)
            })
            .unwrap();
        };
        fs::write(&file, "one").unwrap();
        work();
        work();
        fs::write(&file, "two").unwrap();
        work();
        fs::remove_file(&result).unwrap();
        work();
        assert_eq!(count, 3);
    }
}
