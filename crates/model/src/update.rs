//! One operating-system update offered to a device.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Titles by language (BCP 47).
pub type Titles = BTreeMap<String, String>;

/// Where the offer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum UpdateSource {
    /// The Windows Update Agent.
    WindowsUpdate,
    /// Debian's package manager.
    Apt,
    /// Something a newer agent knows and this program does not.
    #[serde(other)]
    Other,
}

/// What kind of update it is: from category GUIDs on Windows, from the package's origin on Linux.
/// Never from a title.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum UpdateCategory {
    /// A fix for a critical bug that is not about security.
    Critical,
    /// A fix for a vulnerability.
    Security,
    /// Signatures of a protection program.
    Definition,
    /// A cumulative set of fixes.
    UpdateRollup,
    /// A cumulative set of everything since release.
    ServicePack,
    /// New functions, between releases.
    FeaturePack,
    /// A new release of the operating system.
    FeatureUpdate,
    /// A device driver.
    Driver,
    /// A tool, such as the malicious software removal tool.
    Tool,
    /// Recommended, not required.
    Optional,
    /// Something this program does not know.
    #[serde(other)]
    Other,
}

impl UpdateCategory {
    /// Every category.
    pub const ALL: [Self; 11] = [
        Self::Critical,
        Self::Security,
        Self::Definition,
        Self::UpdateRollup,
        Self::ServicePack,
        Self::FeaturePack,
        Self::FeatureUpdate,
        Self::Driver,
        Self::Tool,
        Self::Optional,
        Self::Other,
    ];

    /// The name in the API, on the wire and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Security => "security",
            Self::Definition => "definition",
            Self::UpdateRollup => "update_rollup",
            Self::ServicePack => "service_pack",
            Self::FeaturePack => "feature_pack",
            Self::FeatureUpdate => "feature_update",
            Self::Driver => "driver",
            Self::Tool => "tool",
            Self::Optional => "optional",
            Self::Other => "other",
        }
    }

    /// The inverse of [`UpdateCategory::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|category| category.name() == name)
    }

    /// Whether the update closes security holes, for the count that tables show.
    #[must_use]
    pub const fn is_security(self) -> bool {
        matches!(self, Self::Security)
    }
}

/// How bad the vulnerability is that an update closes (Microsoft's scale).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Low.
    Low,
    /// Moderate.
    Moderate,
    /// Important.
    Important,
    /// Critical.
    Critical,
}

/// Whether installing the update restarts the machine, as far as known beforehand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RestartBehavior {
    /// Never needs a restart.
    Never,
    /// Always needs one.
    Always,
    /// May need one.
    CanRequest,
    /// The source does not say.
    #[default]
    #[serde(other)]
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn category_has_the_same_name_everywhere() {
        for category in UpdateCategory::ALL {
            let written = serde_json::to_value(category).unwrap();
            assert_eq!(written, category.name());
            assert_eq!(UpdateCategory::from_name(category.name()), Some(category));
        }
        assert_eq!(UpdateCategory::from_name("amiga"), None);
    }
}
