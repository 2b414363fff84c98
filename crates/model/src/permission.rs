//! Who may do what: one table, from which code, API, console and documentation are drawn.

use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A role inside a tenant: of a person, or of an API token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything in their tenants.
    Owner,
    /// Everything in their tenants, except to appoint, change or remove an owner.
    Admin,
    /// Operates devices; changes no policy, window, destination, user or key.
    Technician,
    /// Looks at their own tenant; no action at all.
    ClientView,
}

/// The text names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown role: {0} (use owner, admin, technician or client_view)")]
pub struct UnknownRole(pub String);

impl FromStr for Role {
    type Err = UnknownRole;
    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.name() == text)
            .ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

/// Whether a permission counts in every tenant or in the provider's alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// In every tenant.
    EveryTenant,
    /// Only for people and tokens of the provider.
    ProviderOnly,
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $narrowest:ident, $reach:ident;)*) => {
        /// One thing that a role may be allowed to do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum Permission {
            $($(#[$doc])* $name,)*
        }

        impl Permission {
            /// Every permission, in the order in which documentation lists them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The permission's name in the API.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// The narrowest role that has it; every wider one has it too.
            #[must_use]
            pub const fn narrowest_role(self) -> Role {
                match self {
                    $(Self::$name => Role::$narrowest,)*
                }
            }

            /// Where it counts.
            #[must_use]
            pub const fn reach(self) -> Reach {
                match self {
                    $(Self::$name => Reach::$reach,)*
                }
            }
        }
    };
}

// The table itself: name, narrowest role that has it, and where it counts.
permissions! {
    /// See devices, their updates and their tasks.
    ReadDevices = "read_devices", ClientView, EveryTenant;
    /// Ask devices to look for updates.
    ScanDevices = "scan_devices", Technician, EveryTenant;
    /// Install updates.
    InstallUpdates = "install_updates", Technician, EveryTenant;
    /// Restart devices.
    RestartDevices = "restart_devices", Technician, EveryTenant;
    /// Cancel tasks that wait or run.
    CancelTasks = "cancel_tasks", Technician, EveryTenant;
    /// Acknowledge alerts.
    AcknowledgeAlerts = "acknowledge_alerts", Technician, EveryTenant;
    /// Move devices between groups.
    MoveDevices = "move_devices", Technician, EveryTenant;
    /// Remove devices; their certificates stop working.
    RemoveDevices = "remove_devices", Admin, EveryTenant;
    /// Create and revoke enrollment tokens.
    ManageEnrollmentTokens = "manage_enrollment_tokens", Admin, EveryTenant;
    /// Create, change and delete groups.
    ManageGroups = "manage_groups", Admin, EveryTenant;
    /// Change what installs by itself: policies for updates, approvals and blocks, rings.
    ManageUpdatePolicies = "manage_update_policies", Admin, EveryTenant;
    /// Change when automatic work may run: maintenance windows, blackouts, calendar feeds.
    ManageMaintenanceWindows = "manage_maintenance_windows", Admin, EveryTenant;
    /// Invite, change, disable and remove people.
    ManageUsers = "manage_users", Admin, EveryTenant;
    /// Create and revoke API tokens.
    ManageApiTokens = "manage_api_tokens", Admin, EveryTenant;
    /// Change what holds for a whole tenant: its name, its sign-in, how long its audit is kept.
    ManageSettings = "manage_settings", Admin, EveryTenant;
    /// Read and export the audit, and have it verified.
    ReadAudit = "read_audit", Admin, EveryTenant;
    /// Create and delete client tenants.
    ManageTenants = "manage_tenants", Admin, ProviderOnly;
}

impl Role {
    /// Every role, widest first.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Admin, Self::Technician, Self::ClientView];

    /// The role's name in the API, on the command line and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Technician => "technician",
            Self::ClientView => "client_view",
        }
    }

    /// Wider roles have smaller numbers.
    const fn rank(self) -> u8 {
        match self {
            Self::Owner => 0,
            Self::Admin => 1,
            Self::Technician => 2,
            Self::ClientView => 3,
        }
    }

    /// Whether the role may do it, in a tenant where the permission counts.
    #[must_use]
    pub const fn may(self, permission: Permission) -> bool {
        self.covers(permission.narrowest_role())
    }

    /// Whether the role is at least as wide as the other. Nobody gives a role that their own does
    /// not cover, and nobody changes a person whose role theirs does not cover.
    #[must_use]
    pub const fn covers(self, other: Self) -> bool {
        self.rank() <= other.rank()
    }

    /// Whether a person of this role must have a second factor before they can act.
    #[must_use]
    pub const fn needs_second_factor(self) -> bool {
        matches!(self, Self::Owner | Self::Admin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_view_may_only_read() {
        let allowed: Vec<_> = Permission::ALL
            .iter()
            .filter(|p| Role::ClientView.may(**p))
            .collect();
        assert_eq!(allowed, [&Permission::ReadDevices]);
    }

    #[test]
    fn technician_operates_and_hands_out_no_trust() {
        use Permission::*;
        let allowed: Vec<_> = Permission::ALL
            .iter()
            .copied()
            .filter(|p| Role::Technician.may(*p))
            .collect();
        assert_eq!(
            allowed,
            [
                ReadDevices,
                ScanDevices,
                InstallUpdates,
                RestartDevices,
                CancelTasks,
                AcknowledgeAlerts,
                MoveDevices
            ]
        );
    }

    #[test]
    fn owner_and_admin_may_everything_and_only_an_owner_covers_an_owner() {
        for permission in Permission::ALL {
            assert!(Role::Owner.may(*permission) && Role::Admin.may(*permission));
        }
        assert!(Role::Owner.covers(Role::Owner) && Role::Owner.covers(Role::Admin));
        assert!(!Role::Admin.covers(Role::Owner) && Role::Admin.covers(Role::Admin));
    }

    #[test]
    fn wider_role_may_all_that_a_narrower_one_may() {
        for permission in Permission::ALL {
            for pair in Role::ALL.windows(2) {
                assert!(
                    pair[0].may(*permission) || !pair[1].may(*permission),
                    "{permission:?}"
                );
            }
        }
    }

    #[test]
    fn role_and_permission_survive_their_names() {
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(role));
        }
        for permission in Permission::ALL {
            let json = serde_json::to_value(permission).unwrap();
            assert_eq!(json, permission.name());
        }
    }
}
