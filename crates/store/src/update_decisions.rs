//! Approvals and blocks of single updates.

use crate::{
    Store, StoreError, Transaction, policy_scope,
    row::{Row, milliseconds},
    sql::sql,
};
use jiff::Timestamp;
use latarnik_model::{PolicyScope, Scope, TenantId, UpdateDecision, UpdateDecisionId, UpdateRef};

/// An approval or a block of one update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateDecisionRecord {
    /// Its id.
    pub id: UpdateDecisionId,
    /// Its tenant.
    pub tenant_id: TenantId,
    /// Whose devices it is about.
    pub scope: PolicyScope,
    /// What the group or device is called; not written.
    pub scope_name: Option<String>,
    /// What was decided, on which update.
    pub decision: UpdateDecision,
    /// Why, in somebody's words.
    pub note: String,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// By whom.
    pub decided_by_name: String,
}

impl UpdateDecisionRecord {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let (kind, subject) = (row.text("subject_kind")?, row.text("subject")?);
        let update = UpdateRef::parse(&kind, &subject).map_err(|error| StoreError::Unreadable {
            column: "subject",
            source: Box::new(error),
        })?;
        Ok(Self {
            id: UpdateDecisionId(row.uuid("id")?),
            tenant_id: TenantId(row.uuid("tenant_id")?),
            scope: policy_scope::read(row)?,
            scope_name: row.optional_text("scope_name")?,
            decision: UpdateDecision {
                update,
                verdict: row.name("verdict")?,
            },
            note: row.text("note")?,
            decided_at: row.time("decided_at")?,
            decided_by_name: row.text("decided_by_name")?,
        })
    }
}

impl Transaction {
    /// Keeps a decision, in place of an earlier one of the same scope on the same update.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn put_update_decision(
        &self,
        record: &UpdateDecisionRecord,
    ) -> Result<(), StoreError> {
        let (group, device) = policy_scope::columns(record.scope);
        let subject = record.decision.update.value();
        self.execute(sql!(
            "DELETE FROM update_decisions WHERE tenant_id = $1 AND subject_kind = $2
                AND subject = $3 AND COALESCE(device_id, group_id, tenant_id) = $4",
            record.tenant_id.0,
            record.decision.update.kind(),
            subject.as_str(),
            device.or(group).unwrap_or(record.tenant_id.0),
        ))
        .await?;
        self.execute(sql!(
            "INSERT INTO update_decisions (tenant_id, id, group_id, device_id, subject_kind,
                subject, verdict, note, decided_at, decided_by_name)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            record.tenant_id.0,
            record.id.0,
            group,
            device,
            record.decision.update.kind(),
            subject.as_str(),
            record.decision.verdict.name(),
            record.note.as_str(),
            milliseconds(record.decided_at),
            record.decided_by_name.as_str(),
        ))
        .await?;
        Ok(())
    }

    /// Takes a decision back. Whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_update_decision(
        &self,
        tenant: TenantId,
        id: UpdateDecisionId,
    ) -> Result<bool, StoreError> {
        let met = self
            .execute(sql!(
                "DELETE FROM update_decisions WHERE tenant_id = $1 AND id = $2",
                tenant.0,
                id.0
            ))
            .await?;
        Ok(met == 1)
    }
}

impl Store {
    /// The decisions in scope, newest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn update_decisions(
        &self,
        scope: &Scope,
    ) -> Result<Vec<UpdateDecisionRecord>, StoreError> {
        let mut sql = policy_scope::select("update_decisions");
        sql.within("p.tenant_id", scope)
            .push(" ORDER BY p.decided_at DESC, p.id DESC");
        let rows = self.all(scope, sql).await?;
        rows.iter().map(UpdateDecisionRecord::read).collect()
    }

    /// One decision.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn update_decision(
        &self,
        scope: &Scope,
        id: UpdateDecisionId,
    ) -> Result<Option<UpdateDecisionRecord>, StoreError> {
        let mut sql = policy_scope::select("update_decisions");
        sql.within("p.tenant_id", scope)
            .push(" AND p.id = ")
            .bind(id.0);
        let row = self.one(scope, sql).await?;
        row.as_ref().map(UpdateDecisionRecord::read).transpose()
    }
}
