//! How a run read its folders, told by stable codes.

use serde::{Deserialize, Serialize};
use std::{fmt, path::PathBuf};

/// How a run read a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceReading {
    /// The folder, as the job names it.
    pub path: PathBuf,
    /// Where it was read.
    #[serde(flatten)]
    pub reading: Reading,
}

/// Where a folder was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "read", rename_all = "snake_case")]
pub enum Reading {
    /// In a shadow copy of its volume.
    ShadowCopy,
    /// Where it lies, while programs go on.
    Live(Live),
}

/// Why there is no shadow copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Live {
    /// The code.
    pub reason: LiveReason,
    /// The system's own words or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl From<LiveReason> for Live {
    fn from(reason: LiveReason) -> Self {
        Self {
            reason,
            detail: None,
        }
    }
}

impl fmt::Display for Live {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.reason)?;
        match &self.detail {
            Some(detail) => write!(formatter, " ({detail})"),
            None => Ok(()),
        }
    }
}

/// The codes of [`Live`], as they are written in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LiveReason {
    /// The job wants none.
    SwitchedOff,
    /// This system makes none.
    UnsupportedSystem,
    /// The folder lies on another machine.
    Network,
    /// No shadow copy can be made of this volume.
    UnsupportedVolume,
    /// Which volume holds the folder could not be found out.
    UnknownVolume,
    /// The account may not make any.
    NotPermitted,
    /// Another program made one all the time.
    Busy,
    /// There is no room for one.
    InsufficientStorage,
    /// There are as many as there may be.
    LimitReached,
    /// It took too long.
    TimedOut,
    /// The programs that take part failed.
    WritersFailed,
    /// The service that makes them failed.
    ProviderFailed,
    /// The service does not answer.
    ServiceUnavailable,
    /// The machine has to restart first.
    RestartRequired,
    /// It was made, and the folder cannot be read in it.
    CopyUnreadable,
    /// Anything else.
    Failed,
}

impl LiveReason {
    /// What a person can do about it.
    fn advice(self) -> &'static str {
        match self {
            Self::SwitchedOff => "the job sets shadow_copies to \"off\"",
            Self::UnsupportedSystem => "there are shadow copies on Windows alone",
            Self::Network => "back it up on the machine where it lies",
            Self::UnsupportedVolume => "it needs a local volume with NTFS or ReFS",
            Self::UnknownVolume => "check that its volume is mounted",
            Self::NotPermitted => "run it as an administrator, or as the service",
            Self::Busy => "run it when no other backup does",
            Self::InsufficientStorage => "make room on its volume, or more for shadow copies",
            Self::LimitReached => "delete shadow copies that nobody needs",
            Self::TimedOut => "run it when the disks are less busy",
            Self::WritersFailed | Self::ProviderFailed => {
                "the Application log (sources VSS and volsnap) tells more"
            }
            Self::ServiceUnavailable => "start the service \"Volume Shadow Copy\" (VSS)",
            Self::RestartRequired => "restart the machine",
            Self::CopyUnreadable | Self::Failed => "try again",
        }
    }
}

impl fmt::Display for LiveReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::SwitchedOff => "switched off",
            Self::UnsupportedSystem => "not on this system",
            Self::Network => "on another machine",
            Self::UnsupportedVolume => "not of this volume",
            Self::UnknownVolume => "unknown volume",
            Self::NotPermitted => "not permitted",
            Self::Busy => "another program makes one",
            Self::InsufficientStorage => "no room for it",
            Self::LimitReached => "too many already",
            Self::TimedOut => "took too long",
            Self::WritersFailed => "writers failed",
            Self::ProviderFailed => "provider failed",
            Self::ServiceUnavailable => "service not available",
            Self::RestartRequired => "restart pending",
            Self::CopyUnreadable => "the copy cannot be read",
            Self::Failed => "failed",
        })
    }
}

impl Live {
    /// What a person can do about it.
    pub fn advice(&self) -> &'static str {
        self.reason.advice()
    }
}

/// Whether what a run read may have existed at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consistency {
    /// All files are as they would be found after the power went at one instant.
    CrashConsistent,
    /// Files were read one after the other, while programs may have changed them.
    NotCrashConsistent,
}

impl Consistency {
    pub(crate) fn of(readings: &[SourceReading]) -> Self {
        let is_live = |one: &SourceReading| matches!(one.reading, Reading::Live(_));
        if readings.iter().any(is_live) {
            Self::NotCrashConsistent
        } else {
            Self::CrashConsistent
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_reading_is_written_with_stable_codes() {
        let readings = [
            Reading::ShadowCopy,
            Reading::Live(Live {
                reason: LiveReason::InsufficientStorage,
                detail: Some("DoSnapshotSet: 0x8004231F".to_owned()),
            }),
        ]
        .map(|reading| SourceReading {
            path: PathBuf::from("/srv"),
            reading,
        });
        let written = serde_json::to_value(&readings).unwrap();
        assert_eq!(
            written,
            json!([
                { "path": "/srv", "read": "shadow_copy" },
                {
                    "path": "/srv", "read": "live", "reason": "insufficient_storage",
                    "detail": "DoSnapshotSet: 0x8004231F",
                },
            ])
        );
        let read: Vec<SourceReading> = serde_json::from_value(written).unwrap();
        assert_eq!(read, readings);
    }
}
