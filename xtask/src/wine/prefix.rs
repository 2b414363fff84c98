//! Wine prefixes: a template that is made once, and a copy for each test, which nothing outlives.

use crate::{
    children::{self, Child},
    step, windows,
    workspace::Workspace,
};
use anyhow::{Context, Result, bail};
use std::{
    fs::{self, File},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

/// Changes with every change of what [`Template::make`] does.
const RECIPE: &str = "1";
const SYSTEM_LIBRARIES: &str = "/usr/lib/x86_64-linux-gnu/wine/x86_64-windows";
const RANDOMNESS: &str = include_str!("bcryptprimitives.c");
/// `UpdateSession`, `UpdateCollection`, `SystemInformation`.
const UPDATE_CLASSES: [&str; 3] = [
    "4cb43d7f-7eee-4906-8698-60da1c38f2fe",
    "13639463-00db-4646-803d-528026140d88",
    "c01b9ba0-bea7-41ba-b604-d0a36f469133",
];
const DOUBLE: &str = r"C:\windows-update-double\windows_update_double.dll";

/// A fresh Windows 10 in which the Windows Update double is registered.
#[derive(Debug)]
pub(crate) struct Template {
    folder: PathBuf,
    /// Where the copies go.
    copies: PathBuf,
}

impl Template {
    /// Makes the template, unless an earlier run did.
    pub(crate) fn prepare(workspace: &Workspace) -> Result<Self> {
        let home = workspace.target.join("wine");
        let template = Self {
            folder: home.join("template"),
            copies: home.join("copies"),
        };
        let _ = fs::remove_dir_all(&template.copies);
        fs::create_dir_all(&template.copies)
            .with_context(|| format!("could not create {}", template.copies.display()))?;
        let mut version = Command::new("wine");
        version.arg("--version");
        let recipe = format!("{RECIPE} {}", children::capture(version)?.trim());
        let stamp = home.join("template.recipe");
        if fs::read_to_string(&stamp).is_ok_and(|made| made == recipe) {
            return Ok(template);
        }
        let _ = fs::remove_dir_all(&template.folder);
        step::work("make the Wine prefix", || template.make(&home))?;
        fs::write(&stamp, recipe).context("could not note how the prefix was made")?;
        Ok(template)
    }

    /// A copy of its own for a test.
    pub(crate) fn copy(&self, name: &str) -> Result<Prefix> {
        let folder = self.copies.join(name);
        let mut copy = Command::new("cp");
        // Never with hard links: wineserver writes into the registry's files in place.
        copy.arg("--archive").arg(&self.folder).arg(&folder);
        children::capture(copy).context("could not copy the prefix")?;
        fs::create_dir_all(folder.join("drive_c/windows-update-double"))?;
        Ok(Prefix {
            log: self.copies.join(format!("{name}.log")),
            folder,
        })
    }

    fn make(&self, home: &Path) -> Result<()> {
        fs::create_dir_all(&self.folder)?;
        let prefix = Prefix {
            folder: self.folder.clone(),
            log: home.join("template.log"),
        };
        prefix.run(180, &["wineboot", "--init"])?.expect_success()?;
        prefix
            .run(60, &["winecfg", "-v", "win10"])?
            .expect_success()?;
        for class in UPDATE_CLASSES {
            let key = format!(r"HKLM\Software\Classes\CLSID\{{{class}}}\InprocServer32");
            prefix
                .run(30, &["reg", "add", &key, "/ve", "/d", DOUBLE, "/f"])?
                .expect_success()?;
            let model = [
                "reg",
                "add",
                &key,
                "/v",
                "ThreadingModel",
                "/d",
                "Both",
                "/f",
            ];
            prefix.run(30, &model)?.expect_success()?;
        }
        prefix.end();
        link_system_libraries(&self.folder)?;
        close_in(&self.folder)?;
        let library = self
            .folder
            .join("drive_c/windows/system32/bcryptprimitives.dll");
        if !library.exists() {
            let source = home.join("bcryptprimitives.c");
            fs::write(&source, RANDOMNESS)?;
            windows::compile_dll(&source, &library)?;
        }
        // Neither stops nor removes anything: what was made stays, and nothing runs any more.
        std::mem::forget(prefix);
        Ok(())
    }
}

/// Most of a prefix are copies of Wine's own libraries.
fn link_system_libraries(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder.join("drive_c/windows/system32"))? {
        let copy = entry?.path();
        let original = Path::new(SYSTEM_LIBRARIES).join(copy.file_name().unwrap_or_default());
        let is_same = original.is_file()
            && copy.is_file()
            && fs::metadata(&original)?.len() == fs::metadata(&copy)?.len()
            && fs::read(&original)? == fs::read(&copy)?;
        if is_same {
            fs::remove_file(&copy)?;
            symlink(&original, &copy)?;
        }
    }
    Ok(())
}

/// Shuts the prefix off from this machine's files: no drive for `/`, no links to home folders.
fn close_in(folder: &Path) -> Result<()> {
    let _ = fs::remove_file(folder.join("dosdevices/z:"));
    for user in fs::read_dir(folder.join("drive_c/users"))? {
        for entry in fs::read_dir(user?.path())? {
            let path = entry?.path();
            if path.is_symlink() {
                fs::remove_file(&path)?;
                fs::create_dir(&path)?;
            }
        }
    }
    Ok(())
}

/// A Windows of one test. Dropping it ends everything that runs in it and removes it.
#[derive(Debug)]
pub(crate) struct Prefix {
    folder: PathBuf,
    log: PathBuf,
}

/// What a program in a prefix did.
#[derive(Debug)]
pub(crate) struct Finished {
    /// The program with its arguments.
    command: String,
    /// Its exit code; absent if a signal ended it.
    pub(crate) code: Option<i32>,
    /// Everything that it printed.
    pub(crate) text: String,
}

impl Finished {
    /// What it printed, if it ended well.
    pub(crate) fn expect_success(self) -> Result<String> {
        if self.code == Some(0) {
            return Ok(self.text);
        }
        bail!(
            "{} ended with {:?}:\n{}",
            self.command,
            self.code,
            self.text
        )
    }
}

impl Prefix {
    /// A path in the prefix's drive C.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.join("drive_c").join(path)
    }

    /// Puts a file onto drive C.
    pub(crate) fn put(&self, from: &Path, to: &str) -> Result<()> {
        let to = self.path(to);
        fs::create_dir_all(to.parent().context("a file lies in a folder")?)?;
        fs::copy(from, &to)
            .map(drop)
            .with_context(|| format!("could not copy {} to {}", from.display(), to.display()))
    }

    /// Runs a program to its end, at most so many seconds.
    pub(crate) fn run(&self, seconds: u32, arguments: &[&str]) -> Result<Finished> {
        self.run_tracing("-all", seconds, arguments)
    }

    /// The same with Wine's own messages of these channels (`WINEDEBUG`).
    pub(crate) fn run_tracing(
        &self,
        channels: &str,
        seconds: u32,
        arguments: &[&str],
    ) -> Result<Finished> {
        let mut command = Command::new("timeout");
        command
            .args(["--kill-after=5", &seconds.to_string(), "wine"])
            .args(arguments);
        self.environment(&mut command, channels);
        // A file and no pipe: Wine's server may outlive the program and would hold a pipe open.
        let log = File::create(&self.log)?;
        command.stdout(log.try_clone()?).stderr(log);
        let status = children::run(command, || {})?;
        let bytes = fs::read(&self.log)?;
        Ok(Finished {
            command: arguments.join(" "),
            code: status.code(),
            text: String::from_utf8_lossy(&bytes).replace('\r', ""),
        })
    }

    /// Starts a program that goes on; it ends with what is returned.
    pub(crate) fn start(&self, name: &str, arguments: &[&str]) -> Result<Child> {
        let mut command = Command::new("wine");
        command.args(arguments);
        self.environment(&mut command, "-all");
        Child::start(
            name,
            command,
            &self.log.with_extension(format!("{name}.log")),
        )
    }

    fn environment(&self, command: &mut Command, channels: &str) {
        command
            .env("WINEPREFIX", &self.folder)
            .env("WINEARCH", "win64")
            .env("WINEDEBUG", channels)
            .env(
                "WINEDLLOVERRIDES",
                // The doubles of the terminal services and of shadow copies count where a test puts
                // them.
                "mscoree,mshtml=;winemenubuilder.exe=;wtsapi32,vssapi=n,b",
            )
            .env("LC_ALL", "C.UTF-8")
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY");
    }

    /// Ends everything that runs in the prefix, and waits for it.
    pub(crate) fn end(&self) {
        for argument in ["--kill", "--wait"] {
            let mut server = Command::new("timeout");
            server.args(["20", "wineserver", argument]);
            self.environment(&mut server, "-all");
            // Fails if nothing runs.
            let _ = children::capture(server);
        }
    }
}

impl Drop for Prefix {
    fn drop(&mut self) {
        self.end();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
