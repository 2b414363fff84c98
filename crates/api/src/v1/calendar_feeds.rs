//! Feeds for programs that show calendars.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod list;

use super::update_policies::ScopeReference;
use crate::instant::Instant;
use latarnik_app::CalendarFeedRecord;
use latarnik_model::{CalendarFeedId, TenantId};
use serde::Serialize;
use utoipa::ToSchema;

/// Who knows its address may read when windows of a tenant, a group or a device are open.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CalendarFeed {
    id: CalendarFeedId,
    tenant_id: TenantId,
    scope: ScopeReference,
    /// Its address, with a secret in it; told once, when it is made. With `?lang=pl` or `?lang=en`
    /// it speaks that language.
    url: Option<String>,
    created_at: Instant,
    created_by: String,
}

impl CalendarFeed {
    fn new(record: CalendarFeedRecord, url: Option<String>) -> Self {
        Self {
            id: record.id,
            tenant_id: record.tenant_id,
            scope: ScopeReference::new(record.scope, record.scope_name),
            url,
            created_at: record.created_at.into(),
            created_by: record.created_by_name,
        }
    }
}
