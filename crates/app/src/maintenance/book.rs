//! Everything that a tenant says about maintenance.

use latarnik_model::{
    DeviceId, GroupId, MaintenanceRules, PolicyScope, Scope, ScopeMaintenance, TenantId,
    WithoutWindows,
};
use latarnik_store::{Store, StoreError};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// A tenant's windows, blackouts, groups, zone and settings. Devices for which the same is said
/// share one set of rules.
#[derive(Debug)]
pub(crate) struct MaintenanceBook {
    tenant_zone: String,
    without_windows: WithoutWindows,
    /// Those that say something.
    scopes: HashMap<PolicyScope, ScopeMaintenance>,
    groups: HashMap<GroupId, Group>,
    /// By the narrowest scope that says something, other than a device; and the tenant's.
    shared: HashMap<PolicyScope, Arc<MaintenanceRules>>,
    /// Of devices that say something themselves.
    own: Mutex<HashMap<DeviceId, OwnRules>>,
}

/// The rules of a device that lay in this group.
type OwnRules = (Option<GroupId>, Arc<MaintenanceRules>);

#[derive(Debug)]
struct Group {
    parent: Option<GroupId>,
    name: String,
}

impl MaintenanceBook {
    /// The book of one tenant; an empty one if there is no such tenant.
    pub(crate) async fn load(store: &Store, tenant: TenantId) -> Result<Self, StoreError> {
        let mut books = Self::load_all(store, &Scope::one(tenant)).await?;
        Ok(books.remove(&tenant).unwrap_or_else(Self::empty))
    }

    /// The books of all tenants in scope.
    pub(crate) async fn load_all(
        store: &Store,
        scope: &Scope,
    ) -> Result<HashMap<TenantId, Self>, StoreError> {
        let mut books = HashMap::new();
        for settings in store.maintenance_settings(scope).await? {
            let book: &mut Self = books.entry(settings.tenant_id).or_insert_with(Self::empty);
            book.tenant_zone = settings.time_zone;
            book.without_windows = settings.without_windows;
        }
        for record in store.maintenance_windows(scope).await? {
            if let Some(book) = books.get_mut(&record.tenant_id) {
                book.scope(record.scope).windows.push(record.window);
            }
        }
        for record in store.blackouts(scope).await? {
            if let Some(book) = books.get_mut(&record.tenant_id) {
                book.scope(record.scope).blackouts.push(record.blackout);
            }
        }
        for group in store.groups(scope).await? {
            if let Some(book) = books.get_mut(&group.tenant_id) {
                let (parent, name) = (group.parent_id, group.name);
                book.groups.insert(group.id, Group { parent, name });
            }
        }
        for book in books.values_mut() {
            book.share();
        }
        Ok(books)
    }

    fn empty() -> Self {
        Self {
            tenant_zone: "UTC".to_owned(),
            without_windows: WithoutWindows::default(),
            scopes: HashMap::new(),
            groups: HashMap::new(),
            shared: HashMap::new(),
            own: Mutex::default(),
        }
    }

    fn scope(&mut self, scope: PolicyScope) -> &mut ScopeMaintenance {
        self.scopes
            .entry(scope)
            .or_insert_with(|| ScopeMaintenance {
                scope,
                windows: Vec::new(),
                blackouts: Vec::new(),
            })
    }

    fn share(&mut self) {
        let groups = self.scopes.keys().filter_map(|scope| match scope {
            PolicyScope::Group(group) => Some(*group),
            PolicyScope::Tenant | PolicyScope::Device(_) => None,
        });
        let mut shared: HashMap<_, _> = groups
            .map(|group| {
                let chain = self.around(Some(group));
                (PolicyScope::Group(group), Arc::new(self.along(chain)))
            })
            .collect();
        let tenant = self.along([PolicyScope::Tenant]);
        shared.insert(PolicyScope::Tenant, Arc::new(tenant));
        self.shared = shared;
    }

    /// The scopes around a group, itself included, from the inner to the outer.
    pub(crate) fn around(&self, group: Option<GroupId>) -> impl Iterator<Item = PolicyScope> {
        let parent = |id: &GroupId| self.groups.get(id)?.parent;
        std::iter::successors(group, parent)
            .map(PolicyScope::Group)
            .chain([PolicyScope::Tenant])
    }

    /// What the scopes say, the narrowest first.
    fn along(&self, chain: impl IntoIterator<Item = PolicyScope>) -> MaintenanceRules {
        let scopes = chain.into_iter();
        MaintenanceRules {
            tenant_zone: self.tenant_zone.clone(),
            scopes: scopes
                .filter_map(|scope| self.scopes.get(&scope).cloned())
                .collect(),
            without_windows: self.without_windows,
        }
    }

    /// What binds a device.
    pub(crate) fn rules(&self, device: DeviceId, group: Option<GroupId>) -> Arc<MaintenanceRules> {
        let own = PolicyScope::Device(device);
        if self.scopes.contains_key(&own) {
            let mut known = self.own.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, rules)) = known.get(&device).filter(|(lay, _)| *lay == group) {
                return rules.clone();
            }
            let chain = std::iter::once(own).chain(self.around(group));
            let rules = Arc::new(self.along(chain));
            known.insert(device, (group, rules.clone()));
            return rules;
        }
        self.rules_around(group)
    }

    /// What binds the devices of a group, or those in none, unless they say something themselves.
    pub(crate) fn rules_around(&self, group: Option<GroupId>) -> Arc<MaintenanceRules> {
        let found = self.around(group).find_map(|scope| self.shared.get(&scope));
        found.map_or_else(|| Arc::new(self.along([])), Arc::clone)
    }

    /// What a group is called.
    pub(crate) fn group_name(&self, group: GroupId) -> Option<&str> {
        self.groups.get(&group).map(|group| group.name.as_str())
    }
}
