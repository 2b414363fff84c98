//! The audit.

pub(super) mod export;
pub(super) mod list;

use super::tenants::TenantReference;
use crate::{ApiState, instant::Instant, problem::ApiError};
use latarnik_app::{AuditEvent as AppAuditEvent, Context, hex};
use latarnik_model::{AuditEventId, TenantId};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// Who did what.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditEvent {
    id: AuditEventId,
    /// Its place in the tenant's chain.
    sequence: u64,
    at: Instant,
    tenant: TenantReference,
    actor: AuditActor,
    /// Where from.
    address: Option<String>,
    /// What was done.
    action: String,
    target: AuditTarget,
    /// `succeeded` or the code of the refusal.
    result: String,
    /// The request in the server's log.
    request_id: Option<String>,
    details: Vec<AuditDetail>,
    /// SHA-256 of the event before, in hexadecimal digits.
    previous_hash: String,
    /// SHA-256 of this event.
    hash: String,
}

/// Who did it.
#[derive(Debug, Serialize, ToSchema)]
struct AuditActor {
    /// `user`, `api_token`, `agent`, `command_line`, `system` or `unknown`.
    kind: String,
    #[schema(value_type = Option<String>, format = "uuid")]
    id: Option<Uuid>,
    /// The name at that time.
    name: String,
}

/// What it was done to.
#[derive(Debug, Serialize, ToSchema)]
struct AuditTarget {
    kind: String,
    id: String,
    /// The name at that time.
    name: Option<String>,
}

/// More about it.
#[derive(Debug, Serialize, ToSchema)]
struct AuditDetail {
    name: String,
    value: String,
}

/// The names of tenants, for events.
pub(crate) type TenantNames = HashMap<TenantId, String>;

impl AuditEvent {
    pub(crate) fn new(event: AppAuditEvent, names: &TenantNames) -> Self {
        let details = event.details.into_iter();
        Self {
            id: event.id,
            sequence: event.sequence,
            at: event.at.into(),
            tenant: TenantReference {
                id: event.tenant_id,
                name: names.get(&event.tenant_id).cloned().unwrap_or_default(),
            },
            actor: AuditActor {
                kind: event.actor_kind,
                id: event.actor_id,
                name: event.actor_name,
            },
            address: event.address,
            action: event.action,
            target: AuditTarget {
                kind: event.target_kind,
                id: event.target_id,
                name: event.target_name,
            },
            result: event.result,
            request_id: event.request_id,
            details: details
                .map(|(name, value)| AuditDetail { name, value })
                .collect(),
            previous_hash: hex(&event.previous_hash),
            hash: hex(&event.hash),
        }
    }
}

/// Query parameters: the conditions on events, and what an endpoint adds to them. One structure for
/// each endpoint, so that a parameter that none knows is refused.
macro_rules! audit_parameters {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(serde::Deserialize, utoipa::IntoParams)]
        #[into_params(parameter_in = Query)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            /// Of this tenant only.
            tenant_id: Option<latarnik_model::TenantId>,
            /// By this person, token or device.
            #[param(value_type = Option<String>, format = "uuid")]
            actor_id: Option<uuid::Uuid>,
            /// By actors of this kind.
            actor_kind: Option<String>,
            /// Of this action.
            action: Option<String>,
            /// On targets of this kind.
            target_kind: Option<String>,
            /// On this target.
            target_id: Option<String>,
            /// Succeeded, or not.
            #[param(inline)]
            result: Option<super::AuditResult>,
            /// At this instant or later.
            #[param(value_type = Option<String>, format = DateTime)]
            since: Option<jiff::Timestamp>,
            /// Before this instant.
            #[param(value_type = Option<String>, format = DateTime)]
            until: Option<jiff::Timestamp>,
            /// With this text in the name of actor or target, or in the address.
            search: Option<String>,
            $($(#[$field_doc])* $field: $kind,)*
        }

        impl $name {
            fn query(&self) -> latarnik_app::AuditQuery {
                latarnik_app::AuditQuery {
                    tenant_id: self.tenant_id,
                    filter: latarnik_app::AuditFilter {
                        actor_id: self.actor_id,
                        actor_kind: self.actor_kind.clone(),
                        action: self.action.clone(),
                        target_kind: self.target_kind.clone(),
                        target_id: self.target_id.clone(),
                        succeeded: self.result.map(super::AuditResult::succeeded),
                        since: self.since,
                        until: self.until,
                        search: self.search.clone(),
                    },
                }
            }
        }
    };
}
pub(crate) use audit_parameters;

/// Whether it was done.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AuditResult {
    Succeeded,
    Failed,
}

impl AuditResult {
    const fn succeeded(self) -> bool {
        matches!(self, Self::Succeeded)
    }
}

/// The names of the tenants that the caller sees.
async fn tenant_names(state: &ApiState, context: &Context) -> Result<TenantNames, ApiError> {
    let tenants = state.app().list_tenants(context).await?;
    let names = tenants
        .into_iter()
        .map(|tenant| (tenant.record.id, tenant.record.name));
    Ok(names.collect())
}
