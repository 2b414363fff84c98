//! Ask for something, on one or many devices.

use super::{super::tasks::TaskPostponements, Action};
use crate::{
    ApiState, access,
    caller::Caller,
    extract::Body,
    problem::{ApiError, Problem},
    v1::devices::query::DeviceConditions,
};
use axum::{Json, extract::State};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use latarnik_app::{
    ActionRequest, ActionTarget, AppError, FieldCode, FieldError, RequestedParameters, WindowBreach,
};
use latarnik_model::{
    ActionKind, DeviceId, InvalidParameters, Postponements, RestartDelay, UpdateCategory, When,
};
use serde::{Deserialize, Deserializer, de::Error as _};
use utoipa::ToSchema;

/// What to do, on which devices, when.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAction {
    kind: ActionKind,
    #[serde(deserialize_with = "super::when::read")]
    when: When,
    /// Whether it may begin although that is outside of the maintenance windows of some devices, or
    /// in a blackout; absent is no. Not needed where no window is in force. Only for `when` with
    /// `now` and `at`: `in_window` breaks nothing.
    #[serde(default)]
    break_windows: bool,
    /// These devices; either this or `filter`.
    device_ids: Option<Vec<DeviceId>>,
    /// All devices that match at this moment.
    filter: Option<DeviceConditions>,
    /// The latest time to begin: what has not begun by then expires, also on devices that are
    /// offline until later. Absent is none.
    #[schema(value_type = Option<String>, format = DateTime)]
    deadline: Option<Timestamp>,
    /// For `install_updates`: these updates; absent is everything that is offered.
    update_keys: Option<Vec<String>>,
    /// For `install_updates`: what each device is offered in these categories when its task runs.
    /// Not together with `update_keys`. An agent that is too old for it fails the task with
    /// `unknown_task_kind` and installs nothing.
    #[serde(default, deserialize_with = "known_categories")]
    categories: Option<Vec<UpdateCategory>>,
    /// For `restart`: 0 or 5 to 60; absent is 0.
    delay_minutes: Option<u16>,
    /// For `restart`: how often the people at the machine may put it off; absent is not at all.
    postponements: Option<TaskPostponements>,
}

/// What people may put off, checked.
fn postponements(written: TaskPostponements) -> Result<Postponements, ApiError> {
    Postponements::try_from(written).map_err(|error| {
        let field = match error {
            InvalidParameters::PostponementCount => "postponements.most",
            InvalidParameters::PostponementLength
            | InvalidParameters::RestartDelay
            | InvalidParameters::Categories => "postponements.minutes",
        };
        invalid(field, FieldCode::OutOfRange)
    })
}

/// Agents may name a category that this program does not know; whoever asks for one may not.
fn known_categories<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<UpdateCategory>>, D::Error> {
    let Some(names) = Option::<Vec<String>>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let categories = names.iter().map(|name| UpdateCategory::from_name(name));
    let categories: Option<Vec<_>> = categories.collect();
    let categories = categories.ok_or_else(|| D::Error::custom("no category of updates"))?;
    Ok(Some(categories))
}

fn invalid(field: &'static str, code: FieldCode) -> ApiError {
    AppError::Invalid(vec![FieldError { field, code }]).into()
}

/// The devices of an action: named, or those that match.
pub(super) fn target(
    device_ids: Option<Vec<DeviceId>>,
    filter: Option<DeviceConditions>,
) -> Result<ActionTarget, ApiError> {
    match (device_ids, filter) {
        (Some(_), Some(_)) => Err(invalid("filter", FieldCode::NotAllowed)),
        (Some(ids), None) => Ok(ActionTarget::Devices(ids)),
        (None, Some(conditions)) => Ok(ActionTarget::Matching(Box::new(conditions.query(None)?))),
        (None, None) => Err(invalid("device_ids", FieldCode::Required)),
    }
}

impl NewAction {
    fn request(self, idempotency_key: String) -> Result<ActionRequest, ApiError> {
        if self.update_keys.is_some() && self.kind != ActionKind::InstallUpdates {
            return Err(invalid("update_keys", FieldCode::NotAllowed));
        }
        if self.categories.is_some() && self.kind != ActionKind::InstallUpdates {
            return Err(invalid("categories", FieldCode::NotAllowed));
        }
        if self.delay_minutes.is_some() && self.kind != ActionKind::Restart {
            return Err(invalid("delay_minutes", FieldCode::NotAllowed));
        }
        if self.postponements.is_some() && self.kind != ActionKind::Restart {
            return Err(invalid("postponements", FieldCode::NotAllowed));
        }
        let target = target(self.device_ids, self.filter)?;
        let parameters = match self.kind {
            ActionKind::Scan => RequestedParameters::Scan,
            ActionKind::InstallUpdates => RequestedParameters::InstallUpdates {
                update_keys: self.update_keys,
                categories: self.categories,
            },
            ActionKind::Restart => RequestedParameters::Restart {
                delay: RestartDelay::try_from(self.delay_minutes.unwrap_or(0))
                    .map_err(|_| invalid("delay_minutes", FieldCode::OutOfRange))?,
                postponements: self.postponements.map(postponements).transpose()?,
            },
        };
        Ok(ActionRequest {
            parameters,
            target,
            when: self.when,
            breach: match self.break_windows {
                true => WindowBreach::Confirmed,
                false => WindowBreach::Refuse,
            },
            deadline: self.deadline,
            idempotency_key,
        })
    }
}

/// Begins an action. The same `Idempotency-Key` again is the same action.
#[utoipa::path(
    post, path = "/api/v1/actions", operation_id = "create_action", tag = "actions",
    params(("Idempotency-Key" = String, Header, description = "Up to 200 characters, new for each action")),
    request_body = NewAction,
    extensions(("x-access" = json!(access::BY_ACTION))),
    responses(
        (status = 201, description = "Begun: its tasks are on their way", body = Action),
        (status = 400, description = "`malformed_body` or a missing `Idempotency-Key`", body = Problem),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 403, description = "`forbidden`", body = Problem),
        (status = 404, description = "`not_found`: a device or the group is not there", body = Problem),
        (status = 409, description = "`no_restart_pending`, `updates_not_offered`, `updates_blocked`, `outside_maintenance_window` or `no_devices`", body = Problem),
        (status = 422, description = "`validation_failed` or `too_many_devices`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    headers: HeaderMap,
    Body(body): Body<NewAction>,
) -> Result<(StatusCode, Json<Action>), ApiError> {
    let key = headers
        .get("idempotency-key")
        .and_then(|value| value.to_str().ok());
    let key = key.ok_or(ApiError::Refused(
        StatusCode::BAD_REQUEST,
        "idempotency_key_required",
    ))?;
    let request = body.request(key.to_owned())?;
    let action = state.app().create_action(caller.context(), request).await?;
    let action = Action::new(caller.context(), action);
    Ok((StatusCode::CREATED, Json(action)))
}
