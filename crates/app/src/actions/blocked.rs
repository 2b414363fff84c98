//! Blocked updates: nobody installs them by accident, as part of everything or of a selection.

use crate::{
    App, AppError, Problem,
    update_policies::{PolicyBook, offer},
};
use latarnik_model::{DeviceId, Scope, TaskParameters, TenantId, UpdateVerdict};
use std::collections::{HashMap, HashSet};

/// The devices of an installation that is to leave out what is blocked, each with what it installs
/// where that is less than what was asked for.
pub(super) struct Unblocked {
    pub(super) devices: Vec<(TenantId, DeviceId)>,
    pub(super) own: HashMap<DeviceId, TaskParameters>,
}

impl App {
    /// Leaves out what is blocked on each device. Where a tenant blocks something, its devices get
    /// the keys of what they are offered now instead of "everything": what comes until the task
    /// runs may be blocked too.
    ///
    /// # Errors
    /// [`Problem::UpdatesBlocked`] if nothing is left, [`Problem::UpdatesNotOffered`] if there was
    /// nothing to begin with.
    pub(super) async fn without_blocked(
        &self,
        devices: Vec<(TenantId, DeviceId)>,
        parameters: &TaskParameters,
    ) -> Result<Unblocked, AppError> {
        let blocking = self.blocking_tenants(&devices).await?;
        let mut left = Unblocked {
            devices: Vec::with_capacity(devices.len()),
            own: HashMap::new(),
        };
        let mut any_blocked = false;
        for tenant in &blocking {
            let of_tenant = devices.iter().filter(|(of, _)| of == tenant);
            let wanted: HashSet<DeviceId> = of_tenant.map(|(_, device)| *device).collect();
            let (keys, blocked) = self.open_keys(*tenant, &wanted, parameters).await?;
            any_blocked |= blocked;
            left.own.extend(keys);
        }
        let stays = |(tenant, device): &(TenantId, DeviceId)| {
            !blocking.contains(tenant) || left.own.contains_key(device)
        };
        left.devices.extend(devices.into_iter().filter(stays));
        match (left.devices.is_empty(), any_blocked) {
            (false, _) => Ok(left),
            (true, true) => Err(Problem::UpdatesBlocked.into()),
            (true, false) => Err(Problem::UpdatesNotOffered.into()),
        }
    }

    /// Those of the devices' tenants that block something.
    async fn blocking_tenants(
        &self,
        devices: &[(TenantId, DeviceId)],
    ) -> Result<HashSet<TenantId>, AppError> {
        let tenants: HashSet<TenantId> = devices.iter().map(|(tenant, _)| *tenant).collect();
        let scope = Scope::Tenants(tenants.into_iter().collect());
        let decisions = self.store().update_decisions(&scope).await?;
        let blocks = decisions
            .into_iter()
            .filter(|record| record.decision.verdict == UpdateVerdict::Block);
        Ok(blocks.map(|record| record.tenant_id).collect())
    }

    /// What each device would install of what was asked for, and whether anything is left out.
    async fn open_keys(
        &self,
        tenant: TenantId,
        devices: &HashSet<DeviceId>,
        parameters: &TaskParameters,
    ) -> Result<(HashMap<DeviceId, TaskParameters>, bool), AppError> {
        let TaskParameters::InstallUpdates {
            update_keys,
            categories,
        } = parameters
        else {
            return Ok((HashMap::new(), false));
        };
        let book = PolicyBook::load(self.store(), tenant).await?;
        let groups = self.store().policy_devices(tenant).await?;
        let groups: HashMap<_, _> = groups.into_iter().map(|d| (d.id, d.group_id)).collect();
        let only = match devices.len() {
            1 => devices.iter().next().copied(),
            _ => None,
        };
        let mut open: HashMap<DeviceId, Vec<String>> = HashMap::new();
        let mut any_blocked = false;
        for candidate in self.store().policy_candidates(tenant, only).await? {
            let device = candidate.device_id;
            let is_asked_for = devices.contains(&device)
                && update_keys
                    .as_ref()
                    .is_none_or(|keys| keys.contains(&candidate.key))
                && categories
                    .as_ref()
                    .is_none_or(|categories| categories.contains(&candidate.category));
            let Some(group) = groups.get(&device).filter(|_| is_asked_for) else {
                continue;
            };
            let names = offer(&candidate).names;
            let decision = book.rules(device, *group).decision(&names);
            if matches!(decision, Some((_, UpdateVerdict::Block))) {
                any_blocked = true;
            } else {
                open.entry(device).or_default().push(candidate.key);
            }
        }
        let own = open.into_iter().map(|(device, keys)| {
            let parameters = TaskParameters::InstallUpdates {
                update_keys: Some(keys),
                categories: None,
            };
            (device, parameters)
        });
        Ok((own.collect(), any_blocked))
    }
}
