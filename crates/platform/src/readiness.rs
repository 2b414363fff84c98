//! Whether the machine is in a state in which updates may be installed. What speaks against it is
//! told with its own reason, before anything is downloaded.

use latarnik_agent_core::{OutputExcerpt, UpdateError};
use latarnik_model::ReasonCode;

#[cfg(not(windows))]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(not(windows))]
pub(crate) use linux::look;
#[cfg(windows)]
pub(crate) use windows::look;

const MIB: u64 = 1024 * 1024;

/// The machine as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Readiness {
    /// It runs on a battery alone.
    pub(crate) on_battery: bool,
    /// What a program may still write where updates go; `None` if the system does not tell.
    pub(crate) free_bytes: Option<u64>,
}

/// How much room updates need: each the multiple of its download, and something to work with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SpaceRule {
    /// The download itself, and what comes out of it.
    factor: u64,
    /// Always left over.
    floor_bytes: u64,
    /// No download counts for more.
    largest_bytes: u64,
}

impl SpaceRule {
    /// Windows names the size of a cumulative update with everything that some machine may need of
    /// it, often tens of gigabytes, of which any one machine loads a few.
    #[cfg_attr(not(windows), expect(dead_code, reason = "the rule of another system"))]
    pub(crate) const WINDOWS: Self = Self {
        factor: 2,
        floor_bytes: 1024 * MIB,
        largest_bytes: 5 * 1024 * MIB,
    };

    /// Packages are compressed to about a third.
    #[cfg_attr(windows, expect(dead_code, reason = "the rule of another system"))]
    pub(crate) const APT: Self = Self {
        factor: 4,
        floor_bytes: 256 * MIB,
        largest_bytes: u64::MAX,
    };

    /// What has to be free for these downloads. An unknown size counts as nothing.
    pub(crate) fn needed_bytes(self, downloads: impl IntoIterator<Item = Option<u64>>) -> u64 {
        let share = |bytes: Option<u64>| {
            let counted = bytes.unwrap_or(0).min(self.largest_bytes);
            counted.saturating_mul(self.factor)
        };
        downloads
            .into_iter()
            .map(share)
            .fold(self.floor_bytes, u64::saturating_add)
    }
}

impl Readiness {
    /// Refuses what would stop half-way.
    pub(crate) fn check(self, needed_bytes: u64) -> Result<(), UpdateError> {
        if self.on_battery {
            return Err(refusal(ReasonCode::OnBattery, None));
        }
        match self.free_bytes {
            Some(free) if free < needed_bytes => Err(refusal(
                ReasonCode::NotEnoughDiskSpace,
                Some(format!("needed_bytes={needed_bytes} free_bytes={free}")),
            )),
            _ => Ok(()),
        }
    }
}

fn refusal(reason: ReasonCode, detail: Option<String>) -> UpdateError {
    UpdateError {
        reason,
        detail,
        exit_code: None,
        output: OutputExcerpt::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1024 * MIB;
    const READY: Readiness = Readiness {
        on_battery: false,
        free_bytes: Some(100 * GIB),
    };

    const RULE: SpaceRule = SpaceRule {
        factor: 2,
        floor_bytes: GIB,
        largest_bytes: 5 * GIB,
    };

    #[test]
    fn room_is_the_double_of_each_download_and_a_floor() {
        assert_eq!(RULE.needed_bytes([]), GIB);
        assert_eq!(RULE.needed_bytes([Some(GIB), None, Some(GIB / 2)]), 4 * GIB);
    }

    #[test]
    fn a_download_with_everything_for_every_machine_counts_as_the_largest_that_one_needs() {
        assert_eq!(RULE.needed_bytes([Some(90 * GIB)]), 11 * GIB);
        assert_eq!(RULE.needed_bytes([Some(u64::MAX); 3]), 31 * GIB);
    }

    #[test]
    fn too_little_room_is_refused_with_both_numbers() {
        let tight = Readiness {
            free_bytes: Some(9),
            ..READY
        };
        let refused = tight.check(10).unwrap_err();
        assert_eq!(refused.reason, ReasonCode::NotEnoughDiskSpace);
        assert_eq!(
            refused.detail.as_deref(),
            Some("needed_bytes=10 free_bytes=9")
        );
        assert_eq!(tight.check(9), Ok(()));
    }

    #[test]
    fn a_machine_on_its_battery_is_refused() {
        let unplugged = Readiness {
            on_battery: true,
            ..READY
        };
        let refused = unplugged.check(0).unwrap_err();
        assert_eq!(refused.reason, ReasonCode::OnBattery);
    }

    #[test]
    fn what_the_system_does_not_tell_refuses_nothing() {
        let silent = Readiness {
            free_bytes: None,
            ..READY
        };
        assert_eq!(silent.check(u64::MAX), Ok(()));
    }
}
