//! What is around windows and blackouts: zones of tenants, and numbers of devices.

use crate::AppError;
use latarnik_model::{GroupId, PolicyScope, Scope, TenantId};
use latarnik_store::Store;
use std::collections::HashMap;

/// Zones of tenants, and how many devices each scope has.
pub(super) struct Surroundings {
    zones: HashMap<TenantId, String>,
    tenants: HashMap<TenantId, u64>,
    groups: HashMap<GroupId, u64>,
}

impl Surroundings {
    pub(super) async fn load(store: &Store, scope: &Scope) -> Result<Self, AppError> {
        let settings = store.maintenance_settings(scope).await?.into_iter();
        let zones = settings.map(|settings| (settings.tenant_id, settings.time_zone));
        let sizes = store.tenant_sizes(scope).await?.into_iter();
        let groups = store.groups(scope).await?.into_iter();
        let parents: HashMap<_, _> = groups.map(|group| (group.id, group.parent_id)).collect();
        let mut devices: HashMap<GroupId, u64> = HashMap::new();
        for (group, directly) in store.group_sizes(scope).await? {
            let parent = |id: &GroupId| parents.get(id).copied().flatten();
            for around in std::iter::successors(Some(group), parent) {
                *devices.entry(around).or_default() += directly;
            }
        }
        Ok(Self {
            zones: zones.collect(),
            tenants: sizes.map(|(tenant, size)| (tenant, size.devices)).collect(),
            groups: devices,
        })
    }

    /// The zone in which something of a tenant is shown that names none.
    pub(super) fn zone(&self, tenant: TenantId) -> &str {
        self.zones.get(&tenant).map_or("UTC", String::as_str)
    }

    /// How many devices a scope has.
    pub(super) fn devices(&self, tenant: TenantId, scope: PolicyScope) -> u64 {
        let found = match scope {
            PolicyScope::Tenant => self.tenants.get(&tenant),
            PolicyScope::Group(group) => self.groups.get(&group),
            PolicyScope::Device(_) => return 1,
        };
        found.copied().unwrap_or_default()
    }
}
