//! What is asked for: one action becomes one task for each device.

mod begin;
mod blocked;
mod board;
mod cancel;
mod expiry;
mod read;
mod request;
mod targets;

pub use begin::{ActionOrder, BegunAction};
pub(crate) use board::ActionBoard;
pub use read::{Action, ActionQuery};
pub use request::{ActionRequest, ActionTarget, RequestedParameters};

use crate::{
    Actor, App, AppError, Context, Problem,
    context::{Done, Target},
};
use blocked::Unblocked;
use latarnik_model::{ActionId, ActionKind, CreatorKind, TenantId};
use latarnik_store::{Creator, Transaction};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

impl App {
    /// Begins an action: its tasks are on their way when this returns.
    ///
    /// # Errors
    /// [`Problem::NotFound`] for a device that the caller may not see;
    /// [`Problem::NoRestartPending`] for a restart that no device needs;
    /// [`Problem::UpdatesNotOffered`] for updates that none of the devices is offered;
    /// [`Problem::UpdatesBlocked`] if all of them are blocked; [`Problem::NoDevices`],
    /// [`Problem::TooManyDevices`]; [`AppError::Invalid`].
    pub async fn create_action(
        &self,
        context: &Context,
        request: ActionRequest,
    ) -> Result<Action, AppError> {
        let mutation = request.parameters.mutation();
        let (id, begun) = self
            .mutate(context, &mutation, async |transaction| {
                request::check(&request, self.now())?;
                let (creator, tenant) = self.creator(context).await?;
                let key = request.idempotency_key.as_str();
                let earlier = transaction.action_of_key(tenant, creator.id, key).await?;
                if let Some(id) = earlier {
                    return Ok(Done::nothing((id, None)));
                }
                let order = self
                    .order(context, transaction, &request, (creator, tenant))
                    .await?;
                let begun = self.begin_action(transaction, order).await?;
                Ok(Done {
                    targets: audit_targets(begun.id, begun.tenants()),
                    value: (begun.id, Some(begun)),
                })
            })
            .await?;
        if let Some(begun) = begun {
            self.announce_action(&begun);
        }
        self.read_action(context, id).await
    }

    async fn order(
        &self,
        context: &Context,
        transaction: &Transaction,
        request: &ActionRequest,
        (created_by, tenant_id): (Creator, TenantId),
    ) -> Result<ActionOrder, AppError> {
        let devices = self.targets(context, request).await?;
        if let RequestedParameters::InstallUpdates {
            update_keys: Some(keys),
            ..
        } = &request.parameters
            && !transaction.is_any_offered(&devices, keys).await?
        {
            return Err(Problem::UpdatesNotOffered.into());
        }
        let parameters = request.parameters.parameters();
        let left = match parameters.kind() {
            ActionKind::InstallUpdates => self.without_blocked(devices, &parameters).await?,
            ActionKind::Scan | ActionKind::Restart => Unblocked {
                devices,
                own: HashMap::new(),
            },
        };
        Ok(ActionOrder {
            parameters,
            devices: left.devices,
            own: left.own,
            when: request.when,
            deadline: request.deadline,
            created_by,
            tenant_id,
            idempotency_key: request.idempotency_key.clone(),
        })
    }

    /// Who an action of this caller comes from, and the tenant that it belongs to. What the command
    /// line asks for belongs to the provider.
    async fn creator(&self, context: &Context) -> Result<(Creator, TenantId), AppError> {
        let (kind, id, tenant) = match &context.actor {
            Actor::User { id, tenant_id, .. } => (CreatorKind::User, id.0, *tenant_id),
            Actor::ApiToken { id, tenant_id, .. } => (CreatorKind::ApiToken, id.0, *tenant_id),
            Actor::CommandLine => {
                let provider = self.provider().await?;
                (CreatorKind::CommandLine, Uuid::nil(), provider.id)
            }
        };
        let name = context.actor_name().to_owned();
        Ok((Creator { kind, id, name }, tenant))
    }
}

/// Every tenant's audit says on how many of its own devices something was asked for.
fn audit_targets(id: ActionId, devices: BTreeMap<TenantId, usize>) -> Vec<Target> {
    let target = |(tenant, count)| {
        Target {
            name: None,
            ..Target::new(tenant, id, "")
        }
        .with("devices", count)
    };
    devices.into_iter().map(target).collect()
}
