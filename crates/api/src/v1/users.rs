//! People.

pub(super) mod create;
pub(super) mod create_password_reset;
pub(super) mod delete;
pub(super) mod delete_second_factor;
pub(super) mod delete_sessions;
pub(super) mod list;
pub(super) mod list_sessions;
pub(super) mod read;
pub(super) mod renew_invitation;
pub(super) mod update;

use super::tenants::TenantReference;
use crate::instant::{self, Instant};
use latarnik_app::{Delivery, IssuedLink as AppIssuedLink, User as AppUser};
use latarnik_model::{Role, UserId, UserState};
use serde::Serialize;
use utoipa::ToSchema;

/// A person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct User {
    id: UserId,
    tenant: TenantReference,
    email: String,
    name: String,
    role: Role,
    state: UserState,
    second_factor: OnOff,
    /// The clients that they see; null is all.
    clients: Option<Vec<TenantReference>>,
    /// When the invitation ends that waits for them.
    invitation_expires_at: Option<Instant>,
    signed_in_at: Option<Instant>,
    created_at: Instant,
    change: Changeable,
}

/// Whether there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OnOff {
    On,
    Off,
}

impl OnOff {
    pub(crate) const fn of(on: bool) -> Self {
        if on { Self::On } else { Self::Off }
    }
}

/// Whether the caller may change the person.
#[derive(Debug, Serialize, ToSchema)]
struct Changeable {
    allowed: bool,
    /// Why not: `own_account`, `forbidden`.
    reason: Option<&'static str>,
}

impl From<AppUser> for User {
    fn from(user: AppUser) -> Self {
        let AppUser {
            record,
            tenant_name,
            clients,
            invitation_expires_at,
            change,
        } = user;
        let clients = clients.into_iter().map(TenantReference::from).collect();
        Self {
            id: record.id,
            tenant: TenantReference {
                id: record.tenant_id,
                name: tenant_name,
            },
            email: record.email,
            name: record.name,
            role: record.role,
            state: record.state,
            second_factor: OnOff::of(record.totp.secret.is_some()),
            clients: record.limited.then_some(clients),
            invitation_expires_at: instant::optional(invitation_expires_at),
            signed_in_at: instant::optional(record.signed_in_at),
            created_at: record.created_at.into(),
            change: Changeable {
                allowed: change.is_ok(),
                reason: change.err().map(latarnik_app::Problem::code),
            },
        }
    }
}

/// A link that was made for somebody.
#[derive(Serialize, ToSchema)]
pub(crate) struct IssuedLink {
    expires_at: Instant,
    delivery: LinkDelivery,
    /// The link, if it was not mailed. Never shown again.
    link: Option<String>,
}

/// How a link reaches its person.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum LinkDelivery {
    /// In a mail.
    Mailed,
    /// No mail server is set up: hand it over.
    ByHand,
    /// The mail server did not take the mail: hand it over.
    MailFailed,
}

impl From<AppIssuedLink> for IssuedLink {
    fn from(issued: AppIssuedLink) -> Self {
        Self {
            expires_at: issued.expires_at.into(),
            link: issued.link().map(ToOwned::to_owned),
            delivery: match issued.delivery {
                Delivery::Mailed => LinkDelivery::Mailed,
                Delivery::ByHand { .. } => LinkDelivery::ByHand,
                Delivery::MailFailed { .. } => LinkDelivery::MailFailed,
            },
        }
    }
}
