//! The own account.

pub(super) mod begin_totp;
pub(super) mod change_password;
pub(super) mod confirm_totp;
pub(super) mod disable_totp;
pub(super) mod renew_recovery_codes;
pub(super) mod update;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A code of the second factor, or a recovery code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TotpCode {
    totp_code: String,
}

/// Codes that replace the second factor once each.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecoveryCodes {
    recovery_codes: Vec<String>,
}
