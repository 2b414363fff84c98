use super::Readiness;
use rustix::fs::statvfs;
use std::{fs, path::Path};

/// Where apt puts what it loads, and where it unpacks it.
const PLACES: [&str; 2] = ["var/cache/apt/archives", "usr"];

/// Looks at the machine, or at the folder that stands for one.
pub(crate) fn look(root: &Path) -> Readiness {
    Readiness {
        on_battery: is_on_battery(&root.join("sys/class/power_supply")),
        free_bytes: PLACES
            .iter()
            .filter_map(|place| free_bytes(&root.join(place)).or_else(|| free_bytes(root)))
            .min(),
    }
}

fn free_bytes(place: &Path) -> Option<u64> {
    let system = statvfs(place).ok()?;
    Some(system.f_bavail.saturating_mul(system.f_frsize))
}

/// A battery that gives power, and nothing plugged in. Batteries of mice and headsets, whose scope
/// is a device, say nothing about the machine.
fn is_on_battery(supplies: &Path) -> bool {
    let Ok(supplies) = fs::read_dir(supplies) else {
        return false;
    };
    let mut discharging = false;
    for supply in supplies.flatten() {
        let read = |name: &str| fs::read_to_string(supply.path().join(name)).unwrap_or_default();
        if read("scope").trim() == "Device" {
            continue;
        }
        if read("type").trim() == "Battery" {
            discharging |= read("status").trim() == "Discharging";
        } else if read("online").trim() == "1" {
            return false;
        }
    }
    discharging
}

#[cfg(test)]
mod tests {
    use super::*;

    fn supply(root: &Path, name: &str, values: &[(&str, &str)]) {
        let folder = root.join("sys/class/power_supply").join(name);
        fs::create_dir_all(&folder).unwrap();
        for (value, text) in values {
            fs::write(folder.join(value), format!("{text}\n")).unwrap();
        }
    }

    #[test]
    fn only_a_battery_that_gives_power_with_nothing_plugged_in_counts() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        let on_battery = || look(root).on_battery;
        assert!(!on_battery(), "a machine without supplies");
        let battery = |status| {
            supply(root, "BAT0", &[("type", "Battery"), ("status", status)]);
        };
        battery("Discharging");
        assert!(on_battery());
        supply(root, "AC", &[("type", "Mains"), ("online", "1")]);
        assert!(!on_battery(), "plugged in");
        supply(root, "AC", &[("online", "0")]);
        assert!(on_battery(), "unplugged");
        supply(root, "ucsi", &[("type", "USB"), ("online", "1")]);
        assert!(!on_battery(), "plugged in through USB");
        supply(root, "ucsi", &[("online", "0")]);
        battery("Not charging");
        assert!(!on_battery());
    }

    #[test]
    fn the_battery_of_a_mouse_is_not_the_machines() {
        let root = tempfile::tempdir().unwrap();
        let mouse = [
            ("type", "Battery"),
            ("scope", "Device"),
            ("status", "Discharging"),
        ];
        supply(root.path(), "hidpp_battery_0", &mouse);
        assert!(!look(root.path()).on_battery);
    }

    #[test]
    fn free_space_is_that_of_the_file_system_with_least_of_it() {
        let root = tempfile::tempdir().unwrap();
        assert!(look(root.path()).free_bytes.unwrap() > 0);
        assert!(look(Path::new("/")).free_bytes.unwrap() > 0);
    }
}
