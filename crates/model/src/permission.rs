//! Who may do what: one table, from which code, API and console are drawn.

use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A user's role inside their tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything in their tenants.
    Owner,
    /// Operates devices; changes no policy, window, destination, user or key.
    Technician,
    /// Looks at their own tenant; no action at all.
    ClientView,
}

/// The text names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown role: {0} (use owner, technician or client_view)")]
pub struct UnknownRole(pub String);

impl FromStr for Role {
    type Err = UnknownRole;
    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        match text {
            "owner" => Ok(Self::Owner),
            "technician" => Ok(Self::Technician),
            "client_view" => Ok(Self::ClientView),
            other => Err(UnknownRole(other.to_owned())),
        }
    }
}

/// One thing that a role may be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// See devices, their updates and their tasks.
    ReadDevices,
    /// Ask devices to look for updates.
    ScanDevices,
    /// Install updates.
    InstallUpdates,
    /// Restart devices.
    RestartDevices,
    /// Cancel tasks that wait or run.
    CancelTasks,
    /// Move devices between groups.
    MoveDevices,
    /// Remove devices; their certificates stop working.
    RemoveDevices,
    /// Create and revoke enrollment tokens.
    ManageEnrollmentTokens,
}

impl Permission {
    /// Every permission, in the order in which documentation lists them.
    pub const ALL: [Self; 8] = [
        Self::ReadDevices,
        Self::ScanDevices,
        Self::InstallUpdates,
        Self::RestartDevices,
        Self::CancelTasks,
        Self::MoveDevices,
        Self::RemoveDevices,
        Self::ManageEnrollmentTokens,
    ];
}

impl Role {
    /// Every role, widest first.
    pub const ALL: [Self; 3] = [Self::Owner, Self::Technician, Self::ClientView];

    /// The role's name in the API, on the command line and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Technician => "technician",
            Self::ClientView => "client_view",
        }
    }

    /// Whether the role may do it. The table itself.
    #[must_use]
    pub const fn may(self, permission: Permission) -> bool {
        match (self, permission) {
            (Self::Owner, _) | (_, Permission::ReadDevices) => true,
            (
                Self::Technician,
                Permission::ScanDevices
                | Permission::InstallUpdates
                | Permission::RestartDevices
                | Permission::CancelTasks
                | Permission::MoveDevices,
            ) => true,
            (Self::Technician | Self::ClientView, _) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_view_may_only_read() {
        let allowed: Vec<_> = Permission::ALL
            .into_iter()
            .filter(|p| Role::ClientView.may(*p))
            .collect();
        assert_eq!(allowed, [Permission::ReadDevices]);
    }

    #[test]
    fn technician_cannot_hand_out_or_take_away_trust() {
        assert!(!Role::Technician.may(Permission::ManageEnrollmentTokens));
        assert!(!Role::Technician.may(Permission::RemoveDevices));
    }

    #[test]
    fn wider_role_may_all_that_a_narrower_one_may() {
        for permission in Permission::ALL {
            for pair in Role::ALL.windows(2) {
                assert!(
                    pair[0].may(permission) || !pair[1].may(permission),
                    "{permission:?}"
                );
            }
        }
    }

    #[test]
    fn role_survives_its_name() {
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(role));
        }
    }
}
