//! What a managed machine is.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The kind of operating system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OsFamily {
    /// Windows 10, 11 or Server.
    Windows,
    /// A Linux distribution.
    Linux,
    /// Something a newer agent knows and this program does not.
    #[serde(other)]
    Other,
}

impl OsFamily {
    /// The name in the API and the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Windows => "windows",
            Self::Linux => "linux",
            Self::Other => "other",
        }
    }

    /// The inverse of [`OsFamily::name`]; anything else is `Other`.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        match name {
            "windows" => Self::Windows,
            "linux" => Self::Linux,
            _ => Self::Other,
        }
    }
}

/// The processor architecture a program is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Architecture {
    /// 64-bit x86.
    #[serde(rename = "x86_64")]
    X86_64,
    /// 64-bit ARM.
    #[serde(rename = "aarch64")]
    Aarch64,
}

/// What an agent program is built for, such as `windows-x86_64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Platform {
    /// Operating system.
    pub os: OsFamily,
    /// Processor.
    pub architecture: Architecture,
}

impl Platform {
    /// The platforms that the server can hand agent programs out for.
    pub const ALL: [Self; 2] = [
        Self {
            os: OsFamily::Linux,
            architecture: Architecture::X86_64,
        },
        Self {
            os: OsFamily::Windows,
            architecture: Architecture::X86_64,
        },
    ];
}

/// The text names no platform that agents exist for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown platform: {0}")]
pub struct UnknownPlatform(pub String);

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let architecture = match self.architecture {
            Architecture::X86_64 => "x86_64",
            Architecture::Aarch64 => "aarch64",
        };
        write!(f, "{}-{architecture}", self.os.name())
    }
}

impl FromStr for Platform {
    type Err = UnknownPlatform;
    fn from_str(text: &str) -> Result<Self, UnknownPlatform> {
        Self::ALL
            .into_iter()
            .find(|platform| platform.to_string() == text)
            .ok_or_else(|| UnknownPlatform(text.to_owned()))
    }
}

/// What is known of a device's last look for updates. "Failed" and "never" are states of their
/// own: neither means that the device is up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ScanState {
    /// No scan has been reported yet.
    Never,
    /// The last scan worked; its list is what the device shows.
    Succeeded,
    /// The last scan failed; the list is from an earlier one, if any.
    Failed,
}

impl ScanState {
    /// The name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }

    /// The inverse of [`ScanState::name`]; anything else is `Never`.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        match name {
            "succeeded" => Self::Succeeded,
            "failed" => Self::Failed,
            _ => Self::Never,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platform_survives_its_name() {
        for platform in Platform::ALL {
            assert_eq!(platform.to_string().parse(), Ok(platform));
        }
        assert!("../linux".parse::<Platform>().is_err());
    }
}
