//! People and how they sign in.

use serde::{Deserialize, Serialize};

/// Whether a person can sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum UserState {
    /// Not yet: the invitation waits.
    Invited,
    /// Yes.
    Active,
    /// No, until somebody allows it again.
    Disabled,
}

/// How a person signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SignInMethod {
    /// With a password.
    Password,
    /// Through the tenant's own provider of identities.
    Openid,
}

/// What a link in a mail is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserLinkKind {
    /// Accept an invitation.
    Invitation,
    /// Choose a new password.
    PasswordReset,
}
