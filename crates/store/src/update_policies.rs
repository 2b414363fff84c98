//! Policies for updates.

use crate::{
    Store, StoreError, Transaction, policy_scope,
    row::{Row, milliseconds, number, to_json},
    sql::sql,
};
use jiff::Timestamp;
use latarnik_model::{PolicyScope, Scope, TenantId, UpdatePolicy, UpdatePolicyId};

/// What a tenant, a group or a device says about updates.
#[derive(Debug, Clone, PartialEq)]
pub struct UpdatePolicyRecord {
    /// Its id.
    pub id: UpdatePolicyId,
    /// Its tenant.
    pub tenant_id: TenantId,
    /// Whose it is.
    pub scope: PolicyScope,
    /// What the group or device is called; not written.
    pub scope_name: Option<String>,
    /// What it says.
    pub policy: UpdatePolicy,
    /// Counts the changes.
    pub version: u64,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// By whom.
    pub updated_by_name: String,
}

impl UpdatePolicyRecord {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: UpdatePolicyId(row.uuid("id")?),
            tenant_id: TenantId(row.uuid("tenant_id")?),
            scope: policy_scope::read(row)?,
            scope_name: row.optional_text("scope_name")?,
            policy: row.json("policy")?,
            version: row.count("version")?,
            updated_at: row.time("updated_at")?,
            updated_by_name: row.text("updated_by_name")?,
        })
    }
}

impl Transaction {
    /// Adds a policy.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the scope has one.
    pub async fn insert_update_policy(
        &self,
        record: &UpdatePolicyRecord,
    ) -> Result<(), StoreError> {
        let (group, device) = policy_scope::columns(record.scope);
        self.execute(sql!(
            "INSERT INTO update_policies (tenant_id, id, group_id, device_id, policy, version,
                updated_at, updated_by_name)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            record.tenant_id.0,
            record.id.0,
            group,
            device,
            to_json(&record.policy),
            number(record.version),
            milliseconds(record.updated_at),
            record.updated_by_name.as_str(),
        ))
        .await?;
        Ok(())
    }

    /// Replaces what a policy says, unless it was changed since the version before the record's.
    /// Whether it was replaced.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn replace_update_policy(
        &self,
        record: &UpdatePolicyRecord,
    ) -> Result<bool, StoreError> {
        let met = self
            .execute(sql!(
                "UPDATE update_policies SET policy = $3, version = $4, updated_at = $5,
                    updated_by_name = $6
                 WHERE tenant_id = $1 AND id = $2 AND version = $4 - 1",
                record.tenant_id.0,
                record.id.0,
                to_json(&record.policy),
                number(record.version),
                milliseconds(record.updated_at),
                record.updated_by_name.as_str(),
            ))
            .await?;
        Ok(met == 1)
    }

    /// Deletes a policy. Whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_update_policy(
        &self,
        tenant: TenantId,
        id: UpdatePolicyId,
    ) -> Result<bool, StoreError> {
        let met = self
            .execute(sql!(
                "DELETE FROM update_policies WHERE tenant_id = $1 AND id = $2",
                tenant.0,
                id.0
            ))
            .await?;
        Ok(met == 1)
    }
}

impl Store {
    /// The policies in scope: of each tenant first, then of its groups and of its devices, by name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn update_policies(
        &self,
        scope: &Scope,
    ) -> Result<Vec<UpdatePolicyRecord>, StoreError> {
        let mut sql = policy_scope::select("update_policies");
        sql.within("p.tenant_id", scope).push(policy_scope::ORDER);
        let rows = self.all(scope, sql).await?;
        rows.iter().map(UpdatePolicyRecord::read).collect()
    }

    /// One policy.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn update_policy(
        &self,
        scope: &Scope,
        id: UpdatePolicyId,
    ) -> Result<Option<UpdatePolicyRecord>, StoreError> {
        let mut sql = policy_scope::select("update_policies");
        sql.within("p.tenant_id", scope)
            .push(" AND p.id = ")
            .bind(id.0);
        let row = self.one(scope, sql).await?;
        row.as_ref().map(UpdatePolicyRecord::read).transpose()
    }
}
