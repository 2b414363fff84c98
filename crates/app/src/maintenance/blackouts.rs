//! Blackouts.

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
use jiff::{SignedDuration, Timestamp};
use latarnik_model::{
    Blackout, BlackoutDefinition, BlackoutDraft, BlackoutId, LocalOpening, Permission, PolicyScope,
    Scope, TenantId,
};
use latarnik_store::BlackoutRecord;

/// A blackout to be.
#[derive(Debug, Clone)]
pub struct NewBlackout {
    /// Its tenant.
    pub tenant_id: TenantId,
    /// Whose it is.
    pub scope: PolicyScope,
    /// What people call it.
    pub name: String,
    /// When it is, and for what.
    pub definition: BlackoutDraft,
}

/// What a blackout is from now on.
#[derive(Debug, Clone)]
pub struct BlackoutChange {
    /// The version that the caller has seen.
    pub version: u64,
    /// Whose it is.
    pub scope: PolicyScope,
    /// What people call it.
    pub name: String,
    /// When it is, and for what.
    pub definition: BlackoutDraft,
}

/// A blackout, and what people want to know about it.
#[derive(Debug, Clone)]
pub struct BlackoutEntry {
    /// What is known.
    pub record: BlackoutRecord,
    /// The zone in which it is shown by itself: its own, or the tenant's.
    pub time_zone: String,
    /// When it is on now and comes next, within about 400 days.
    pub coming: Vec<LocalOpening>,
    /// How many devices its scope has.
    pub devices: u64,
}

/// A definition that somebody wants to look at.
#[derive(Debug, Clone)]
pub struct BlackoutPreview {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The definition.
    pub definition: BlackoutDraft,
    /// Instead of the tenant's zone, where the definition names none.
    pub time_zone: Option<String>,
    /// Spans that end later; `None` is now.
    pub from: Option<Timestamp>,
    /// How many, 1 to 50; `None` is 10.
    pub count: Option<u32>,
}

/// How far ahead coming spans are listed, and how many.
const SHOWN_AHEAD: SignedDuration = SignedDuration::from_hours(400 * 24);
const MOST_SHOWN: usize = 12;
/// How far ahead a preview looks: far enough for fifty spans of every kind.
const PREVIEWED_AHEAD: SignedDuration = SignedDuration::from_hours(60 * 366 * 24);

const CREATE: Mutation = manage("create_blackout", "blackout");
const CHANGE: Mutation = manage("change_blackout", "blackout");
const DELETE: Mutation = manage("delete_blackout", "blackout");

impl App {
    /// The blackouts that the caller may see, of all tenants or of one.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub async fn list_blackouts(
        &self,
        context: &Context,
        tenant: Option<TenantId>,
    ) -> Result<Vec<BlackoutEntry>, AppError> {
        context.authorize(Permission::ReadDevices)?;
        self.blackout_entries(&narrowed(&context.scope, tenant))
            .await
    }

    /// One blackout.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn read_blackout(
        &self,
        context: &Context,
        id: BlackoutId,
    ) -> Result<BlackoutEntry, AppError> {
        context.authorize(Permission::ReadDevices)?;
        let found = self.store().blackout(&context.scope, id).await?;
        let tenant = found.ok_or(Problem::NotFound)?.tenant_id;
        let entries = self.blackout_entries(&Scope::one(tenant)).await?;
        let mut entries = entries.into_iter();
        let found = entries.find(|entry| entry.record.blackout.id == id);
        found.ok_or_else(|| Problem::NotFound.into())
    }

    async fn blackout_entries(&self, scope: &Scope) -> Result<Vec<BlackoutEntry>, AppError> {
        let records = self.store().blackouts(scope).await?;
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let around = Surroundings::load(self.store(), scope).await?;
        let now = self.now();
        let until = now.checked_add(SHOWN_AHEAD).unwrap_or(now);
        let entry = |record: BlackoutRecord| {
            let zone = zone_of(&record, &around).to_owned();
            let definition = &record.blackout.definition;
            BlackoutEntry {
                coming: spans::of_blackout(definition, &zone, (now, until), MOST_SHOWN),
                time_zone: zone,
                devices: around.devices(record.tenant_id, record.scope),
                record,
            }
        };
        Ok(records.into_iter().map(entry).collect())
    }

    /// Makes a blackout.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with the fields that are not usable;
    /// [`Problem::TooManyBlackouts`].
    pub async fn create_blackout(
        &self,
        context: &Context,
        new: NewBlackout,
    ) -> Result<BlackoutEntry, AppError> {
        let now = self.now();
        let id = BlackoutId::generate(now, &self.ids());
        let tenant = new.tenant_id;
        self.mutate(context, &CREATE, async |transaction| {
            let scope_name = self.check_scope(context, tenant, new.scope).await?;
            let definition = checked(&new.name, new.definition)?;
            transaction
                .lock_tenant(&context.scope, tenant)
                .await?
                .ok_or_else(|| invalid("tenant_id", FieldCode::Unknown))?;
            if transaction.count_blackouts(tenant).await? >= MOST_DEFINITIONS {
                return Err(Problem::TooManyBlackouts.into());
            }
            let record = BlackoutRecord {
                tenant_id: tenant,
                scope: new.scope,
                scope_name: None,
                blackout: Blackout {
                    id,
                    name: new.name.trim().to_owned(),
                    definition,
                },
                version: 1,
                updated_at: now,
                updated_by_name: context.actor_name().to_owned(),
            };
            transaction.insert_blackout(&record).await?;
            Ok(Done::to(described(&record, &scope_name), ()))
        })
        .await?;
        self.maintenance_changed(tenant).await;
        self.read_blackout(context, id).await
    }

    /// Replaces a blackout, as long as nobody did since the caller saw this version of it.
    ///
    /// # Errors
    /// [`Problem::NotFound`], [`Problem::ChangedMeanwhile`]; [`AppError::Invalid`].
    pub async fn replace_blackout(
        &self,
        context: &Context,
        id: BlackoutId,
        change: BlackoutChange,
    ) -> Result<BlackoutEntry, AppError> {
        let tenant = self
            .mutate(context, &CHANGE, async |transaction| {
                let found = self.store().blackout(&context.scope, id).await?;
                let tenant = found.ok_or(Problem::NotFound)?.tenant_id;
                let scope_name = self.check_scope(context, tenant, change.scope).await?;
                let definition = checked(&change.name, change.definition)?;
                let record = BlackoutRecord {
                    tenant_id: tenant,
                    scope: change.scope,
                    scope_name: None,
                    blackout: Blackout {
                        id,
                        name: change.name.trim().to_owned(),
                        definition,
                    },
                    version: change.version.saturating_add(1),
                    updated_at: self.now(),
                    updated_by_name: context.actor_name().to_owned(),
                };
                if !transaction.replace_blackout(&record).await? {
                    return Err(Problem::ChangedMeanwhile.into());
                }
                Ok(Done::to(described(&record, &scope_name), tenant))
            })
            .await?;
        self.maintenance_changed(tenant).await;
        self.read_blackout(context, id).await
    }

    /// Deletes a blackout.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn delete_blackout(&self, context: &Context, id: BlackoutId) -> Result<(), AppError> {
        let tenant = self
            .mutate(context, &DELETE, async |transaction| {
                let found = self.store().blackout(&context.scope, id).await?;
                let found = found.ok_or(Problem::NotFound)?;
                let tenant = found.tenant_id;
                if !transaction.delete_blackout(tenant, id).await? {
                    return Err(Problem::NotFound.into());
                }
                let target = Target::new(tenant, id, found.blackout.name.as_str());
                let scope_name = found.scope_name.unwrap_or_default();
                let target = description::scoped(target, found.scope, &scope_name);
                Ok(Done::to(target, tenant))
            })
            .await?;
        self.maintenance_changed(tenant).await;
        Ok(())
    }

    /// When a blackout would be by itself. Changes nothing.
    ///
    /// # Errors
    /// [`AppError::Invalid`].
    pub async fn preview_blackout(
        &self,
        context: &Context,
        preview: BlackoutPreview,
    ) -> Result<SpanPreview, AppError> {
        context.authorize(Permission::ReadDevices)?;
        let tenant_zone = self.zone_of_tenant(context, preview.tenant_id).await?;
        let mut checks = Checks::default();
        checks.zone("time_zone", preview.time_zone.as_deref());
        let definition = checks.blackout(preview.definition);
        let definition = checks.finish(definition)?;
        let (from, count) = (preview.from, preview.count);
        let (from, count) = Look { from, count }.checked(self.now())?;
        let until = from.checked_add(PREVIEWED_AHEAD).unwrap_or(from);
        let zone = definition.time_zone().map(str::to_owned);
        let time_zone = zone.or(preview.time_zone).unwrap_or(tenant_zone);
        Ok(SpanPreview {
            spans: spans::of_blackout(&definition, &time_zone, (from, until), count),
            time_zone,
        })
    }
}

fn checked(name: &str, draft: BlackoutDraft) -> Result<BlackoutDefinition, AppError> {
    let mut checks = Checks::default();
    checks.name(name);
    let definition = checks.blackout(draft);
    checks.finish(definition)
}

/// What the audit says of a blackout.
fn described(record: &BlackoutRecord, scope_name: &str) -> Target {
    let blackout = &record.blackout;
    let target = Target::new(record.tenant_id, blackout.id, blackout.name.as_str());
    let target = description::scoped(target, record.scope, scope_name);
    description::blackout(target, &blackout.definition)
}

fn zone_of<'a>(record: &'a BlackoutRecord, around: &'a Surroundings) -> &'a str {
    let own = record.blackout.definition.time_zone();
    own.unwrap_or_else(|| around.zone(record.tenant_id))
}
