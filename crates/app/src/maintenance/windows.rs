//! Maintenance windows.

use super::{
    MOST_DEFINITIONS,
    checks::Checks,
    description, manage,
    spans::{self, Look, SpanPreview},
    surroundings::Surroundings,
};
use crate::{
    App, AppError, Context, FieldCode, Problem,
    context::{Done, Mutation, Target},
    error::invalid,
    tenants::narrowed,
};
use jiff::Timestamp;
use latarnik_model::{
    LocalOpening, MaintenanceWindow, MaintenanceWindowId, Permission, PolicyScope, Scope, TenantId,
    WindowDefinition, WindowDraft,
};
use latarnik_store::MaintenanceWindowRecord;
use std::collections::{BTreeMap, HashMap};

/// A window to be.
#[derive(Debug, Clone)]
pub struct NewMaintenanceWindow {
    /// Its tenant.
    pub tenant_id: TenantId,
    /// Whose it is.
    pub scope: PolicyScope,
    /// What people call it.
    pub name: String,
    /// Whether it counts.
    pub enabled: bool,
    /// When it is open, and for what.
    pub definition: WindowDraft,
}

/// What a window is from now on.
#[derive(Debug, Clone)]
pub struct MaintenanceWindowChange {
    /// The version that the caller has seen.
    pub version: u64,
    /// Whose it is.
    pub scope: PolicyScope,
    /// What people call it.
    pub name: String,
    /// Whether it counts.
    pub enabled: bool,
    /// When it is open, and for what.
    pub definition: WindowDraft,
}

/// A window, and what people want to know about it.
#[derive(Debug, Clone)]
pub struct MaintenanceWindowEntry {
    /// What is known.
    pub record: MaintenanceWindowRecord,
    /// The zone in which it is shown by itself: its own, or the tenant's.
    pub time_zone: String,
    /// When it is open now or opens next, if it is enabled.
    pub next: Option<LocalOpening>,
    /// How many devices its scope has.
    pub devices: u64,
    /// Windows of the same scope that allow the same work at the same time.
    pub overlaps: Vec<(MaintenanceWindowId, String)>,
}

/// A definition that somebody wants to look at.
#[derive(Debug, Clone)]
pub struct WindowPreview {
    /// The tenant.
    pub tenant_id: TenantId,
    /// Whose it would be.
    pub scope: PolicyScope,
    /// The window that it would replace: it is not compared with that one.
    pub replaces: Option<MaintenanceWindowId>,
    /// The definition.
    pub definition: WindowDraft,
    /// Instead of the tenant's zone, where the definition names none.
    pub time_zone: Option<String>,
    /// Occurrences that end later; `None` is now.
    pub from: Option<Timestamp>,
    /// How many, 1 to 50; `None` is 10.
    pub count: Option<u32>,
}

/// When a window would be open, and beside which others.
#[derive(Debug, Clone)]
pub struct WindowForecast {
    /// When.
    pub spans: SpanPreview,
    /// Enabled windows of the same scope that allow the same work at the same time.
    pub overlaps: Vec<(MaintenanceWindowId, String)>,
}

pub(super) const CREATE: Mutation = manage("create_maintenance_window", "maintenance_window");
pub(super) const CHANGE: Mutation = manage("change_maintenance_window", "maintenance_window");
const DELETE: Mutation = manage("delete_maintenance_window", "maintenance_window");

impl App {
    /// The windows that the caller may see, of all tenants or of one.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub async fn list_maintenance_windows(
        &self,
        context: &Context,
        tenant: Option<TenantId>,
    ) -> Result<Vec<MaintenanceWindowEntry>, AppError> {
        context.authorize(Permission::ReadDevices)?;
        self.window_entries(&narrowed(&context.scope, tenant)).await
    }

    /// One window.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn read_maintenance_window(
        &self,
        context: &Context,
        id: MaintenanceWindowId,
    ) -> Result<MaintenanceWindowEntry, AppError> {
        context.authorize(Permission::ReadDevices)?;
        let found = self.store().maintenance_window(&context.scope, id).await?;
        let tenant = found.ok_or(Problem::NotFound)?.tenant_id;
        let entries = self.window_entries(&Scope::one(tenant)).await?;
        let mut entries = entries.into_iter();
        let found = entries.find(|entry| entry.record.window.id == id);
        found.ok_or_else(|| Problem::NotFound.into())
    }

    pub(super) async fn window_entries(
        &self,
        scope: &Scope,
    ) -> Result<Vec<MaintenanceWindowEntry>, AppError> {
        let records = self.store().maintenance_windows(scope).await?;
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let around = Surroundings::load(self.store(), scope).await?;
        let now = self.now();
        let mut overlaps = all_overlaps(&records, &around, now);
        let entry = |record: MaintenanceWindowRecord| {
            let zone = zone_of(&record, &around).to_owned();
            let definition = &record.window.definition;
            let next = record.window.enabled.then(|| {
                let spans = spans::of_window(definition, &zone, now, 1);
                spans.into_iter().next()
            });
            MaintenanceWindowEntry {
                time_zone: zone,
                next: next.flatten(),
                devices: around.devices(record.tenant_id, record.scope),
                overlaps: overlaps.remove(&record.window.id).unwrap_or_default(),
                record,
            }
        };
        Ok(records.into_iter().map(entry).collect())
    }

    /// Makes a window.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with the fields that are not usable;
    /// [`Problem::TooManyMaintenanceWindows`].
    pub async fn create_maintenance_window(
        &self,
        context: &Context,
        new: NewMaintenanceWindow,
    ) -> Result<MaintenanceWindowEntry, AppError> {
        let now = self.now();
        let id = MaintenanceWindowId::generate(now, &self.ids());
        let tenant = new.tenant_id;
        self.mutate(context, &CREATE, async |transaction| {
            let scope_name = self.check_scope(context, tenant, new.scope).await?;
            let definition = checked(&new.name, new.definition)?;
            transaction
                .lock_tenant(&context.scope, tenant)
                .await?
                .ok_or_else(|| invalid("tenant_id", FieldCode::Unknown))?;
            if transaction.count_maintenance_windows(tenant).await? >= MOST_DEFINITIONS {
                return Err(Problem::TooManyMaintenanceWindows.into());
            }
            let record = MaintenanceWindowRecord {
                tenant_id: tenant,
                scope: new.scope,
                scope_name: None,
                window: MaintenanceWindow {
                    id,
                    name: new.name.trim().to_owned(),
                    enabled: new.enabled,
                    definition,
                },
                version: 1,
                updated_at: now,
                updated_by_name: context.actor_name().to_owned(),
            };
            transaction.insert_maintenance_window(&record).await?;
            Ok(Done::to(described(&record, &scope_name), ()))
        })
        .await?;
        self.maintenance_changed(tenant).await;
        self.read_maintenance_window(context, id).await
    }

    /// Replaces a window, as long as nobody did since the caller saw this version of it.
    ///
    /// # Errors
    /// [`Problem::NotFound`], [`Problem::ChangedMeanwhile`]; [`AppError::Invalid`].
    pub async fn replace_maintenance_window(
        &self,
        context: &Context,
        id: MaintenanceWindowId,
        change: MaintenanceWindowChange,
    ) -> Result<MaintenanceWindowEntry, AppError> {
        let tenant = self
            .mutate(context, &CHANGE, async |transaction| {
                let found = self.store().maintenance_window(&context.scope, id).await?;
                let tenant = found.ok_or(Problem::NotFound)?.tenant_id;
                let scope_name = self.check_scope(context, tenant, change.scope).await?;
                let definition = checked(&change.name, change.definition)?;
                let record = MaintenanceWindowRecord {
                    tenant_id: tenant,
                    scope: change.scope,
                    scope_name: None,
                    window: MaintenanceWindow {
                        id,
                        name: change.name.trim().to_owned(),
                        enabled: change.enabled,
                        definition,
                    },
                    version: change.version.saturating_add(1),
                    updated_at: self.now(),
                    updated_by_name: context.actor_name().to_owned(),
                };
                if !transaction.replace_maintenance_window(&record).await? {
                    return Err(Problem::ChangedMeanwhile.into());
                }
                Ok(Done::to(described(&record, &scope_name), tenant))
            })
            .await?;
        self.maintenance_changed(tenant).await;
        self.read_maintenance_window(context, id).await
    }

    /// Deletes a window.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn delete_maintenance_window(
        &self,
        context: &Context,
        id: MaintenanceWindowId,
    ) -> Result<(), AppError> {
        let tenant = self
            .mutate(context, &DELETE, async |transaction| {
                let found = self.store().maintenance_window(&context.scope, id).await?;
                let found = found.ok_or(Problem::NotFound)?;
                let tenant = found.tenant_id;
                if !transaction.delete_maintenance_window(tenant, id).await? {
                    return Err(Problem::NotFound.into());
                }
                let target = Target::new(tenant, id, found.window.name.as_str());
                let scope_name = found.scope_name.unwrap_or_default();
                let target = description::scoped(target, found.scope, &scope_name);
                Ok(Done::to(target, tenant))
            })
            .await?;
        self.maintenance_changed(tenant).await;
        Ok(())
    }

    /// When a window would be open by itself, and with which others it would overlap. Changes
    /// nothing.
    ///
    /// # Errors
    /// [`AppError::Invalid`].
    pub async fn preview_maintenance_window(
        &self,
        context: &Context,
        preview: WindowPreview,
    ) -> Result<WindowForecast, AppError> {
        context.authorize(Permission::ReadDevices)?;
        let tenant_zone = self.zone_of_tenant(context, preview.tenant_id).await?;
        self.check_scope(context, preview.tenant_id, preview.scope)
            .await?;
        let mut checks = Checks::default();
        checks.zone("time_zone", preview.time_zone.as_deref());
        let definition = checks.window(preview.definition.clone());
        let definition = checks.finish(definition)?;
        let (from, count) = (preview.from, preview.count);
        let (from, count) = Look { from, count }.checked(self.now())?;
        let overlaps = self
            .would_overlap(&preview, &definition, &tenant_zone)
            .await?;
        let zone = definition.time_zone().map(str::to_owned);
        let time_zone = zone.or(preview.time_zone).unwrap_or(tenant_zone);
        let spans = SpanPreview {
            spans: spans::of_window(&definition, &time_zone, from, count),
            time_zone,
        };
        Ok(WindowForecast { spans, overlaps })
    }

    /// The windows of the same scope with which the one that is looked at would overlap.
    async fn would_overlap(
        &self,
        preview: &WindowPreview,
        definition: &WindowDefinition,
        tenant_zone: &str,
    ) -> Result<Vec<(MaintenanceWindowId, String)>, AppError> {
        let own = Scope::one(preview.tenant_id);
        let records = self.store().maintenance_windows(&own).await?;
        let there = |id| records.iter().any(|record| record.window.id == id);
        if preview.replaces.is_some_and(|id| !there(id)) {
            return Err(invalid("window_id", FieldCode::Unknown));
        }
        let beside = records.iter().filter(|record| {
            record.scope == preview.scope && Some(record.window.id) != preview.replaces
        });
        let others: Vec<_> = beside
            .map(|record| {
                let own = record.window.definition.time_zone();
                (&record.window, own.unwrap_or(tenant_zone))
            })
            .collect();
        let zone = definition.time_zone().unwrap_or(tenant_zone);
        Ok(spans::overlaps_of(definition, zone, &others, self.now()))
    }

    /// The zone of a tenant that a request names.
    pub(super) async fn zone_of_tenant(
        &self,
        context: &Context,
        tenant: TenantId,
    ) -> Result<String, AppError> {
        let scope = context.scope.narrowed_to(tenant);
        let mut settings = self.store().maintenance_settings(&scope).await?;
        let found = settings.pop().map(|settings| settings.time_zone);
        found.ok_or_else(|| invalid("tenant_id", FieldCode::Unknown))
    }
}

pub(super) fn checked(name: &str, draft: WindowDraft) -> Result<WindowDefinition, AppError> {
    let mut checks = Checks::default();
    checks.name(name);
    let definition = checks.window(draft);
    checks.finish(definition)
}

/// What the audit says of a window.
pub(super) fn described(record: &MaintenanceWindowRecord, scope_name: &str) -> Target {
    let window = &record.window;
    let target = Target::new(record.tenant_id, window.id, window.name.as_str());
    let target = description::scoped(target, record.scope, scope_name);
    let enabled = if window.enabled { "on" } else { "off" };
    description::window(target.with("enabled", enabled), &window.definition)
}

fn zone_of<'a>(record: &'a MaintenanceWindowRecord, around: &'a Surroundings) -> &'a str {
    let own = record.window.definition.time_zone();
    own.unwrap_or_else(|| around.zone(record.tenant_id))
}

fn all_overlaps(
    records: &[MaintenanceWindowRecord],
    around: &Surroundings,
    now: Timestamp,
) -> HashMap<MaintenanceWindowId, Vec<(MaintenanceWindowId, String)>> {
    let mut by_scope: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for record in records {
        let of_scope = by_scope
            .entry((record.tenant_id, record.scope))
            .or_default();
        of_scope.push((&record.window, zone_of(record, around)));
    }
    let scopes = by_scope.values();
    scopes
        .flat_map(|windows| spans::overlaps(windows, now))
        .collect()
}
