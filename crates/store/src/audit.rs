//! Who did what.

use crate::{StoreError, Transaction, row::milliseconds, sql::sql};
use jiff::Timestamp;
use latarnik_model::{AuditEventId, TenantId};
use uuid::Uuid;

/// One line of the audit trail.
#[derive(Debug, Clone)]
pub struct AuditEvent {
    /// Its id.
    pub id: AuditEventId,
    /// The tenant that the target belongs to.
    pub tenant_id: TenantId,
    /// When.
    pub at: Timestamp,
    /// `user`, `agent` or `command_line`.
    pub actor_kind: &'static str,
    /// The user or the device.
    pub actor_id: Option<Uuid>,
    /// Their name at that time.
    pub actor_name: String,
    /// What was done, such as `create_action`.
    pub action: &'static str,
    /// The kind of what it was done to.
    pub target_kind: &'static str,
    /// Its id.
    pub target_id: String,
    /// `succeeded` or the code of the refusal.
    pub result: String,
    /// The request in the server's log.
    pub request_id: Option<String>,
    /// More, as JSON.
    pub details: Option<String>,
}

impl Transaction {
    /// Adds a line.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn insert_audit_event(&self, event: &AuditEvent) -> Result<(), StoreError> {
        self.execute(sql!(
            "INSERT INTO audit_events (tenant_id, id, at, actor_kind, actor_id, actor_name, action,
                target_kind, target_id, result, request_id, details)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            event.tenant_id.0,
            event.id.0,
            milliseconds(event.at),
            event.actor_kind,
            event.actor_id,
            event.actor_name.as_str(),
            event.action,
            event.target_kind,
            event.target_id.as_str(),
            event.result.as_str(),
            event.request_id.as_deref(),
            event.details.as_deref(),
        ))
        .await?;
        Ok(())
    }
}
