use crate::{
    people::{announcement, machine_locale},
    process::Program,
};
use latarnik_agent_core::{CancelSignal, Power, RestartError, RestartRequest};
use latarnik_model::{RestartSignal, RestartSignalName};
use std::{
    collections::BTreeSet,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

/// Longest detail of a signal.
const DETAIL_BYTES: usize = 1000;

pub(crate) fn open(folder: Option<&Path>) -> LinuxPower {
    let root = folder.unwrap_or(Path::new("/")).to_owned();
    let switch: Box<dyn Switch> = match folder {
        None => Box::new(Systemd),
        Some(folder) => Box::new(Notebook(folder.join("restarts"))),
    };
    LinuxPower { root, switch }
}

/// The restart signals and the power switch of a Linux machine.
pub(crate) struct LinuxPower {
    root: PathBuf,
    switch: Box<dyn Switch>,
}

/// Runs the program that restarts the machine; what tests put something else in place of.
trait Switch: Send + Sync {
    fn run(&self, command: &Program) -> Result<(), RestartError>;
}

impl Power for LinuxPower {
    fn restart_signals(&self) -> Vec<RestartSignal> {
        let signal = |file: PathBuf| RestartSignal {
            name: RestartSignalName::RebootRequiredFile,
            detail: packages(&file.with_extension("pkgs")),
        };
        ["run/reboot-required", "var/run/reboot-required"]
            .into_iter()
            .map(|path| self.root.join(path))
            .find(|file| file.exists())
            .map(signal)
            .into_iter()
            .collect()
    }

    fn schedule_restart(&self, request: &RestartRequest) -> Result<(), RestartError> {
        self.switch.run(&restart_command(
            request,
            announcement(&machine_locale(&self.root)),
        ))
    }

    fn cancel_restart(&self) -> Result<(), RestartError> {
        self.switch.run(&Program::new("shutdown").arg("-c"))
    }
}

/// systemd tells every terminal once more, in the machine's language; it counts in whole minutes.
fn restart_command(request: &RestartRequest, message: &str) -> Program {
    let minutes = request.delay.as_secs().div_ceil(60);
    Program::new("shutdown")
        .arg("-r")
        .arg(format!("+{minutes}"))
        .arg(message)
}

fn packages(file: &Path) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let names: BTreeSet<&str> = text
        .lines()
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect();
    let mut detail = String::new();
    for name in names {
        if detail.len() + name.len() > DETAIL_BYTES {
            detail.push_str(" …");
            break;
        }
        if !detail.is_empty() {
            detail.push(' ');
        }
        detail.push_str(name);
    }
    Some(detail).filter(|detail| !detail.is_empty())
}

struct Systemd;

impl Switch for Systemd {
    fn run(&self, command: &Program) -> Result<(), RestartError> {
        let (finished, _) =
            command
                .output(&CancelSignal::default())
                .map_err(|error| RestartError {
                    detail: error.to_string(),
                })?;
        match finished.exit_code {
            Some(0) => Ok(()),
            _ => Err(RestartError {
                detail: finished.output.stderr.trim().to_owned(),
            }),
        }
    }
}

/// Notes what would have been run.
struct Notebook(PathBuf);

impl Switch for Notebook {
    fn run(&self, command: &Program) -> Result<(), RestartError> {
        fs::File::options()
            .create(true)
            .append(true)
            .open(&self.0)
            .and_then(|mut file| writeln!(file, "{}", command.command_line()))
            .map_err(|error| RestartError {
                detail: error.to_string(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn machine() -> (tempfile::TempDir, LinuxPower) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("run")).unwrap();
        fs::create_dir_all(folder.path().join("etc/default")).unwrap();
        let power = open(Some(folder.path()));
        (folder, power)
    }

    #[test]
    fn no_file_is_no_signal() {
        let (_folder, power) = machine();
        assert_eq!(power.restart_signals(), []);
    }

    #[test]
    fn the_signal_names_each_package_that_asked_once() {
        let (folder, power) = machine();
        fs::write(
            folder.path().join("run/reboot-required"),
            "*** restart ***\n",
        )
        .unwrap();
        fs::write(
            folder.path().join("run/reboot-required.pkgs"),
            "linux-base\nlibc6\nlibc6\n",
        )
        .unwrap();
        assert_eq!(
            power.restart_signals(),
            [RestartSignal {
                name: RestartSignalName::RebootRequiredFile,
                detail: Some("libc6 linux-base".to_owned()),
            }]
        );
    }

    #[test]
    fn the_file_alone_is_a_signal() {
        let (folder, power) = machine();
        fs::write(folder.path().join("run/reboot-required"), "").unwrap();
        assert_eq!(power.restart_signals().first().unwrap().detail, None);
    }

    #[test]
    fn a_restart_is_scheduled_in_whole_minutes_and_taken_back() {
        let (folder, power) = machine();
        for seconds in [0, 61, 300] {
            let delay = Duration::from_secs(seconds);
            power.schedule_restart(&RestartRequest { delay }).unwrap();
        }
        power.cancel_restart().unwrap();
        let noted = fs::read_to_string(folder.path().join("restarts")).unwrap();
        let commands: Vec<_> = noted
            .lines()
            .map(|l| l.split(" The ").next().unwrap_or(l))
            .collect();
        assert_eq!(
            commands,
            [
                "shutdown -r +0",
                "shutdown -r +2",
                "shutdown -r +5",
                "shutdown -c"
            ]
        );
    }

    #[test]
    fn people_at_a_polish_machine_are_told_in_polish() {
        let (folder, power) = machine();
        fs::write(
            folder.path().join("etc/default/locale"),
            "LANG=pl_PL.UTF-8\n",
        )
        .unwrap();
        power
            .schedule_restart(&RestartRequest {
                delay: Duration::from_secs(300),
            })
            .unwrap();
        let noted = fs::read_to_string(folder.path().join("restarts")).unwrap();
        assert!(noted.contains("aktualizacji"), "{noted}");
    }
}
