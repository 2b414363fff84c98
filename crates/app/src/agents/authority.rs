//! How far the devices are while the certificate authority is replaced.

use super::{AgentError, AgentIdentity};
use crate::{
    App, AppError, Context,
    context::{Done, Mutation, Target},
};
use latarnik_model::{Scope, TenantId};
pub use latarnik_store::{AuthorityCoverage, UncoveredDevice};

/// A step in the replacement of the authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthorityStep {
    /// The next authority was put beside the present one.
    Rotate,
    /// The next authority took over.
    Finish,
    /// The next authority took over although devices were missing.
    FinishByForce,
}

impl AuthorityStep {
    const fn action(self) -> &'static str {
        match self {
            Self::Rotate => "rotate_authority",
            Self::Finish => "finish_authority_rotation",
            Self::FinishByForce => "force_authority_rotation",
        }
    }
}

/// Notes that a device has shown a certificate of an authority. Repeating it changes nothing.
///
/// # Errors
/// [`AgentError::Unavailable`].
pub async fn note_authority(
    app: &App,
    agent: &AgentIdentity,
    authority: [u8; 32],
) -> Result<(), AgentError> {
    let transaction = app.store().begin(&Scope::one(agent.tenant_id)).await?;
    transaction
        .insert_device_authority(agent.tenant_id, agent.device_id, authority, app.now())
        .await?;
    Ok(transaction.commit().await?)
}

impl App {
    /// How many devices have shown a certificate of an authority, and which have not.
    ///
    /// # Errors
    /// [`AppError`] if the database fails.
    pub async fn authority_coverage(
        &self,
        context: &Context,
        authority: [u8; 32],
    ) -> Result<AuthorityCoverage, AppError> {
        Ok(self
            .store()
            .authority_coverage(&context.scope, authority)
            .await?)
    }

    /// Writes a step of the replacement into the provider's audit trail, for it happens outside the
    /// database.
    ///
    /// # Errors
    /// [`AppError`] if the database fails.
    pub async fn audit_authority_step(
        &self,
        context: &Context,
        provider: TenantId,
        step: AuthorityStep,
        authority: String,
    ) -> Result<(), AppError> {
        let mutation = Mutation {
            permission: None,
            action: step.action(),
            target_kind: "authority",
        };
        self.mutate(context, &mutation, async |_| {
            let target = Target {
                name: None,
                ..Target::new(provider, authority, "")
            };
            Ok(Done::to(target, ()))
        })
        .await
    }
}
