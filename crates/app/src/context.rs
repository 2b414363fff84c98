//! Who asks, from where, and for which tenants.

use crate::{App, AppError, Problem, audit::Entry};
use latarnik_model::{ApiTokenId, Permission, Reach, Role, Scope, SessionId, TenantId, UserId};
use latarnik_store::Transaction;
use std::net::IpAddr;
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
        /// Through which session.
        session_id: SessionId,
    },
    /// A program with a token.
    ApiToken {
        /// The token.
        id: ApiTokenId,
        /// The token's tenant.
        tenant_id: TenantId,
        /// The token's name.
        name: String,
        /// What the token may do.
        role: Role,
    },
    /// Someone with a shell on the server: may do everything.
    CommandLine,
}

/// Where a call comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The address of the other side, as far as it is known.
    pub address: Option<IpAddr>,
    /// What a browser or program calls itself.
    pub user_agent: Option<String>,
    /// The request in the server's log.
    pub request_id: Option<String>,
}

/// What keeps somebody from acting although their role would allow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// The role needs a second factor, and there is none yet.
    SecondFactorMissing,
}

/// The circumstances of one call: everything that authorisation and audit need.
#[derive(Debug, Clone)]
pub struct Context {
    /// Who asks.
    pub actor: Actor,
    /// The tenants that the call may touch.
    pub scope: Scope,
    /// Whether the actor belongs to the provider.
    pub of_provider: bool,
    /// What keeps them from acting.
    pub hold: Option<Hold>,
    /// Where from.
    pub origin: Origin,
}

impl Context {
    /// For administration commands on the server itself.
    #[must_use]
    pub fn command_line() -> Self {
        Self {
            actor: Actor::CommandLine,
            scope: Scope::Everything,
            of_provider: true,
            hold: None,
            origin: Origin::default(),
        }
    }

    /// Whether the caller may do it.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.hold.is_none()
            && (self.of_provider || permission.reach() == Reach::EveryTenant)
            && self.role().is_none_or(|role| role.may(permission))
    }

    /// Ends the call unless the caller may do it.
    pub(crate) fn authorize(&self, permission: Permission) -> Result<(), AppError> {
        if self.may(permission) {
            return Ok(());
        }
        Err(match self.hold {
            Some(Hold::SecondFactorMissing) => Problem::TotpSetupRequired.into(),
            None => Problem::Forbidden.into(),
        })
    }

    /// The caller's role; `None` for the command line, which is above all.
    #[must_use]
    pub const fn role(&self) -> Option<Role> {
        match &self.actor {
            Actor::User { role, .. } | Actor::ApiToken { role, .. } => Some(*role),
            Actor::CommandLine => None,
        }
    }

    /// Whether the caller's role is at least as wide: nobody hands out or touches a wider one.
    pub(crate) fn covers(&self, other: Role) -> bool {
        self.role().is_none_or(|role| role.covers(other))
    }

    /// The person who asks.
    pub(crate) fn user(&self) -> Result<(UserId, TenantId), AppError> {
        match self.actor {
            Actor::User { id, tenant_id, .. } => Ok((id, tenant_id)),
            Actor::ApiToken { .. } | Actor::CommandLine => Err(Problem::UserRequired.into()),
        }
    }

    /// The name of who asks.
    #[must_use]
    pub fn actor_name(&self) -> &str {
        match &self.actor {
            Actor::User { name, .. } | Actor::ApiToken { name, .. } => name,
            Actor::CommandLine => "command line",
        }
    }

    /// The actor's own tenant: refusals are written down there, and actions belong to it.
    pub(crate) const fn home(&self) -> Option<TenantId> {
        match &self.actor {
            Actor::User { tenant_id, .. } | Actor::ApiToken { tenant_id, .. } => Some(*tenant_id),
            Actor::CommandLine => None,
        }
    }

    /// The tenants that a change may write to: those in scope, and the actor's own for what is
    /// kept about the actor.
    pub(crate) fn writable(&self) -> Scope {
        match self.home() {
            Some(home) => self.scope.with(&[home]),
            None => self.scope.clone(),
        }
    }

    /// Kind, id and name, as they stand in the audit.
    pub(crate) fn actor_columns(&self) -> (&'static str, Option<Uuid>, &str) {
        let (kind, id) = match &self.actor {
            Actor::User { id, .. } => ("user", Some(id.0)),
            Actor::ApiToken { id, .. } => ("api_token", Some(id.0)),
            Actor::CommandLine => ("command_line", None),
        };
        (kind, id, self.actor_name())
    }
}

/// What a change was done to, for the audit.
pub(crate) struct Target {
    /// The tenant that it belongs to.
    pub(crate) tenant_id: TenantId,
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: Option<String>,
    /// More, for people: what it was changed to.
    pub(crate) details: Vec<(String, String)>,
}

impl Target {
    pub(crate) fn new(tenant_id: TenantId, id: impl ToString, name: impl Into<String>) -> Self {
        Self {
            tenant_id,
            id: id.to_string(),
            name: Some(name.into()),
            details: Vec::new(),
        }
    }

    /// Adds a detail.
    pub(crate) fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.details.push((name.to_owned(), value.to_string()));
        self
    }
}

/// What came of a change.
pub(crate) struct Done<T> {
    /// What the caller gets.
    pub(crate) value: T,
    /// What it was done to; in several tenants if need be, and empty if nothing changed.
    pub(crate) targets: Vec<Target>,
    /// Changes of another name that were made together with it.
    pub(crate) also: Vec<(&'static Mutation, Target)>,
}

impl<T> Done<T> {
    /// A change of one thing.
    pub(crate) fn to(target: Target, value: T) -> Self {
        Self {
            targets: vec![target],
            ..Self::nothing(value)
        }
    }

    /// Nothing changed.
    pub(crate) const fn nothing(value: T) -> Self {
        Self {
            value,
            targets: Vec::new(),
            also: Vec::new(),
        }
    }
}

/// A change that somebody asks for.
#[derive(Clone, Copy)]
pub(crate) struct Mutation {
    /// What the caller must be allowed to do; `None` for what everyone may do to their own things.
    pub(crate) permission: Option<Permission>,
    /// The name in the audit.
    pub(crate) action: &'static str,
    /// The kind of what it is done to.
    pub(crate) target_kind: &'static str,
}

impl App {
    /// Runs a change: authorises, does the work in a transaction, writes it down in the audit in
    /// the same transaction. A refusal for want of rights is written down too.
    pub(crate) async fn mutate<T>(
        &self,
        context: &Context,
        mutation: &Mutation,
        work: impl AsyncFnOnce(&Transaction) -> Result<Done<T>, AppError>,
    ) -> Result<T, AppError> {
        self.mutate_within(context, &context.writable(), mutation, work)
            .await
    }

    /// The same where the change reaches beyond what the caller sees, as that of a new tenant does.
    pub(crate) async fn mutate_within<T>(
        &self,
        context: &Context,
        scope: &Scope,
        mutation: &Mutation,
        work: impl AsyncFnOnce(&Transaction) -> Result<Done<T>, AppError>,
    ) -> Result<T, AppError> {
        let allowed = mutation
            .permission
            .map_or(Ok(()), |permission| context.authorize(permission));
        if let Err(refusal) = allowed {
            self.write_refusal(context, mutation, &refusal).await?;
            return Err(refusal);
        }
        let transaction = self.store().begin(scope).await?;
        let done = match work(&transaction).await {
            Err(refusal @ AppError::Refused(Problem::Forbidden)) => {
                drop(transaction);
                self.write_refusal(context, mutation, &refusal).await?;
                return Err(refusal);
            }
            other => other?,
        };
        let own = done.targets.into_iter().map(|target| (mutation, target));
        for (mutation, target) in own.chain(done.also) {
            let entry = Entry::of(context, mutation, target);
            self.write_audit(&transaction, entry).await?;
        }
        transaction.commit().await?;
        Ok(done.value)
    }

    async fn write_refusal(
        &self,
        context: &Context,
        mutation: &Mutation,
        refusal: &AppError,
    ) -> Result<(), AppError> {
        let Some(home) = context.home() else {
            return Ok(());
        };
        let target = Target {
            tenant_id: home,
            id: String::new(),
            name: None,
            details: Vec::new(),
        };
        let entry = Entry {
            result: refusal.code(),
            ..Entry::of(context, mutation, target)
        };
        let transaction = self.store().begin(&Scope::one(home)).await?;
        self.write_audit(&transaction, entry).await?;
        Ok(transaction.commit().await?)
    }
}
