//! The restart signals; `docs/windows.md` lists them with their sources.

use crate::{com, since_boot};
use latarnik_model::{RestartSignal, RestartSignalName};
use windows_registry::{Key, LOCAL_MACHINE};

const UPDATE: &str =
    r"SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired";
const SERVICING: &str = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing";
const SESSION_MANAGER: &str = r"SYSTEM\CurrentControlSet\Control\Session Manager";
const COMPUTER_NAME: &str = r"SYSTEM\CurrentControlSet\Control\ComputerName";
const NETLOGON: &str = r"SYSTEM\CurrentControlSet\Services\Netlogon";
const UPDATES: &str = r"SOFTWARE\Microsoft\Updates";
const RUN_ONCE: &str = r"SOFTWARE\Microsoft\Windows\CurrentVersion\RunOnce";
const SERVER_MANAGER: &str = r"SOFTWARE\Microsoft\ServerManager";

/// Longest detail of a signal, in characters.
const DETAIL: usize = 500;

/// Every signal that stands.
pub(super) fn all() -> Vec<RestartSignal> {
    use RestartSignalName as Name;
    let servicing = |name: &str| has_key(&format!(r"{SERVICING}\{name}"));
    let plain = |stands: bool| stands.then(String::new);
    [
        (
            Name::WuaRebootRequired,
            plain(com::on_own_thread(com::wants_restart)),
        ),
        (Name::WindowsUpdateRebootRequired, plain(has_key(UPDATE))),
        (
            Name::ComponentServicingRebootPending,
            plain(servicing("RebootPending")),
        ),
        (
            Name::ComponentServicingRebootInProgress,
            plain(servicing("RebootInProgress")),
        ),
        (
            Name::ComponentServicingPackagesPending,
            plain(servicing("PackagesPending")),
        ),
        (
            Name::InstallerRequestedRestart,
            since_boot::restart_request(),
        ),
        (Name::PendingFileRename, pending_file_renames()),
        (Name::PendingComputerRename, pending_computer_name()),
        (Name::PendingDomainJoin, pending_domain_join()),
        (
            Name::UpdateExeVolatile,
            number_above_zero(UPDATES, "UpdateExeVolatile"),
        ),
        (
            Name::DvdRebootSignal,
            plain(has_value(RUN_ONCE, "DVDRebootSignal")),
        ),
        (
            Name::ServerManagerRebootAttempts,
            number_above_zero(SERVER_MANAGER, "CurrentRebootAttempts"),
        ),
    ]
    .into_iter()
    .filter_map(|(name, detail)| {
        let detail = detail?.chars().take(DETAIL).collect::<String>();
        Some(RestartSignal {
            name,
            detail: Some(detail).filter(|detail| !detail.is_empty()),
        })
    })
    .collect()
}

fn open(path: &str) -> Option<Key> {
    LOCAL_MACHINE.open(path).ok()
}

fn has_key(path: &str) -> bool {
    open(path).is_some()
}

fn has_value(path: &str, name: &str) -> bool {
    open(path).is_some_and(|key| key.get_type(name).is_ok())
}

fn number_above_zero(path: &str, name: &str) -> Option<String> {
    let number = open(path)?
        .get_u32(name)
        .ok()
        .filter(|number| *number > 0)?;
    Some(number.to_string())
}

/// Both are values of several strings: pairs of old and new name, the new one empty for a file that
/// is to be deleted. The first name tells who asked.
fn pending_file_renames() -> Option<String> {
    let key = open(SESSION_MANAGER)?;
    [
        "PendingFileRenameOperations",
        "PendingFileRenameOperations2",
    ]
    .into_iter()
    .filter_map(|name| key.get_multi_string(name).ok())
    .flatten()
    .find(|path| !path.is_empty())
}

fn pending_computer_name() -> Option<String> {
    let name = |key: &str| {
        open(&format!(r"{COMPUTER_NAME}\{key}"))?
            .get_string("ComputerName")
            .ok()
    };
    let (active, next) = (name("ActiveComputerName")?, name("ComputerName")?);
    (!active.eq_ignore_ascii_case(&next)).then_some(next)
}

/// Sources disagree whether these are keys or values.
fn pending_domain_join() -> Option<String> {
    ["JoinDomain", "AvoidSpnSet"]
        .into_iter()
        .find(|name| has_value(NETLOGON, name) || has_key(&format!(r"{NETLOGON}\{name}")))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use latarnik_model::{RestartRequired, RestartSignalName as Name};
    use std::sync::{Mutex, MutexGuard, PoisonError};

    /// The registry is one; tests that change it go one after the other.
    fn turn() -> MutexGuard<'static, ()> {
        static TURN: Mutex<()> = Mutex::new(());
        TURN.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stands(name: Name) -> bool {
        all().iter().any(|signal| signal.name == name)
    }

    #[test]
    fn each_strong_key_is_a_signal_while_it_exists() {
        let _turn = turn();
        for (name, path) in [
            (Name::WindowsUpdateRebootRequired, UPDATE.to_owned()),
            (
                Name::ComponentServicingRebootPending,
                format!(r"{SERVICING}\RebootPending"),
            ),
            (
                Name::ComponentServicingRebootInProgress,
                format!(r"{SERVICING}\RebootInProgress"),
            ),
            (
                Name::ComponentServicingPackagesPending,
                format!(r"{SERVICING}\PackagesPending"),
            ),
        ] {
            assert!(!stands(name), "{name:?}");
            LOCAL_MACHINE.create(&path).unwrap();
            assert!(stands(name), "{name:?}");
            assert_eq!(
                RestartRequired::from_signals(Some(&all())),
                RestartRequired::Yes
            );
            LOCAL_MACHINE.remove_tree(&path).unwrap();
            assert!(!stands(name), "{name:?}");
        }
    }

    #[test]
    fn both_rename_lists_are_values_and_only_weak() {
        let _turn = turn();
        let key = LOCAL_MACHINE.create(SESSION_MANAGER).unwrap();
        for value in [
            "PendingFileRenameOperations",
            "PendingFileRenameOperations2",
        ] {
            key.set_multi_string(value, &[r"\??\C:\old.dll", ""])
                .unwrap();
            let signals = all();
            let signal = signals
                .iter()
                .find(|s| s.name == Name::PendingFileRename)
                .unwrap();
            assert_eq!(signal.detail.as_deref(), Some(r"\??\C:\old.dll"));
            assert_eq!(
                RestartRequired::from_signals(Some(&signals)),
                RestartRequired::No
            );
            key.remove_value(value).unwrap();
            assert!(!stands(Name::PendingFileRename));
        }
    }

    #[test]
    fn an_empty_rename_list_is_no_signal() {
        let _turn = turn();
        let key = LOCAL_MACHINE.create(SESSION_MANAGER).unwrap();
        key.set_multi_string("PendingFileRenameOperations", &[])
            .unwrap();
        assert!(!stands(Name::PendingFileRename));
        key.remove_value("PendingFileRenameOperations").unwrap();
    }

    #[test]
    fn a_new_computer_name_is_told() {
        let _turn = turn();
        let path = format!(r"{COMPUTER_NAME}\ComputerName");
        let key = LOCAL_MACHINE.create(path).unwrap();
        let old = key.get_string("ComputerName").unwrap();
        key.set_string("ComputerName", "NEW-NAME").unwrap();
        assert_eq!(pending_computer_name().as_deref(), Some("NEW-NAME"));
        key.set_string("ComputerName", &old).unwrap();
        assert_eq!(pending_computer_name(), None);
    }

    #[test]
    fn a_domain_join_is_found_as_a_value_and_as_a_key() {
        let _turn = turn();
        let key = LOCAL_MACHINE.create(NETLOGON).unwrap();
        key.set_string("JoinDomain", "example").unwrap();
        assert_eq!(pending_domain_join().as_deref(), Some("JoinDomain"));
        key.remove_value("JoinDomain").unwrap();
        key.create("AvoidSpnSet").unwrap();
        assert_eq!(pending_domain_join().as_deref(), Some("AvoidSpnSet"));
        key.remove_tree("AvoidSpnSet").unwrap();
        assert_eq!(pending_domain_join(), None);
    }

    #[test]
    fn weak_numbers_count_from_one() {
        let _turn = turn();
        for (path, value, name) in [
            (UPDATES, "UpdateExeVolatile", Name::UpdateExeVolatile),
            (
                SERVER_MANAGER,
                "CurrentRebootAttempts",
                Name::ServerManagerRebootAttempts,
            ),
        ] {
            let key = LOCAL_MACHINE.create(path).unwrap();
            key.set_u32(value, 0).unwrap();
            assert!(!stands(name), "{name:?}");
            key.set_u32(value, 2).unwrap();
            assert!(stands(name), "{name:?}");
            key.remove_value(value).unwrap();
        }
        let key = LOCAL_MACHINE.create(RUN_ONCE).unwrap();
        key.set_string("DVDRebootSignal", "1").unwrap();
        assert!(stands(Name::DvdRebootSignal));
        key.remove_value("DVDRebootSignal").unwrap();
    }
}
