//! Approvals and blocks of single updates.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod list;

use super::update_policies::ScopeReference;
use crate::instant::Instant;
use latarnik_app::UpdateDecisionRecord;
use latarnik_model::{TenantId, UpdateDecisionId, UpdateVerdict};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// By what an update is named.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum UpdateNameKind {
    /// Windows: the knowledge base article, such as `KB5034441`.
    Kb,
    /// The id of an update, in all of its revisions.
    UpdateId,
    /// Linux: a package, in any version.
    Package,
}

/// What names an update across devices.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpdateName {
    kind: UpdateNameKind,
    value: String,
}

/// An approval or a block of one update.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UpdateDecision {
    id: UpdateDecisionId,
    tenant_id: TenantId,
    scope: ScopeReference,
    update: UpdateName,
    verdict: UpdateVerdict,
    /// Why, in somebody's words; may be empty.
    note: String,
    decided_at: Instant,
    decided_by: String,
}

impl UpdateNameKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Kb => "kb",
            Self::UpdateId => "update_id",
            Self::Package => "package",
        }
    }
}

impl From<UpdateDecisionRecord> for UpdateDecision {
    fn from(record: UpdateDecisionRecord) -> Self {
        use latarnik_model::UpdateRef;
        let update = record.decision.update;
        Self {
            id: record.id,
            tenant_id: record.tenant_id,
            scope: ScopeReference::new(record.scope, record.scope_name),
            update: UpdateName {
                kind: match update {
                    UpdateRef::Kb(_) => UpdateNameKind::Kb,
                    UpdateRef::UpdateId(_) => UpdateNameKind::UpdateId,
                    UpdateRef::Package(_) => UpdateNameKind::Package,
                },
                value: update.value(),
            },
            verdict: record.decision.verdict,
            note: record.note,
            decided_at: record.decided_at.into(),
            decided_by: record.decided_by_name,
        }
    }
}
