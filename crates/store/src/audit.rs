//! Who did what: a chain of events in each tenant, append only.

use crate::{
    Cursor, Direction, Page, PageRequest, Store, StoreError, Transaction,
    page::SortKey,
    row::{Row, milliseconds, number, to_json},
    sql::{Sql, sql},
};
use jiff::Timestamp;
use latarnik_model::{AuditEventId, Scope, TenantId};
use uuid::Uuid;

/// One event of the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// The tenant that the target belongs to.
    pub tenant_id: TenantId,
    /// Its place in the tenant's chain, from 1.
    pub sequence: u64,
    /// Its id.
    pub id: AuditEventId,
    /// When.
    pub at: Timestamp,
    /// `user`, `api_token`, `agent`, `command_line`, `system` or `unknown`.
    pub actor_kind: String,
    /// The user, the token or the device.
    pub actor_id: Option<Uuid>,
    /// Their name at that time.
    pub actor_name: String,
    /// Where from.
    pub address: Option<String>,
    /// What was done, such as `create_action`.
    pub action: String,
    /// The kind of what it was done to.
    pub target_kind: String,
    /// Its id.
    pub target_id: String,
    /// Its name at that time.
    pub target_name: Option<String>,
    /// `succeeded` or the code of the refusal.
    pub result: String,
    /// The request in the server's log.
    pub request_id: Option<String>,
    /// More, for people: names and values.
    pub details: Vec<(String, String)>,
    /// The hash of the event before.
    pub previous_hash: [u8; 32],
    /// The hash of this event and the one before.
    pub hash: [u8; 32],
}

impl AuditEvent {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            tenant_id: TenantId(row.uuid("tenant_id")?),
            sequence: row.count("sequence")?,
            id: AuditEventId(row.uuid("id")?),
            at: row.time("at")?,
            actor_kind: row.text("actor_kind")?,
            actor_id: row.optional_uuid("actor_id")?,
            actor_name: row.text("actor_name")?,
            address: row.optional_text("address")?,
            action: row.text("action")?,
            target_kind: row.text("target_kind")?,
            target_id: row.text("target_id")?,
            target_name: row.optional_text("target_name")?,
            result: row.text("result")?,
            request_id: row.optional_text("request_id")?,
            details: row.optional_json("details")?.unwrap_or_default(),
            previous_hash: row.hash("previous_hash")?,
            hash: row.hash("hash")?,
        })
    }
}

/// Both ends of a tenant's chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditChain {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The hash before the oldest event that is kept.
    pub anchor: [u8; 32],
    /// The place of the oldest event that is kept; one more than the last when none is.
    pub first_sequence: u64,
    /// The place of the newest event.
    pub last_sequence: u64,
    /// The hash of the newest event.
    pub last_hash: [u8; 32],
    /// What proves that nobody without the tenant's key wrote this row.
    pub seal: Vec<u8>,
}

impl AuditChain {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            tenant_id: TenantId(row.uuid("tenant_id")?),
            anchor: row.hash("anchor")?,
            first_sequence: row.count("first_sequence")?,
            last_sequence: row.count("last_sequence")?,
            last_hash: row.hash("last_hash")?,
            seal: row.bytes("seal")?,
        })
    }
}

/// Which events.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// By this person, token or device.
    pub actor_id: Option<Uuid>,
    /// By actors of this kind.
    pub actor_kind: Option<String>,
    /// Of this action.
    pub action: Option<String>,
    /// On targets of this kind.
    pub target_kind: Option<String>,
    /// On this target.
    pub target_id: Option<String>,
    /// That succeeded, or that did not.
    pub succeeded: Option<bool>,
    /// At this instant or later.
    pub since: Option<Timestamp>,
    /// Before this instant.
    pub until: Option<Timestamp>,
    /// With this text in the name of actor or target, or in the address.
    pub search: Option<String>,
}

impl Transaction {
    /// Both ends of a tenant's chain, held until the transaction ends; `None` before its first
    /// event.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn lock_audit_chain(
        &self,
        tenant: TenantId,
    ) -> Result<Option<AuditChain>, StoreError> {
        let mut sql = Sql::new("SELECT * FROM audit_chains WHERE tenant_id = ");
        sql.bind(tenant.0).push(self.for_update());
        let row = self.one(sql).await?;
        row.as_ref().map(AuditChain::read).transpose()
    }

    /// Adds an event at the end of its tenant's chain.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if another one took its place; [`StoreError::Unavailable`].
    pub async fn insert_audit_event(&self, event: &AuditEvent) -> Result<(), StoreError> {
        self.execute(sql!(
            "INSERT INTO audit_events (tenant_id, sequence, id, at, actor_kind, actor_id,
                actor_name, address, action, target_kind, target_id, target_name, result,
                request_id, details, previous_hash, hash)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
            event.tenant_id.0,
            number(event.sequence),
            event.id.0,
            milliseconds(event.at),
            event.actor_kind.as_str(),
            event.actor_id,
            event.actor_name.as_str(),
            event.address.as_deref(),
            event.action.as_str(),
            event.target_kind.as_str(),
            event.target_id.as_str(),
            event.target_name.as_deref(),
            event.result.as_str(),
            event.request_id.as_deref(),
            (!event.details.is_empty()).then(|| to_json(&event.details)),
            event.previous_hash.to_vec(),
            event.hash.to_vec(),
        ))
        .await?;
        Ok(())
    }

    /// Keeps both ends of a tenant's chain.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn set_audit_chain(&self, chain: &AuditChain) -> Result<(), StoreError> {
        self.execute(sql!(
            "INSERT INTO audit_chains
                (tenant_id, anchor, first_sequence, last_sequence, last_hash, seal)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (tenant_id) DO UPDATE SET anchor = excluded.anchor,
                first_sequence = excluded.first_sequence, last_sequence = excluded.last_sequence,
                last_hash = excluded.last_hash, seal = excluded.seal",
            chain.tenant_id.0,
            chain.anchor.to_vec(),
            number(chain.first_sequence),
            number(chain.last_sequence),
            chain.last_hash.to_vec(),
            chain.seal.clone(),
        ))
        .await?;
        Ok(())
    }

    /// The newest event of a tenant that is older than an instant and whose predecessors all are.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn last_audit_event_before(
        &self,
        tenant: TenantId,
        instant: Timestamp,
    ) -> Result<Option<AuditEvent>, StoreError> {
        let sql = sql!(
            "SELECT * FROM audit_events WHERE tenant_id = $1 AND sequence < COALESCE(
                (SELECT MIN(sequence) FROM audit_events WHERE tenant_id = $1 AND at >= $2),
                9223372036854775807)
             ORDER BY sequence DESC LIMIT 1",
            tenant.0,
            milliseconds(instant)
        );
        let row = self.one(sql).await?;
        row.as_ref().map(AuditEvent::read).transpose()
    }

    /// Forgets a tenant's events up to a place; how many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_audit_events(
        &self,
        tenant: TenantId,
        up_to: u64,
    ) -> Result<u64, StoreError> {
        let sql = sql!(
            "DELETE FROM audit_events WHERE tenant_id = $1 AND sequence <= $2",
            tenant.0,
            number(up_to)
        );
        self.execute(sql).await
    }
}

impl Store {
    /// A page of the events in scope that match, newest first unless said otherwise.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn audit_events(
        &self,
        scope: &Scope,
        filter: &AuditFilter,
        direction: Direction,
        page: &PageRequest,
    ) -> Result<Page<AuditEvent>, StoreError> {
        let mut sql = Sql::new("SELECT * FROM audit_events WHERE ");
        sql.within("tenant_id", scope);
        push_filter(&mut sql, filter);
        page.continue_sql(&mut sql, "at", "id", direction);
        let rows = self.all(scope, sql).await?;
        let items: Result<Vec<_>, _> = rows.iter().map(AuditEvent::read).collect();
        Ok(Page::new(items?, page.limit, |event| Cursor {
            key: SortKey::Number(milliseconds(event.at)),
            id: event.id.0,
        }))
    }

    /// Both ends of a tenant's chain; `None` before its first event.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn audit_chain(&self, tenant: TenantId) -> Result<Option<AuditChain>, StoreError> {
        let sql = sql!("SELECT * FROM audit_chains WHERE tenant_id = $1", tenant.0);
        let row = self.one(&Scope::one(tenant), sql).await?;
        row.as_ref().map(AuditChain::read).transpose()
    }

    /// The next events of a tenant's chain in their order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn audit_chain_events(
        &self,
        tenant: TenantId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<AuditEvent>, StoreError> {
        let sql = sql!(
            "SELECT * FROM audit_events WHERE tenant_id = $1 AND sequence > $2
             ORDER BY sequence LIMIT $3",
            tenant.0,
            number(after),
            i64::from(limit)
        );
        let rows = self.all(&Scope::one(tenant), sql).await?;
        rows.iter().map(AuditEvent::read).collect()
    }
}

fn push_filter(sql: &mut Sql, filter: &AuditFilter) {
    if let Some(actor) = filter.actor_id {
        sql.push(" AND actor_id = ").bind(actor);
    }
    let texts = [
        ("actor_kind", &filter.actor_kind),
        ("action", &filter.action),
        ("target_kind", &filter.target_kind),
        ("target_id", &filter.target_id),
    ];
    for (column, text) in texts {
        if let Some(text) = text {
            sql.push(" AND ")
                .push(column)
                .push(" = ")
                .bind(text.as_str());
        }
    }
    match filter.succeeded {
        Some(true) => sql.push(" AND result = 'succeeded'"),
        Some(false) => sql.push(" AND result <> 'succeeded'"),
        None => sql,
    };
    if let Some(instant) = filter.since {
        sql.push(" AND at >= ").bind(milliseconds(instant));
    }
    if let Some(instant) = filter.until {
        sql.push(" AND at < ").bind(milliseconds(instant));
    }
    if let Some(search) = &filter.search {
        sql.push(" AND (")
            .contains_name("actor_name", search)
            .push(" OR ")
            .contains_name("target_name", search)
            .push(" OR ")
            .contains("address", search);
        sql.push(")");
    }
}
