//! Approvals and blocks of single updates.

use crate::{
    App, AppError, Context, FieldCode, Problem,
    context::{Done, Mutation, Target},
    error::invalid,
    tenants::narrowed,
    text::check_line,
};
use latarnik_model::{
    Permission, PolicyScope, TenantId, UpdateDecision, UpdateDecisionId, UpdateVerdict,
};
use latarnik_store::UpdateDecisionRecord;

/// A decision to be.
#[derive(Debug, Clone)]
pub struct NewUpdateDecision {
    /// The tenant of the devices that it is about.
    pub tenant_id: TenantId,
    /// Whose devices.
    pub scope: PolicyScope,
    /// What is decided, on which update.
    pub decision: UpdateDecision,
    /// Why, in somebody's words; may be empty.
    pub note: String,
}

/// Longest note.
const LONGEST_NOTE: usize = 500;

const fn decide(action: &'static str) -> Mutation {
    Mutation {
        permission: Some(Permission::ManageUpdatePolicies),
        action,
        target_kind: "update_decision",
    }
}

const APPROVE: Mutation = decide("approve_update");
const BLOCK: Mutation = decide("block_update");
const WITHDRAW: Mutation = decide("withdraw_update_decision");

impl App {
    /// The decisions that the caller may see, newest first, of all tenants or of one.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub async fn list_update_decisions(
        &self,
        context: &Context,
        tenant: Option<TenantId>,
    ) -> Result<Vec<UpdateDecisionRecord>, AppError> {
        context.authorize(Permission::ReadDevices)?;
        let scope = narrowed(&context.scope, tenant);
        Ok(self.store().update_decisions(&scope).await?)
    }

    /// Approves or blocks an update, in place of what the same scope decided on it before.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with the fields that are not usable.
    pub async fn decide_update(
        &self,
        context: &Context,
        new: NewUpdateDecision,
    ) -> Result<UpdateDecisionRecord, AppError> {
        let now = self.now();
        let id = UpdateDecisionId::generate(now, &self.ids());
        let tenant = new.tenant_id;
        let mutation = match new.decision.verdict {
            UpdateVerdict::Approve => APPROVE,
            UpdateVerdict::Block => BLOCK,
        };
        self.mutate(context, &mutation, async |transaction| {
            let scope_name = self.check_scope(context, tenant, new.scope).await?;
            check_line(&new.note, LONGEST_NOTE).map_err(|code| invalid("note", code))?;
            let record = UpdateDecisionRecord {
                id,
                tenant_id: tenant,
                scope: new.scope,
                scope_name: None,
                decision: new.decision.clone(),
                note: new.note.trim().to_owned(),
                decided_at: now,
                decided_by_name: context.actor_name().to_owned(),
            };
            transaction.put_update_decision(&record).await?;
            let update = record.decision.update.value();
            let target = Target::new(tenant, id, update).with("scope", scope_name);
            Ok(Done::to(target, ()))
        })
        .await?;
        self.policies_changed(tenant);
        let made = self.store().update_decision(&context.scope, id).await?;
        made.ok_or_else(|| Problem::NotFound.into())
    }

    /// Takes a decision back.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn withdraw_update_decision(
        &self,
        context: &Context,
        id: UpdateDecisionId,
    ) -> Result<(), AppError> {
        let tenant = self
            .mutate(context, &WITHDRAW, async |transaction| {
                let found = self.store().update_decision(&context.scope, id).await?;
                let found = found.ok_or(Problem::NotFound)?;
                let tenant = found.tenant_id;
                if !transaction.delete_update_decision(tenant, id).await? {
                    return Err(Problem::NotFound.into());
                }
                let target = Target::new(tenant, id, found.decision.update.value())
                    .with("verdict", found.decision.verdict.name());
                Ok(Done::to(target, tenant))
            })
            .await?;
        self.policies_changed(tenant);
        Ok(())
    }
}

impl NewUpdateDecision {
    /// Reads the update as people name it.
    ///
    /// # Errors
    /// [`AppError::Invalid`].
    pub fn update(kind: &str, value: &str) -> Result<latarnik_model::UpdateRef, AppError> {
        latarnik_model::UpdateRef::parse(kind, value)
            .map_err(|_| invalid("update", FieldCode::Malformed))
    }
}
