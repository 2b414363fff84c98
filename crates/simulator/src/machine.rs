//! A simulated machine: what it is, what it is offered, what it says about a restart.

mod linux;
mod names;
mod windows;

use crate::{identity::Identity, random::Random};
use jiff::{SignedDuration, Timestamp};
use latarnik_model::{OsFamily, ReasonCode, RestartSignal, RestartSignalName};
use latarnik_protocol::{Facts, Inventory, RestartReport, ScanReport, Update, WorkNeedsReport};
use names::Names;

/// How well somebody looks after a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Care {
    /// Nothing is pending, or signatures only.
    Good,
    /// This month's updates are pending.
    Usual,
    /// Updates of months are pending.
    Poor,
}

/// What a machine's scans come to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Scanning {
    Works,
    Fails(ReasonCode, &'static str),
}

/// The machine as it is now.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    pub(crate) facts: Facts,
    pub(crate) random: Random,
    /// Registers and then stays away.
    pub(crate) is_offline: bool,
    offered: Inventory,
    signals: Vec<RestartSignal>,
    scanning: Scanning,
    scan: ScanReport,
    boot_id: String,
    booted_at: Timestamp,
}

/// The fleet's machines, in order; more machines never change the first ones.
pub(crate) fn fleet(seed: u64, agents: u32, now: Timestamp) -> Vec<Machine> {
    let mut names = Names::default();
    (0..agents)
        .map(|index| Machine::make(seed, index, &mut names, now))
        .collect()
}

impl Machine {
    fn make(seed: u64, index: u32, names: &mut Names, now: Timestamp) -> Self {
        let mut random = Random::new(seed, u64::from(index));
        let care = match random.below(100) {
            0..40 => Care::Good,
            40..80 => Care::Usual,
            _ => Care::Poor,
        };
        let (facts, updates) = if random.percent(20) {
            linux::make(&mut random, names, care, now)
        } else {
            windows::make(&mut random, names, care, now)
        };
        let scanning = scanning(&mut random, facts.os_family);
        let signals = signals(&mut random, facts.os_family, care);
        let booted_at = before(now, random.between(1, 60 * 24 * 45));
        let scan = first_scan(&mut random, &scanning, now);
        Self {
            facts,
            is_offline: random.percent(5),
            offered: Inventory::new(updates),
            signals,
            scanning,
            scan,
            boot_id: boot_id(&mut random),
            booted_at,
            random,
        }
    }

    /// Takes over what happened to the machine in earlier runs.
    pub(crate) fn resume(&mut self, identity: &Identity) {
        self.remove(|key| identity.installed.contains(key));
        if identity.restarts > 0 {
            self.signals.clear();
            self.boot_id = boot_id(&mut Random::new(
                u64::from(identity.restarts),
                self.random.next(),
            ));
        }
    }

    /// The updates that are offered.
    pub(crate) const fn inventory(&self) -> &Inventory {
        &self.offered
    }

    /// The last scan.
    pub(crate) fn scan_report(&self) -> ScanReport {
        self.scan.clone()
    }

    /// The signals.
    pub(crate) fn restart_report(&self) -> RestartReport {
        RestartReport {
            signals: self.signals.clone(),
            scheduled_at: None,
            postponed: None,
        }
    }

    /// What its work needs: some machines are slower than others.
    pub(crate) fn needs_report(&self) -> WorkNeedsReport {
        let letters = self.facts.hostname.bytes().map(u64::from);
        let slowness = letters.sum::<u64>() % 6;
        WorkNeedsReport {
            update_seconds: (10 + 8 * slowness) * 60,
            restart_seconds: (3 + slowness) * 60,
        }
    }

    /// Changes with every restart.
    pub(crate) fn boot_id(&self) -> &str {
        &self.boot_id
    }

    /// The last start.
    pub(crate) const fn booted_at(&self) -> Timestamp {
        self.booted_at
    }

    /// Whether a strong signal stands.
    pub(crate) fn needs_restart(&self) -> bool {
        use latarnik_model::SignalStrength::Strong;
        self.signals
            .iter()
            .any(|signal| signal.name.strength() == Strong)
    }

    /// Looks for updates: now and then something new is there. An error is the machine's usual one.
    pub(crate) fn look(&mut self, now: Timestamp) -> Result<(), (ReasonCode, String)> {
        if let Scanning::Fails(reason, detail) = self.scanning {
            self.scan = ScanReport {
                attempted_at: now,
                boot_id: Some(self.boot_id.clone()),
                error: Some(reason),
                error_detail: Some(detail.to_owned()),
                ..self.scan.clone()
            };
            return Err((reason, detail.to_owned()));
        }
        if self.facts.os_family == OsFamily::Windows && self.random.percent(50) {
            self.offer(windows::definition_update(now));
        } else if self.random.percent(30) {
            let update = linux_or_driver(&mut self.random, self.facts.os_family, now);
            self.offer(update);
        }
        self.confirm(now);
        Ok(())
    }

    /// Looks for updates and finds what is known: after an installation, and after a restart. Its
    /// number.
    pub(crate) fn confirm(&mut self, now: Timestamp) -> Option<u64> {
        let number = self.scan.number.map(|number| number + 1);
        self.scan = ScanReport {
            attempted_at: now,
            succeeded_at: Some(now),
            number,
            boot_id: Some(self.boot_id.clone()),
            error: None,
            error_detail: None,
        };
        number
    }

    /// An update is installed: it is no longer offered, and may ask for a restart.
    pub(crate) fn install(&mut self, update: &Update, needs_restart: bool) {
        self.remove(|key| key == update.key);
        if needs_restart {
            let signal = match self.facts.os_family {
                OsFamily::Windows => signal(RestartSignalName::WuaRebootRequired, None),
                _ => signal(
                    RestartSignalName::RebootRequiredFile,
                    update.package.clone(),
                ),
            };
            if !self.signals.iter().any(|known| known.name == signal.name) {
                self.signals.push(signal);
            }
        }
    }

    /// Starts anew.
    pub(crate) fn restart(&mut self, now: Timestamp) {
        self.signals.clear();
        self.boot_id = boot_id(&mut self.random);
        self.booted_at = now;
    }

    fn offer(&mut self, update: Update) {
        let known = std::mem::take(&mut self.offered);
        self.offered = Inventory::new(known.updates().cloned().chain([update]));
    }

    fn remove(&mut self, is_gone: impl Fn(&str) -> bool) {
        let known = std::mem::take(&mut self.offered);
        let left = known
            .updates()
            .filter(|update| !is_gone(&update.key))
            .cloned();
        self.offered = Inventory::new(left);
    }
}

fn linux_or_driver(random: &mut Random, family: OsFamily, now: Timestamp) -> Update {
    match family {
        OsFamily::Windows => windows::driver_update(random, now),
        _ => linux::package_update(random, now),
    }
}

fn scanning(random: &mut Random, family: OsFamily) -> Scanning {
    const WINDOWS: [(ReasonCode, &str); 5] = [
        (ReasonCode::NetworkUnreachable, "0x8024402C"),
        (ReasonCode::NetworkUnreachable, "0x80072EE2"),
        (ReasonCode::WindowsUpdateError, "0x8024001E"),
        (ReasonCode::WindowsUpdateError, "0x80240438"),
        (ReasonCode::WindowsUpdateError, "0x8024500C"),
    ];
    const LINUX: [(ReasonCode, &str); 2] = [
        (ReasonCode::PackageManagerFailed, "exit code 100"),
        (ReasonCode::NetworkUnreachable, "exit code 100"),
    ];
    match random.below(100) {
        0..6 => {
            let list: &[_] = if family == OsFamily::Windows {
                &WINDOWS
            } else {
                &LINUX
            };
            let (reason, detail) = *random.pick(list);
            Scanning::Fails(reason, detail)
        }
        _ => Scanning::Works,
    }
}

/// 2026-01-01T00:00:00Z in seconds since 1970.
const START_OF_2026: i64 = 1_767_225_600;

fn first_scan(random: &mut Random, scanning: &Scanning, now: Timestamp) -> ScanReport {
    let attempted_at = before(now, random.between(1, 8 * 60));
    // Searches are not remembered from one run to the next: numbers go up with the clock, by one for
    // each hour of 2026 and later.
    let number = u64::try_from((attempted_at.as_second() - START_OF_2026) / 3600).ok();
    match scanning {
        Scanning::Works => ScanReport {
            attempted_at,
            succeeded_at: Some(attempted_at),
            number,
            boot_id: None,
            error: None,
            error_detail: None,
        },
        Scanning::Fails(reason, detail) => ScanReport {
            attempted_at,
            succeeded_at: Some(before(now, 60 * 24 * random.between(2, 30))),
            number,
            boot_id: None,
            error: Some(*reason),
            error_detail: Some((*detail).to_owned()),
        },
    }
}

fn signals(random: &mut Random, family: OsFamily, care: Care) -> Vec<RestartSignal> {
    use RestartSignalName as Name;
    let chance = if care == Care::Poor { 35 } else { 10 };
    let is_pending = random.percent(chance);
    if family != OsFamily::Windows {
        let detail = Some("linux-image-amd64, libc6".to_owned());
        return is_pending
            .then(|| signal(Name::RebootRequiredFile, detail))
            .into_iter()
            .collect();
    }
    let mut signals = Vec::new();
    if is_pending {
        signals.push(signal(Name::WuaRebootRequired, None));
        signals.push(signal(Name::ComponentServicingRebootPending, None));
    }
    if random.percent(8) {
        let file = r"\??\C:\Program Files (x86)\Microsoft\EdgeUpdate\1.3.195.61";
        signals.push(signal(Name::PendingFileRename, Some(file.to_owned())));
    }
    signals
}

const fn signal(name: RestartSignalName, detail: Option<String>) -> RestartSignal {
    RestartSignal { name, detail }
}

fn boot_id(random: &mut Random) -> String {
    format!("{:016x}{:016x}", random.next(), random.next())
}

/// So many minutes before.
fn before(now: Timestamp, minutes: u64) -> Timestamp {
    let minutes = SignedDuration::from_mins(i64::try_from(minutes).unwrap_or_default());
    now.checked_sub(minutes).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn now() -> Timestamp {
        "2026-11-23T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn same_seed_makes_the_same_machines_and_a_larger_fleet_begins_with_them() {
        let (small, large) = (fleet(7, 50, now()), fleet(7, 200, now()));
        for (one, other) in small.iter().zip(&large) {
            assert_eq!(one.facts, other.facts);
            assert_eq!(one.inventory(), other.inventory());
        }
        let names = |fleet: Vec<Machine>| fleet.into_iter().map(|machine| machine.facts.hostname);
        assert!(names(fleet(8, 50, now())).ne(names(small)));
    }

    #[test]
    fn host_names_are_unique_and_short_enough_for_windows() {
        let fleet = fleet(1, 2_000, now());
        let names: HashSet<_> = fleet
            .iter()
            .map(|machine| &machine.facts.hostname)
            .collect();
        assert_eq!(names.len(), fleet.len());
        assert!(names.iter().all(|name| name.len() <= 15), "{names:?}");
    }

    #[test]
    fn fleet_shows_every_state_that_the_console_has() {
        let fleet = fleet(1, 300, now());
        let count = |is: &dyn Fn(&Machine) -> bool| fleet.iter().filter(|m| is(m)).count();
        assert!(count(&|m| m.facts.os_family == OsFamily::Linux) > 30);
        assert!(count(&|m| m.inventory().len() > 10) > 10);
        assert!(count(&|m| m.inventory().is_empty()) > 10);
        assert!(count(&|m| m.scan.error.is_some()) > 5);
        assert!(count(&Machine::needs_restart) > 20);
        assert!(count(&|m| m.is_offline) > 5);
    }

    #[test]
    fn an_installed_update_is_no_longer_offered_and_asks_for_its_restart() {
        let mut machine = fleet(1, 300, now())
            .into_iter()
            .find(|m| !m.needs_restart() && !m.inventory().is_empty())
            .unwrap();
        let update = machine.offered.updates().next().unwrap().clone();
        machine.install(&update, true);
        assert!(
            machine
                .offered
                .updates()
                .all(|other| other.key != update.key)
        );
        assert!(machine.needs_restart());
        machine.restart(now());
        assert!(!machine.needs_restart());
    }
}
