//! Who is signed in.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod read;

use super::{
    tenants::{TenantKind, TenantReference},
    users::OnOff,
};
use crate::{ApiState, cookie, problem::ApiError};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::header;
use latarnik_app::{Context, SessionToken, SignedIn};
use latarnik_model::{ColorScheme, Language, Permission, Role, SessionId, SignInMethod, UserId};
use serde::Serialize;
use utoipa::ToSchema;

/// Who is signed in, and what they may do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    session_id: SessionId,
    method: SignInMethod,
    user: SessionUser,
    tenant: TenantReference,
    tenant_kind: TenantKind,
    can: Abilities,
    /// The roles that the person may give to others.
    roles: Vec<Role>,
    second_factor: SecondFactor,
    /// Version of the server program.
    server_version: &'static str,
}

/// The person.
#[derive(Debug, Serialize, ToSchema)]
struct SessionUser {
    id: UserId,
    email: String,
    name: String,
    role: Role,
    /// Null follows the browser.
    language: Option<Language>,
    color_scheme: ColorScheme,
}

/// How the person stands with their second factor.
#[derive(Debug, Serialize, ToSchema)]
struct SecondFactor {
    state: OnOff,
    /// Whether the role needs one. While there is none, nothing else is allowed.
    required: bool,
    /// Null without a second factor.
    recovery_codes_left: Option<u64>,
}

macro_rules! abilities {
    ($($field:ident = $permission:ident,)*) => {
        /// What the person may do, by permission.
        #[derive(Debug, Serialize, ToSchema)]
        struct Abilities {
            $($field: bool,)*
        }

        impl Abilities {
            fn of(context: &Context) -> Self {
                Self {
                    $($field: context.may(Permission::$permission),)*
                }
            }

            #[cfg(test)]
            const NAMES: &[&str] = &[$(stringify!($field)),*];
        }
    };
}

abilities! {
    read_devices = ReadDevices,
    scan_devices = ScanDevices,
    install_updates = InstallUpdates,
    restart_devices = RestartDevices,
    cancel_tasks = CancelTasks,
    acknowledge_alerts = AcknowledgeAlerts,
    move_devices = MoveDevices,
    remove_devices = RemoveDevices,
    manage_enrollment_tokens = ManageEnrollmentTokens,
    manage_groups = ManageGroups,
    manage_update_policies = ManageUpdatePolicies,
    manage_maintenance_windows = ManageMaintenanceWindows,
    manage_users = ManageUsers,
    manage_api_tokens = ManageApiTokens,
    manage_settings = ManageSettings,
    read_audit = ReadAudit,
    manage_tenants = ManageTenants,
}

impl Session {
    /// The session of somebody who is signed in.
    pub(crate) async fn of(state: &ApiState, signed_in: SignedIn) -> Result<Self, ApiError> {
        let left = state.app().recovery_codes_left(&signed_in.user).await?;
        let required = state.app().needs_second_factor(&signed_in.user);
        let SignedIn {
            user,
            tenant,
            session_id,
            method,
            context,
            ..
        } = signed_in;
        let appoints =
            context.may(Permission::ManageUsers) || context.may(Permission::ManageApiTokens);
        let roles = Role::ALL.into_iter();
        let roles = roles.filter(|role| appoints && user.role.covers(*role));
        Ok(Self {
            session_id,
            method,
            tenant_kind: TenantKind::of(tenant.parent_id),
            tenant: TenantReference {
                id: tenant.id,
                name: tenant.name,
            },
            can: Abilities::of(&context),
            roles: roles.collect(),
            second_factor: SecondFactor {
                state: OnOff::of(user.totp.secret.is_some()),
                required,
                recovery_codes_left: left,
            },
            user: SessionUser {
                id: user.id,
                email: user.email,
                name: user.name,
                role: user.role,
                language: user.language,
                color_scheme: user.color_scheme,
            },
            server_version: env!("CARGO_PKG_VERSION"),
        })
    }
}

/// Hands a new session to the browser.
pub(crate) async fn begin(
    state: &ApiState,
    token: &SessionToken,
    signed_in: SignedIn,
) -> Result<Response, ApiError> {
    let cookie = cookie::set(token, state.settings().cookie_security);
    let session = Session::of(state, signed_in).await?;
    Ok(([(header::SET_COOKIE, cookie)], Json(session)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn console_is_told_of_every_permission() {
        let names: Vec<_> = Permission::ALL.iter().map(|p| p.name()).collect();
        assert_eq!(Abilities::NAMES, names);
    }
}
