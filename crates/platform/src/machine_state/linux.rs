use jiff::Timestamp;
use latarnik_agent_core::{Facts, FactsError, MachineState};
use latarnik_model::OsFamily;
use std::{
    fs,
    path::{Path, PathBuf},
};

pub(crate) fn open(folder: Option<&Path>, agent_version: &str) -> LinuxState {
    LinuxState {
        root: folder.unwrap_or(Path::new("/")).to_owned(),
        agent_version: agent_version.to_owned(),
    }
}

/// A Linux machine, described by its `/etc` and `/proc`.
#[derive(Debug)]
pub(crate) struct LinuxState {
    root: PathBuf,
    agent_version: String,
}

impl LinuxState {
    fn read(&self, path: &str) -> Option<String> {
        let text = fs::read_to_string(self.root.join(path)).ok()?;
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    }
}

impl MachineState for LinuxState {
    fn facts(&self) -> Result<Facts, FactsError> {
        let kernel = rustix::system::uname();
        let release = self
            .read("etc/os-release")
            .or_else(|| self.read("usr/lib/os-release"))
            .unwrap_or_default();
        let hostname = self
            .read("proc/sys/kernel/hostname")
            .unwrap_or_else(|| kernel.nodename().to_string_lossy().into_owned());
        if hostname.is_empty() {
            return Err(FactsError("the machine has no name".to_owned()));
        }
        Ok(Facts {
            hostname,
            os_family: OsFamily::Linux,
            os_name: value(&release, "PRETTY_NAME").unwrap_or_else(|| "Linux".to_owned()),
            os_version: self
                .read("etc/debian_version")
                .filter(|_| value(&release, "ID").as_deref() == Some("debian"))
                .or_else(|| value(&release, "VERSION_ID"))
                .unwrap_or_else(|| kernel.release().to_string_lossy().into_owned()),
            architecture: kernel.machine().to_string_lossy().into_owned(),
            agent_version: self.agent_version.clone(),
            time_zone: self.time_zone(),
        })
    }

    fn time_zone(&self) -> Option<String> {
        let link = fs::read_link(self.root.join("etc/localtime")).ok();
        link.as_deref()
            .and_then(Path::to_str)
            .and_then(|target| target.split_once("zoneinfo/"))
            .map(|(_, name)| name.to_owned())
            .or_else(|| self.read("etc/timezone"))
    }

    fn boot_id(&self) -> String {
        self.read("proc/sys/kernel/random/boot_id")
            .or_else(|| fs::read_to_string("/proc/sys/kernel/random/boot_id").ok())
            .unwrap_or_default()
            .trim()
            .to_owned()
    }

    fn booted_at(&self) -> Option<Timestamp> {
        let statistics = self
            .read("proc/stat")
            .or_else(|| fs::read_to_string("/proc/stat").ok())?;
        let seconds = statistics
            .lines()
            .find_map(|line| line.strip_prefix("btime "))?;
        Timestamp::from_second(seconds.trim().parse().ok()?).ok()
    }
}

/// A value of an `os-release` file, whose lines are shell assignments.
fn value(release: &str, name: &str) -> Option<String> {
    let assigned = release
        .lines()
        .find_map(|line| line.trim().strip_prefix(name)?.strip_prefix('='))?;
    let value = assigned.trim_matches(['"', '\'']).replace("\\\"", "\"");
    Some(value).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(files: &[(&str, &str)]) -> (tempfile::TempDir, LinuxState) {
        let folder = tempfile::tempdir().unwrap();
        for (path, content) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let state = open(Some(folder.path()), "1.2.3");
        (folder, state)
    }

    #[test]
    fn debian_is_described_by_its_release_file_and_its_exact_version() {
        let (folder, state) = machine(&[
            (
                "etc/os-release",
                "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nID=debian\n",
            ),
            ("etc/debian_version", "12.8\n"),
            ("proc/sys/kernel/hostname", "serwer-plików\n"),
            (
                "proc/sys/kernel/random/boot_id",
                "0b5e1d6c-1111-2222-3333-444455556666\n",
            ),
            ("proc/stat", "cpu  1 2 3\nbtime 1763932394\nprocesses 5\n"),
        ]);
        std::os::unix::fs::symlink(
            "/usr/share/zoneinfo/Europe/Warsaw",
            folder.path().join("etc/localtime"),
        )
        .unwrap();
        let facts = state.facts().unwrap();
        assert_eq!(facts.os_name, "Debian GNU/Linux 12 (bookworm)");
        assert_eq!(facts.os_version, "12.8");
        assert_eq!(facts.hostname, "serwer-plików");
        assert_eq!(facts.time_zone.as_deref(), Some("Europe/Warsaw"));
        assert_eq!(state.boot_id(), "0b5e1d6c-1111-2222-3333-444455556666");
        assert_eq!(state.booted_at().unwrap().as_second(), 1_763_932_394);
    }

    #[test]
    fn ubuntu_is_not_described_by_the_debian_it_derives_from() {
        let (_folder, state) = machine(&[
            (
                "etc/os-release",
                "PRETTY_NAME='Ubuntu 24.04.3 LTS'\nID=ubuntu\nVERSION_ID=24.04\n",
            ),
            ("etc/debian_version", "trixie/sid\n"),
            ("etc/timezone", "Europe/Berlin\n"),
        ]);
        let facts = state.facts().unwrap();
        assert_eq!(
            (facts.os_name.as_str(), facts.os_version.as_str()),
            ("Ubuntu 24.04.3 LTS", "24.04")
        );
        assert_eq!(facts.time_zone.as_deref(), Some("Europe/Berlin"));
    }

    #[test]
    fn this_machine_can_be_described() {
        let state = open(None, "1.2.3");
        assert!(!state.facts().unwrap().hostname.is_empty());
        assert_eq!(state.boot_id().len(), 36);
        assert!(state.booted_at().is_some());
    }
}
