//! Who asks, and for which tenants.

use crate::{App, AppError, Problem, randomness::Ids};
use latarnik_model::{AuditEventId, Permission, Role, Scope, TenantId, UserId};
use latarnik_store::{AuditEvent, Transaction};
use uuid::Uuid;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A signed-in person.
    User {
        /// The person.
        id: UserId,
        /// The person's tenant.
        tenant_id: TenantId,
        /// The person's name.
        name: String,
        /// What the person may do.
        role: Role,
    },
    /// Someone with a shell on the server: may do everything.
    CommandLine,
}

/// The circumstances of one call: everything that authorisation and audit need.
#[derive(Debug, Clone)]
pub struct Context {
    /// Who asks.
    pub actor: Actor,
    /// The tenants that the call may touch.
    pub scope: Scope,
    /// The request in the log.
    pub request_id: Option<String>,
}

impl Context {
    /// For administration commands on the server itself.
    #[must_use]
    pub const fn command_line() -> Self {
        Self {
            actor: Actor::CommandLine,
            scope: Scope::Everything,
            request_id: None,
        }
    }

    /// Whether the caller may do it.
    #[must_use]
    pub const fn may(&self, permission: Permission) -> bool {
        match &self.actor {
            Actor::User { role, .. } => role.may(permission),
            Actor::CommandLine => true,
        }
    }

    /// Ends the call unless the caller may do it.
    pub(crate) fn authorize(&self, permission: Permission) -> Result<(), AppError> {
        if self.may(permission) {
            Ok(())
        } else {
            Err(Problem::Forbidden.into())
        }
    }

    pub(crate) fn actor_name(&self) -> &str {
        match &self.actor {
            Actor::User { name, .. } => name,
            Actor::CommandLine => "command line",
        }
    }

    /// The tenant that refusals are written down in.
    fn home(&self) -> Option<TenantId> {
        match &self.actor {
            Actor::User { tenant_id, .. } => Some(*tenant_id),
            Actor::CommandLine => None,
        }
    }

    fn actor_columns(&self) -> (&'static str, Option<Uuid>) {
        match &self.actor {
            Actor::User { id, .. } => ("user", Some(id.0)),
            Actor::CommandLine => ("command_line", None),
        }
    }
}

/// What a mutation did, for the audit trail.
pub(crate) struct Done<T> {
    /// What the caller gets.
    pub(crate) value: T,
    /// The tenant that it happened in.
    pub(crate) tenant_id: TenantId,
    /// The id of what it was done to.
    pub(crate) target_id: String,
    /// More, for people.
    pub(crate) details: Option<String>,
}

/// A change that a person asks for.
pub(crate) struct Mutation {
    /// What the caller must be allowed to do; `None` for what everyone may do to their own things.
    pub(crate) permission: Option<Permission>,
    /// The name in the audit trail.
    pub(crate) action: &'static str,
    /// The kind of what it is done to.
    pub(crate) target_kind: &'static str,
}

impl App {
    /// Runs a change: authorises, does the work in a transaction, writes it down in the audit trail
    /// in the same transaction. A refusal for want of rights is written down too.
    pub(crate) async fn mutate<T>(
        &self,
        context: &Context,
        mutation: &Mutation,
        work: impl AsyncFnOnce(&Transaction) -> Result<Done<T>, AppError>,
    ) -> Result<T, AppError> {
        if let Some(permission) = mutation.permission
            && let Err(refusal) = context.authorize(permission)
        {
            self.audit_refusal(context, mutation).await?;
            return Err(refusal);
        }
        let transaction = self.store().begin().await?;
        let done = work(&transaction).await?;
        let event = self.audit_event(
            context,
            mutation,
            (done.tenant_id, done.target_id, done.details),
            "succeeded",
        );
        transaction.insert_audit_event(&event).await?;
        transaction.commit().await?;
        Ok(done.value)
    }

    async fn audit_refusal(&self, context: &Context, mutation: &Mutation) -> Result<(), AppError> {
        let Some(home) = context.home() else {
            return Ok(());
        };
        let transaction = self.store().begin().await?;
        let event = self.audit_event(context, mutation, (home, String::new(), None), "forbidden");
        transaction.insert_audit_event(&event).await?;
        Ok(transaction.commit().await?)
    }

    fn audit_event(
        &self,
        context: &Context,
        mutation: &Mutation,
        (tenant_id, target_id, details): (TenantId, String, Option<String>),
        result: &str,
    ) -> AuditEvent {
        let now = self.now();
        let (actor_kind, actor_id) = context.actor_columns();
        AuditEvent {
            id: AuditEventId::generate(now, &Ids(self.randomness())),
            tenant_id,
            at: now,
            actor_kind,
            actor_id,
            actor_name: context.actor_name().to_owned(),
            action: mutation.action,
            target_kind: mutation.target_kind,
            target_id,
            result: result.to_owned(),
            request_id: context.request_id.clone(),
            details,
        }
    }
}
