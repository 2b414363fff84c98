//! What is asked for: one action becomes one task for each device.

mod begin;
mod blocked;
mod board;
mod cancel;
mod expiry;
mod read;
mod request;
mod targets;
mod windows;

pub use begin::{ActionOrder, BegunAction};
pub(crate) use board::ActionBoard;
pub use read::{Action, ActionQuery};
pub use request::{ActionRequest, ActionTarget, RequestedParameters, WindowBreach};
pub use windows::{ActionOutlook, BrokenKind, BrokenWindow, OutlookRequest};

use crate::{
    Actor, App, AppError, Context, Problem,
    context::{Done, Target},
};
use blocked::Unblocked;
use latarnik_model::{ActionId, ActionKind, CreatorKind, TenantId};
use latarnik_store::{Creator, Transaction};
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;
use windows::{Breach, ChosenDevice};

impl App {
    /// Begins an action: its tasks are on their way when this returns.
    ///
    /// # Errors
    /// [`Problem::NotFound`] for a device that the caller may not see;
    /// [`Problem::NoRestartPending`] for a restart that no device needs;
    /// [`Problem::UpdatesNotOffered`] for updates that none of the devices is offered;
    /// [`Problem::UpdatesBlocked`] if all of them are blocked;
    /// [`Problem::OutsideMaintenanceWindow`] unless the caller knows; [`Problem::NoDevices`],
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
                let (order, breach) = self
                    .order(context, transaction, &request, (creator, tenant))
                    .await?;
                let begun = self.begin_action(transaction, order).await?;
                Ok(Done {
                    targets: audit_targets(begun.id, begun.tenants(), &breach),
                    ..Done::nothing((begun.id, Some(begun)))
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
    ) -> Result<(ActionOrder, Breach), AppError> {
        let chosen = self
            .targets(context, &request.target, &request.parameters)
            .await?;
        let place = |device: &ChosenDevice| (device.tenant_id, device.id);
        let devices: Vec<_> = chosen.iter().map(place).collect();
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
        let stays: HashSet<_> = left.devices.iter().map(|(_, device)| *device).collect();
        let chosen: Vec<_> = chosen
            .into_iter()
            .filter(|device| stays.contains(&device.id))
            .collect();
        let breach = self.breach(&chosen, request).await?;
        let order = ActionOrder {
            parameters,
            devices: left.devices,
            own: left.own,
            when: request.when,
            deadline: request.deadline,
            created_by,
            tenant_id,
            outside_windows: breach.devices.clone(),
            idempotency_key: request.idempotency_key.clone(),
        };
        Ok((order, breach))
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

/// Every tenant's audit says on how many of its own devices something was asked for, and which of
/// its windows and blackouts that breaks.
fn audit_targets(id: ActionId, devices: BTreeMap<TenantId, usize>, breach: &Breach) -> Vec<Target> {
    let target = |(tenant, count)| {
        let target = Target {
            name: None,
            ..Target::new(tenant, id, "")
        }
        .with("devices", count);
        match breach.names(tenant) {
            Some(names) => target.with("breaks_windows", names),
            None => target,
        }
    };
    devices.into_iter().map(target).collect()
}
