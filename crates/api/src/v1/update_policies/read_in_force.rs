//! What holds for a device, and who says so.

use super::{CategoryEntry, RestartEntry, ScopeKind, UpdatePolicy, deadline_days};
use crate::{
    ApiState,
    caller::Caller,
    extract::Id,
    problem::{ApiError, Problem},
    v1::update_decisions::UpdateDecision,
};
use axum::{Json, extract::State};
use latarnik_app::RulesInForce;
use latarnik_model::{DeviceId, Permission, PolicyScope, Switch};
use serde::Serialize;
use utoipa::ToSchema;

/// How updates of one category come to be installed, and who says so.
#[derive(Debug, Serialize, ToSchema)]
struct CategoryInForce {
    rule: CategoryEntry,
    scope: ScopeKind,
}

/// The deadline, and who says so.
#[derive(Debug, Serialize, ToSchema)]
struct DeadlineInForce {
    /// Days after the first offer; 0 is none.
    days: u16,
    scope: ScopeKind,
}

/// The ring of a device.
#[derive(Debug, Serialize, ToSchema)]
struct RingInForce {
    /// From 1.
    number: u8,
    name: String,
    /// Who says so; null if it is the last for want of another.
    scope: Option<ScopeKind>,
}

/// How a device comes to restart, and who says so.
#[derive(Debug, Serialize, ToSchema)]
struct RestartInForce {
    rule: RestartEntry,
    scope: ScopeKind,
}

/// Whether something is wanted, and who says so.
#[derive(Debug, Serialize, ToSchema)]
struct SwitchInForce {
    value: Switch,
    scope: ScopeKind,
}

/// The rules that hold for a device.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeviceUpdatePolicy {
    /// Categories that nobody says anything about are left to people.
    categories: Vec<CategoryInForce>,
    deadline: Option<DeadlineInForce>,
    /// Null where the tenant has no rings.
    ring: Option<RingInForce>,
    /// Null where nobody says it: then people restart the device.
    restart: Option<RestartInForce>,
    /// Windows: updates for other products of Microsoft; null where nobody says it: then it is off.
    microsoft_update: Option<SwitchInForce>,
    /// Windows: its own automatic updating rests; null where nobody says it: then it is off.
    control_automatic_updates: Option<SwitchInForce>,
    /// The policies that were asked, from the device outwards.
    policies: Vec<UpdatePolicy>,
    /// The decisions on single updates that were asked, from the device outwards.
    decisions: Vec<UpdateDecision>,
}

fn switch((scope, value): (PolicyScope, Switch)) -> SwitchInForce {
    SwitchInForce {
        value,
        scope: ScopeKind::of(scope),
    }
}

impl From<RulesInForce> for DeviceUpdatePolicy {
    fn from(rules: RulesInForce) -> Self {
        let categories = rules.categories.into_iter();
        let ring_scope = rules.ring_scope.map(ScopeKind::of);
        Self {
            categories: categories
                .map(|(category, (scope, rule))| CategoryInForce {
                    rule: CategoryEntry::new(category, rule),
                    scope: ScopeKind::of(scope),
                })
                .collect(),
            deadline: rules.deadline.map(|(scope, deadline)| DeadlineInForce {
                days: deadline_days(deadline),
                scope: ScopeKind::of(scope),
            }),
            ring: rules.ring.map(|(number, name)| RingInForce {
                number,
                name,
                scope: ring_scope,
            }),
            restart: rules.restart.map(|(scope, rule)| RestartInForce {
                rule: RestartEntry::new(rule),
                scope: ScopeKind::of(scope),
            }),
            microsoft_update: rules.microsoft_update.map(switch),
            control_automatic_updates: rules.control_automatic_updates.map(switch),
            policies: rules.policies.into_iter().map(UpdatePolicy::from).collect(),
            decisions: rules
                .decisions
                .into_iter()
                .map(UpdateDecision::from)
                .collect(),
        }
    }
}

/// What holds for a device, and who says so.
#[utoipa::path(
    get, path = "/api/v1/devices/{id}/update-policy", operation_id = "read_device_update_policy",
    tag = "policies",
    params(("id" = DeviceId, Path, description = "The device")),
    extensions(("x-access" = json!(Permission::ReadDevices.name()))),
    responses(
        (status = 200, description = "The rules", body = DeviceUpdatePolicy),
        (status = 401, description = "`not_signed_in`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn handle(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<DeviceId>,
) -> Result<Json<DeviceUpdatePolicy>, ApiError> {
    let rules = state
        .app()
        .read_rules_in_force(caller.context(), id)
        .await?;
    Ok(Json(rules.into()))
}
