//! A folder, a context, and programs that stand in for others.

use latarnik_backup::dumps::{DumpContext, DumpFailure, DumpFailureCode, DumpFile, DumpSettings};
use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

pub(crate) struct Scene {
    folder: TempDir,
    pub(crate) context: DumpContext,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let context = DumpContext {
            temporary_folder: folder.path().join("temporary"),
            cancellation: CancellationToken::new(),
            low_priority: true,
            timeout: Duration::from_secs(100),
        };
        fs::create_dir(folder.path().join("programs")).unwrap();
        Self { folder, context }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn programs(&self) -> PathBuf {
        self.path("programs")
    }

    /// A program for `sh`. It writes its arguments into the file `arguments`, a line each.
    pub(crate) fn stand_in(&self, name: &str, script: &str) -> PathBuf {
        let path = self.programs().join(name);
        let arguments = self.path("arguments");
        let text = format!(
            "#!/bin/sh\nprintf '%s\\n' \"$@\" >> '{}'\n{script}\n",
            arguments.display()
        );
        fs::write(&path, text).unwrap();
        let executable = fs::metadata("/bin/sh").unwrap().permissions();
        fs::set_permissions(&path, executable).unwrap();
        path
    }

    /// The arguments of all stand-ins so far.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("arguments")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    pub(crate) fn files(&self, settings: &str) -> Result<Vec<DumpFile>, DumpFailure> {
        let settings: DumpSettings = toml::from_str(settings).unwrap();
        settings.files(&self.context)
    }

    pub(crate) fn file(&self, settings: &str) -> DumpFile {
        let mut files = self.files(settings).unwrap();
        assert_eq!(files.len(), 1);
        files.remove(0)
    }

    /// Makes the only dump and reads it to its end.
    pub(crate) fn dump(&self, settings: &str) -> Result<Vec<u8>, DumpFailure> {
        read_all(self.file(settings))
    }

    pub(crate) fn failure(&self, settings: &str) -> DumpFailure {
        match self.dump(settings) {
            Ok(output) => panic!("{}", String::from_utf8_lossy(&output)),
            Err(failure) => failure,
        }
    }

    pub(crate) fn temporary_files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.context.temporary_folder);
        let paths = entries.into_iter().flatten().flatten();
        paths
            .map(|entry| entry.path())
            .filter(|path| path.is_dir())
            .collect()
    }
}

pub(crate) fn read_all(file: DumpFile) -> Result<Vec<u8>, DumpFailure> {
    let mut reader = (file.open)()?;
    let mut output = Vec::new();
    match reader.read_to_end(&mut output) {
        Ok(_) => Ok(output),
        Err(error) => {
            let again = reader.read(&mut [0; 8]).unwrap_err();
            let code = DumpFailure::of(&error).unwrap().code;
            assert_eq!(DumpFailure::of(&again).unwrap().code, code);
            Err(unwrap_failure(error))
        }
    }
}

/// What a reader answered as its last word.
pub(crate) fn unwrap_failure(error: std::io::Error) -> DumpFailure {
    let inner = error.into_inner().unwrap();
    *inner.downcast::<DumpFailure>().unwrap()
}

/// Reads so many bytes of a dump that is not at its end by then.
pub(crate) fn read_some(reader: &mut dyn Read, bytes: usize) -> Vec<u8> {
    let mut some = vec![0; bytes];
    reader.read_exact(&mut some).unwrap();
    some
}

pub(crate) fn is_running(process: &str) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(process).join("stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}

pub(crate) fn code(result: Result<Vec<DumpFile>, DumpFailure>) -> DumpFailureCode {
    result.unwrap_err().code
}
