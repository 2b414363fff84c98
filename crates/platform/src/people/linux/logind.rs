//! Who is signed in, from the files in which logind keeps it: reading them needs no bus and no
//! program, and works while the machine is short of everything else.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

const SESSIONS: &str = "run/systemd/sessions";
/// In the order in which programs look at them.
pub(super) const LOCALE_VARIABLES: [&str; 3] = ["LC_ALL", "LC_MESSAGES", "LANG"];

/// A person's session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seat {
    pub(super) id: String,
    pub(super) user: String,
    pub(super) uid: u32,
    scope: String,
    leader: String,
    pub(super) place: Place,
}

/// Where the person is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// At a terminal, below `/dev`.
    Terminal(String),
    Desktop,
}

/// Everyone who is signed in.
pub(super) fn seats(root: &Path) -> io::Result<Vec<Seat>> {
    let mut seats = Vec::new();
    for entry in fs::read_dir(root.join(SESSIONS))? {
        let name = entry?.file_name();
        seats.extend(name.to_str().and_then(|id| seat(root, id)));
    }
    Ok(seats)
}

/// A session of a person. Services, greeters, and connections without a screen or terminal (a copy of
/// files, an automation) are none.
pub(super) fn seat(root: &Path, id: &str) -> Option<Seat> {
    if !id.chars().all(|c| c.is_ascii_alphanumeric()) {
        return None;
    }
    let text = fs::read_to_string(root.join(SESSIONS).join(id)).ok()?;
    let value = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
            .unwrap_or_default()
            .to_owned()
    };
    if !value("CLASS").starts_with("user") || value("STATE") == "closing" {
        return None;
    }
    let place = match value("TYPE").as_str() {
        "x11" | "wayland" | "mir" => Place::Desktop,
        _ => Place::Terminal(Some(value("TTY")).filter(|name| is_terminal(name))?),
    };
    Some(Seat {
        id: id.to_owned(),
        user: Some(value("USER")).filter(|user| !user.is_empty())?,
        uid: value("UID").parse().ok()?,
        scope: value("SCOPE"),
        leader: value("LEADER"),
        place,
    })
}

/// The name comes from a file of the system; still nothing but a terminal is ever written to.
fn is_terminal(name: &str) -> bool {
    let number = name.strip_prefix("pts/").or_else(|| {
        let number = name.strip_prefix("tty")?;
        Some(number.trim_start_matches(|c: char| c.is_ascii_uppercase()))
    });
    number.is_some_and(|number| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()))
}

/// The locale of the person in the session: as the session's programs have it, as the desktop's
/// account has it, or the machine's.
pub(super) fn locale(root: &Path, seat: &Seat) -> String {
    processes(root, seat)
        .iter()
        .find_map(|process| process_locale(root, process))
        .or_else(|| account_locale(root, &seat.user))
        .unwrap_or_else(|| machine_locale(root))
}

fn processes(root: &Path, seat: &Seat) -> Vec<String> {
    let slice = format!("sys/fs/cgroup/user.slice/user-{}.slice", seat.uid);
    let path: PathBuf = root.join(slice).join(&seat.scope).join("cgroup.procs");
    let listed = fs::read_to_string(path).unwrap_or_default();
    listed
        .lines()
        .chain([seat.leader.as_str()])
        .filter(|process| !process.is_empty() && process.chars().all(|c| c.is_ascii_digit()))
        .map(str::to_owned)
        .collect()
}

fn process_locale(root: &Path, process: &str) -> Option<String> {
    let environment = fs::read(root.join("proc").join(process).join("environ")).ok()?;
    let environment = String::from_utf8_lossy(&environment).into_owned();
    LOCALE_VARIABLES.iter().find_map(|name| {
        let mut variables = environment.split('\0');
        let value = variables.find_map(|variable| variable.strip_prefix(name)?.strip_prefix('='));
        value.filter(|value| !value.is_empty()).map(str::to_owned)
    })
}

fn account_locale(root: &Path, user: &str) -> Option<String> {
    if user.contains('/') {
        return None;
    }
    let folder = root.join("var/lib/AccountsService/users");
    let account = fs::read_to_string(folder.join(user)).ok()?;
    let language = account
        .lines()
        .find_map(|line| line.strip_prefix("Language="))?;
    Some(language.to_owned()).filter(|language| !language.is_empty())
}

/// The machine's own locale.
pub(crate) fn machine_locale(root: &Path) -> String {
    let locale = ["etc/locale.conf", "etc/default/locale"]
        .into_iter()
        .find_map(|path| fs::read_to_string(root.join(path)).ok())
        .unwrap_or_default();
    locale
        .lines()
        .find_map(|line| line.trim().strip_prefix("LANG="))
        .unwrap_or_default()
        .trim_matches('"')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_terminals_are_terminals() {
        for terminal in ["pts/0", "pts/12", "tty1", "ttyS0", "ttyUSB1"] {
            assert!(is_terminal(terminal), "{terminal}");
        }
        for other in [
            "",
            "pts/",
            "tty",
            "sda1",
            "pts/../sda1",
            "tty1/../sda",
            "pts/0x",
        ] {
            assert!(!is_terminal(other), "{other}");
        }
    }
}
