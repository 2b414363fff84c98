use super::Readiness;
use std::path::PathBuf;
use windows::{
    Win32::{
        Storage::FileSystem::GetDiskFreeSpaceExW,
        System::{
            Power::{GetSystemPowerStatus, SYSTEM_POWER_STATUS},
            SystemInformation::GetSystemWindowsDirectoryW,
        },
    },
    core::HSTRING,
};

/// `SYSTEM_POWER_STATUS::ACLineStatus`: nothing is plugged in.
const OFFLINE: u8 = 0;
/// `SYSTEM_POWER_STATUS::BatteryFlag`: there is none, or nobody knows.
const NO_BATTERY: [u8; 2] = [128, 255];

/// Looks at the machine.
pub(crate) fn look() -> Readiness {
    Readiness {
        on_battery: is_on_battery(),
        free_bytes: free_bytes(),
    }
}

fn is_on_battery() -> bool {
    let mut status = SYSTEM_POWER_STATUS::default();
    // SAFETY: the status is written into this frame.
    let told = unsafe { GetSystemPowerStatus(&raw mut status) };
    told.is_ok() && gives_power(&status)
}

fn gives_power(status: &SYSTEM_POWER_STATUS) -> bool {
    status.ACLineStatus == OFFLINE && !NO_BATTERY.contains(&status.BatteryFlag)
}

/// Of the drive that Windows is on.
fn free_bytes() -> Option<u64> {
    let mut buffer = [0_u16; 260];
    // SAFETY: the buffer carries its length.
    let length = unsafe { GetSystemWindowsDirectoryW(Some(&mut buffer)) };
    let folder = buffer.get(..usize::try_from(length).ok()?)?;
    let folder = PathBuf::from(String::from_utf16(folder).ok()?);
    let drive = HSTRING::from(folder.ancestors().last()?);
    let mut free = 0;
    // SAFETY: the name ends with a zero, and the number is written into this frame.
    unsafe { GetDiskFreeSpaceExW(&drive, Some(&raw mut free), None, None) }.ok()?;
    Some(free)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_battery_with_nothing_plugged_in_counts() {
        for (line, battery, expected) in [
            (0, 1, true),
            (0, 4, true),
            (1, 1, false),
            (255, 1, false),
            (0, 128, false),
            (0, 255, false),
        ] {
            let status = SYSTEM_POWER_STATUS {
                ACLineStatus: line,
                BatteryFlag: battery,
                ..SYSTEM_POWER_STATUS::default()
            };
            assert_eq!(gives_power(&status), expected, "{line} {battery}");
        }
    }

    #[test]
    fn this_machine_has_room_somewhere() {
        assert!(look().free_bytes.unwrap() > 0);
    }
}
