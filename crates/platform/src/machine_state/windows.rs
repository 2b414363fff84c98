use crate::since_boot;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use latarnik_agent_core::{Facts, FactsError, LastRestart, MachineState};
use latarnik_model::OsFamily;
use std::path::Path;
use windows::{
    Win32::System::SystemInformation::{
        ComputerNameDnsHostname, GetComputerNameExW, GetSystemTimeAsFileTime, GetTickCount64,
    },
    core::PWSTR,
};
use windows_registry::{Key, LOCAL_MACHINE};

mod restarts;

const CURRENT_VERSION: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion";
/// The first build of Windows 11; its registry still says "Windows 10".
const WINDOWS_11: u32 = 22_000;
/// 1601-01-01, where file times begin, before 1970-01-01.
const FILE_TIME_EPOCH_SECONDS: i64 = 11_644_473_600;

pub(crate) fn open(_folder: Option<&Path>, agent_version: &str) -> WindowsState {
    WindowsState {
        agent_version: agent_version.to_owned(),
    }
}

/// This Windows machine.
#[derive(Debug)]
pub(crate) struct WindowsState {
    agent_version: String,
}

impl MachineState for WindowsState {
    fn facts(&self) -> Result<Facts, FactsError> {
        let version = LOCAL_MACHINE.open(CURRENT_VERSION).ok();
        let text = |name: &str| {
            version
                .as_ref()
                .and_then(|key: &Key| key.get_string(name).ok())
        };
        let number = |name: &str| {
            version
                .as_ref()
                .and_then(|key: &Key| key.get_u32(name).ok())
        };
        let build = text("CurrentBuild")
            .and_then(|build| build.parse().ok())
            .unwrap_or(0);
        Ok(Facts {
            hostname: host_name()?,
            os_family: OsFamily::Windows,
            os_name: product_name(
                &text("ProductName").unwrap_or_else(|| "Windows".to_owned()),
                build,
                text("DisplayVersion").as_deref(),
            ),
            os_version: format!(
                "{}.{}.{build}.{}",
                number("CurrentMajorVersionNumber").unwrap_or(10),
                number("CurrentMinorVersionNumber").unwrap_or(0),
                number("UBR").unwrap_or(0),
            ),
            architecture: std::env::consts::ARCH.to_owned(),
            agent_version: self.agent_version.clone(),
            time_zone: self.time_zone(),
        })
    }

    /// The library keeps what it found for minutes; a machine that moved is noticed sooner.
    fn time_zone(&self) -> Option<String> {
        jiff::tz::reset_system_time_zone_cache();
        TimeZone::system().iana_name().map(str::to_owned)
    }

    fn boot_id(&self) -> String {
        since_boot::boot_id().unwrap_or_else(|error| {
            tracing::warn!(%error, "the registry keeps no boot id; the start time stands for it");
            self.booted_at()
                .map(|at| at.as_second().to_string())
                .unwrap_or_default()
        })
    }

    fn booted_at(&self) -> Option<Timestamp> {
        // SAFETY: neither call takes anything.
        let (now, running) = unsafe { (GetSystemTimeAsFileTime(), GetTickCount64()) };
        let ticks = (u64::from(now.dwHighDateTime) << 32) | u64::from(now.dwLowDateTime);
        let seconds = i64::try_from(ticks / 10_000_000).ok()? - FILE_TIME_EPOCH_SECONDS;
        let running = SignedDuration::from_millis(i64::try_from(running).ok()?);
        let at = Timestamp::from_second(seconds)
            .ok()?
            .checked_sub(running)
            .ok()?;
        Timestamp::from_second(at.as_second()).ok()
    }

    fn last_restart(&self) -> Option<LastRestart> {
        restarts::last()
    }
}

fn product_name(registered: &str, build: u32, display_version: Option<&str>) -> String {
    // Wine writes the maker's name before it.
    let registered = registered.strip_prefix("Microsoft ").unwrap_or(registered);
    let name = match registered.strip_prefix("Windows 10") {
        Some(edition) if build >= WINDOWS_11 => format!("Windows 11{edition}"),
        _ => registered.to_owned(),
    };
    match display_version {
        Some(version) => format!("{name} {version}"),
        None => name,
    }
}

fn host_name() -> Result<String, FactsError> {
    let mut buffer = [0_u16; 256];
    let mut length = buffer.len() as u32;
    // SAFETY: the buffer has as many characters as `length` says.
    let answer = unsafe {
        GetComputerNameExW(
            ComputerNameDnsHostname,
            Some(PWSTR(buffer.as_mut_ptr())),
            &raw mut length,
        )
    };
    answer.map_err(|error| FactsError(error.to_string()))?;
    Ok(String::from_utf16_lossy(
        buffer.get(..length as usize).unwrap_or_default(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_11_is_told_by_its_build() {
        assert_eq!(
            product_name("Windows 10 Pro", 26100, Some("24H2")),
            "Windows 11 Pro 24H2"
        );
        assert_eq!(
            product_name("Windows 10 Pro", 19045, Some("22H2")),
            "Windows 10 Pro 22H2"
        );
        assert_eq!(
            product_name("Windows Server 2022 Standard", 20348, None),
            "Windows Server 2022 Standard"
        );
    }

    #[test]
    fn this_machine_can_be_described() {
        let state = open(None, "1.2.3");
        let facts = state.facts().unwrap();
        assert!(!facts.hostname.is_empty());
        assert!(facts.os_name.starts_with("Windows"), "{}", facts.os_name);
        assert!(
            facts.os_version.starts_with("10.0."),
            "{}",
            facts.os_version
        );
        assert_eq!(facts.architecture, "x86_64");
        assert!(facts.time_zone.is_some());
    }

    #[test]
    fn the_boot_id_stays_until_the_machine_restarts() {
        let state = open(None, "1.2.3");
        assert_eq!(state.boot_id().len(), 36, "{}", state.boot_id());
        assert_eq!(state.boot_id(), state.boot_id());
        assert!(state.booted_at().unwrap().as_second() > 1_700_000_000);
    }
}
