//! Invitations, for those who were invited.

pub(super) mod accept;
pub(super) mod read;

use crate::{extract::HexToken, instant::Instant};
use latarnik_app::{LinkOwner as AppLinkOwner, LinkToken};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The token of a link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkRequest {
    /// What stands behind `#` in the link.
    token: String,
}

impl LinkRequest {
    pub(crate) fn token(&self) -> Result<LinkToken, crate::problem::ApiError> {
        link_token(&self.token)
    }
}

/// A token and the password that goes with it from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPassword {
    /// What stands behind `#` in the link.
    token: String,
    /// At least 12 characters.
    password: String,
}

impl NewPassword {
    pub(crate) fn parts(self) -> Result<(LinkToken, String), crate::problem::ApiError> {
        Ok((link_token(&self.token)?, self.password))
    }
}

/// What is no token is a link that nobody made.
fn link_token(text: &str) -> Result<LinkToken, crate::problem::ApiError> {
    let bytes = HexToken::parse(text).ok_or(latarnik_app::Problem::LinkUnknown)?;
    Ok(LinkToken::from_bytes(bytes))
}

/// Whose link it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct LinkOwner {
    email: String,
    name: String,
    /// The tenant's name.
    tenant: String,
    expires_at: Instant,
}

impl From<AppLinkOwner> for LinkOwner {
    fn from(owner: AppLinkOwner) -> Self {
        Self {
            email: owner.email,
            name: owner.name,
            tenant: owner.tenant,
            expires_at: owner.expires_at.into(),
        }
    }
}
