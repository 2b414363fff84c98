//! New recovery codes.

use super::{RecoveryCodes, TotpCode};
use crate::{
    ApiState, access,
    caller::Person,
    extract::Body,
    problem::{ApiError, Problem},
};
use axum::{Json, extract::State};

/// Replaces the recovery codes; the earlier ones stop working.
#[utoipa::path(
    post, path = "/api/v1/profile/recovery-codes", operation_id = "renew_recovery_codes", tag = "profile",
    request_body = TotpCode,
    extensions(("x-access" = json!(access::PERSON))),
    responses(
        (status = 200, description = "They are never shown again", body = RecoveryCodes),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`not_signed_in`, `totp_invalid`", body = Problem),
        (status = 403, description = "`user_required`", body = Problem),
        (status = 409, description = "`totp_not_on`", body = Problem),
        (status = 429, description = "`too_many_attempts`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Person,
    Body(body): Body<TotpCode>,
) -> Result<Json<RecoveryCodes>, ApiError> {
    let recovery_codes = state
        .app()
        .renew_recovery_codes(caller.context(), &body.totp_code)
        .await?;
    Ok(Json(RecoveryCodes { recovery_codes }))
}
