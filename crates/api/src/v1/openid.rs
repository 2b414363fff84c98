//! How a tenant signs in through a provider of its own.

pub(super) mod delete;
pub(super) mod read;
pub(super) mod replace;
pub(super) mod test;

use latarnik_app::OpenidProviderRecord;
use latarnik_model::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a tenant signs in.
#[derive(Serialize, ToSchema)]
pub(crate) struct Openid {
    /// The provider's address.
    issuer: String,
    /// What the provider calls this console.
    client_id: String,
    /// Whether there is a secret; it is never shown.
    has_secret: bool,
    /// E-mail domains of the people who sign in here.
    domains: Vec<String>,
    /// The claim that roles follow from.
    role_claim: String,
    /// The first match counts.
    roles: Vec<RoleRule>,
    /// The role of those whom no value gives one; null lets only known people in.
    default_role: Option<Role>,
    enabled: bool,
    /// Where the provider sends people back to; to be entered there.
    redirect_url: String,
}

/// A value of the claim, and the role that it gives.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleRule {
    value: String,
    role: Role,
}

impl Openid {
    fn new(provider: OpenidProviderRecord, redirect_url: String) -> Self {
        let roles = provider.roles.into_iter();
        Self {
            issuer: provider.issuer,
            client_id: provider.client_id,
            has_secret: provider.client_secret.is_some(),
            domains: provider.domains,
            role_claim: provider.role_claim,
            roles: roles
                .map(|(value, role)| RoleRule { value, role })
                .collect(),
            default_role: provider.default_role,
            enabled: provider.enabled,
            redirect_url,
        }
    }
}
