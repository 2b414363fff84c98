//! Who is signed in.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod read;

use super::tenants::TenantReference;
use latarnik_app::{Context, SignedIn};
use latarnik_model::{ColorScheme, Language, Permission, Role, UserId};
use serde::Serialize;
use utoipa::ToSchema;

/// Who is signed in, and what they may do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    user: SessionUser,
    tenant: TenantReference,
    can: Abilities,
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

/// What the person may do, by permission.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "one for each permission")]
struct Abilities {
    read_devices: bool,
    scan_devices: bool,
    install_updates: bool,
    restart_devices: bool,
    cancel_tasks: bool,
    move_devices: bool,
    remove_devices: bool,
    manage_enrollment_tokens: bool,
}

impl Abilities {
    const fn of(context: &Context) -> Self {
        Self {
            read_devices: context.may(Permission::ReadDevices),
            scan_devices: context.may(Permission::ScanDevices),
            install_updates: context.may(Permission::InstallUpdates),
            restart_devices: context.may(Permission::RestartDevices),
            cancel_tasks: context.may(Permission::CancelTasks),
            move_devices: context.may(Permission::MoveDevices),
            remove_devices: context.may(Permission::RemoveDevices),
            manage_enrollment_tokens: context.may(Permission::ManageEnrollmentTokens),
        }
    }
}

impl From<SignedIn> for Session {
    fn from(signed_in: SignedIn) -> Self {
        let SignedIn {
            user,
            tenant,
            context,
            ..
        } = signed_in;
        Self {
            user: SessionUser {
                id: user.id,
                email: user.email,
                name: user.name,
                role: user.role,
                language: user.language,
                color_scheme: user.color_scheme,
            },
            tenant: TenantReference {
                id: tenant.id,
                name: tenant.name,
            },
            can: Abilities::of(&context),
            server_version: env!("CARGO_PKG_VERSION"),
        }
    }
}
