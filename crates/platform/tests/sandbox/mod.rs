//! A folder that stands for a Debian machine, and a package archive for it: the machine's own
//! `apt-get`, `dpkg` and `dpkg-deb` work in it, and touch nothing outside.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The machine and its archive; both vanish with it.
pub(crate) struct Sandbox {
    folder: tempfile::TempDir,
}

/// A package to build.
pub(crate) struct Package<'a> {
    pub(crate) name: &'a str,
    pub(crate) version: &'a str,
    /// Further lines of its control file, such as `Depends: b`.
    pub(crate) fields: &'a str,
    /// Maintainer scripts: name and shell lines.
    pub(crate) scripts: &'a [(&'a str, &'a str)],
    /// What the archive's index says of its size, if not the truth.
    pub(crate) listed_bytes: Option<u64>,
}

impl<'a> Package<'a> {
    pub(crate) fn new(name: &'a str, version: &'a str) -> Self {
        Self {
            name,
            version,
            fields: "",
            scripts: &[],
            listed_bytes: None,
        }
    }
}

/// A suite of the archive.
#[derive(Clone, Copy)]
pub(crate) enum Suite {
    Main,
    Security,
}

impl Suite {
    fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Main => ("main", "Debian", "stable"),
            Self::Security => ("security", "Debian-Security", "stable-security"),
        }
    }
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let sandbox = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for folder in [
            "etc/apt/apt.conf.d",
            "etc/apt/preferences.d",
            "etc/apt/sources.list.d",
            "var/lib/apt/lists/partial",
            "var/cache/apt/archives/partial",
            "var/lib/dpkg/info",
            "var/lib/dpkg/updates",
            "var/log/apt",
            "run",
            "tmp",
        ] {
            fs::create_dir_all(sandbox.path(folder)).unwrap();
        }
        fs::write(sandbox.path("var/lib/dpkg/status"), "").unwrap();
        fs::write(sandbox.path("apt.conf"), sandbox.configuration()).unwrap();
        sandbox.offer(Suite::Main, &[]);
        sandbox.offer(Suite::Security, &[]);
        sandbox.use_sources(&[sandbox.source(Suite::Main), sandbox.source(Suite::Security)]);
        sandbox
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Puts the package onto the machine as an installed one.
    pub(crate) fn install(&self, package: &Package) {
        let file = self.build(package, &self.path("tmp"));
        self.dpkg(&["--install", file.to_str().unwrap()]);
    }

    /// Makes these the packages of a suite, in place of what it had.
    pub(crate) fn offer(&self, suite: Suite, packages: &[Package]) {
        let (folder, label, name) = suite.names();
        let folder = self.path("archive").join(folder);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let mut index = String::new();
        for package in packages {
            let file = self.build(package, &folder);
            let control = run(Command::new("dpkg-deb").arg("-f").arg(&file));
            let size = package
                .listed_bytes
                .unwrap_or_else(|| fs::metadata(&file).unwrap().len());
            let name = file.file_name().unwrap().to_str().unwrap();
            writeln!(
                index,
                "{}\nFilename: ./{name}\nSize: {size}",
                control.trim()
            )
            .unwrap();
            writeln!(index, "SHA256: {}\n", sha256(&file)).unwrap();
        }
        fs::write(folder.join("Packages"), &index).unwrap();
        let release = format!(
            "Origin: Debian\nLabel: {label}\nSuite: {name}\nVersion: 12\nCodename: {name}\n\
             Date: Mon, 23 Nov 2026 00:00:00 UTC\nSHA256:\n {} {} Packages\n",
            sha256(&folder.join("Packages")),
            index.len(),
        );
        fs::write(folder.join("Release"), release).unwrap();
    }

    pub(crate) fn source(&self, suite: Suite) -> String {
        let folder = self.path("archive").join(suite.names().0);
        format!("deb [trusted=yes] file:{} ./", folder.display())
    }

    pub(crate) fn use_sources(&self, sources: &[String]) {
        fs::write(self.path("etc/apt/sources.list"), sources.join("\n") + "\n").unwrap();
    }

    pub(crate) fn hold(&self, package: &str) {
        let script = format!(
            "echo {package} hold | dpkg --root={} --set-selections",
            self.root().display()
        );
        run(Command::new("sh").arg("-c").arg(script));
    }

    /// `installed` with its version, or another state of dpkg's.
    pub(crate) fn state_of(&self, package: &str) -> String {
        let format = "${db:Status-Status} ${Version}";
        run(Command::new("dpkg-query")
            .arg(format!(
                "--admindir={}",
                self.path("var/lib/dpkg").display()
            ))
            .args(["-W", "-f", format, package]))
    }

    fn dpkg(&self, arguments: &[&str]) {
        run(Command::new("dpkg")
            .args(self.dpkg_options())
            .args(arguments));
    }

    fn dpkg_options(&self) -> [String; 5] {
        [
            format!("--root={}", self.root().display()),
            format!("--log={}", self.path("var/log/dpkg.log").display()),
            "--force-not-root".to_owned(),
            "--force-script-chrootless".to_owned(),
            "--force-bad-path".to_owned(),
        ]
    }

    fn configuration(&self) -> String {
        let architecture = run(Command::new("dpkg").arg("--print-architecture"));
        let root = self.root().display();
        let mut text = format!(
            "Dir \"{root}/\";\n\
             Dir::State::status \"{root}/var/lib/dpkg/status\";\n\
             Dir::Bin::methods \"/usr/lib/apt/methods\";\n\
             Dir::Bin::dpkg \"/usr/bin/dpkg\";\n\
             Dir::Bin::solvers \"/usr/lib/apt/solvers\";\n\
             Dir::Bin::planners \"/usr/lib/apt/planners\";\n\
             APT::Architecture \"{}\";\n\
             APT::Architectures {{ \"{0}\"; }};\n\
             APT::Machine-ID \"912e43bd1c1d4ba481f9f8ccab25f9ee\";\n\
             APT::Sandbox::User \"root\";\n\
             Acquire::Languages \"none\";\n\
             Acquire::Retries \"0\";\n",
            architecture.trim()
        );
        for option in self.dpkg_options() {
            writeln!(text, "DPkg::Options:: \"{option}\";").unwrap();
        }
        text
    }

    fn build(&self, package: &Package, folder: &Path) -> PathBuf {
        let tree = tempfile::tempdir_in(self.path("tmp")).unwrap();
        let control = tree.path().join("DEBIAN");
        let content = tree.path().join("usr/share/doc").join(package.name);
        fs::create_dir_all(&control).unwrap();
        fs::create_dir_all(&content).unwrap();
        make_readable(tree.path());
        fs::write(content.join("version"), package.version).unwrap();
        let Package {
            name,
            version,
            fields,
            scripts,
            listed_bytes: _,
        } = package;
        let mut text =
            format!("Package: {name}\nVersion: {version}\nMaintainer: Test <test@example.com>\n");
        if !fields.contains("Architecture:") {
            text.push_str("Architecture: all\n");
        }
        if !fields.is_empty() {
            writeln!(text, "{fields}").unwrap();
        }
        writeln!(text, "Description: summary of {name}\n Longer text.").unwrap();
        fs::write(control.join("control"), text).unwrap();
        for (script, lines) in *scripts {
            let path = control.join(script);
            fs::write(&path, format!("#!/bin/sh\n{lines}\n")).unwrap();
            run(Command::new("chmod").arg("755").arg(path));
        }
        let file = folder.join(format!("{name}_{}_all.deb", version.replace(':', "%3a")));
        run(Command::new("dpkg-deb")
            .args(["--root-owner-group", "--build"])
            .arg(tree.path())
            .arg(&file));
        file
    }
}

fn make_readable(tree: &Path) {
    run(Command::new("chmod").args(["-R", "u=rwX,go=rX"]).arg(tree));
}

fn sha256(file: &Path) -> String {
    let line = run(Command::new("sha256sum").arg(file));
    line.split_whitespace().next().unwrap().to_owned()
}

fn run(command: &mut Command) -> String {
    let output = command.env("LC_ALL", "C.UTF-8").output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}
