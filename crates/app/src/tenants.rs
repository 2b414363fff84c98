//! Tenants: the provider and its clients.

use crate::{
    App, AppError, Context, Event, FieldCode, FieldError, Problem,
    audit::Entry,
    context::{Done, Mutation, Target},
    error::invalid,
    text::check_name,
    users::taken,
};
use jiff::tz::TimeZone;
use latarnik_model::{Permission, Role, Scope, TenantId};
use latarnik_store::{TenantDeletion, TenantRecord, TenantSize};
use std::{collections::HashMap, time::Duration};

/// A tenant and what it has.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// What is known.
    pub record: TenantRecord,
    /// What it has.
    pub size: TenantSize,
}

/// What changes about a tenant; `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct TenantChange {
    /// Name.
    pub name: Option<String>,
    /// IANA time zone.
    pub time_zone: Option<String>,
    /// How many days audit events are kept; `Some(None)` is for ever.
    pub audit_retention_days: Option<Option<u32>>,
}

const CREATE: Mutation = Mutation {
    permission: Some(Permission::ManageTenants),
    action: "create_tenant",
    target_kind: "tenant",
};
const CHANGE: Mutation = Mutation {
    permission: Some(Permission::ManageSettings),
    action: "update_tenant",
    target_kind: "tenant",
};
const DELETE: Mutation = Mutation {
    permission: Some(Permission::ManageTenants),
    action: "request_tenant_deletion",
    target_kind: "tenant",
};
const DELETED: Mutation = Mutation {
    permission: None,
    action: "delete_tenant",
    target_kind: "tenant",
};

/// A week at least: an audit that forgets faster is none. Ten years at most.
const RETENTION_DAYS: std::ops::RangeInclusive<u32> = 7..=3660;
/// Rows that one transaction deletes.
const DELETION_BATCH: u32 = 2000;
/// A breath between two of them, for everybody else who writes.
const DELETION_PAUSE: Duration = Duration::from_millis(20);

impl App {
    /// The tenants that the caller may see.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub async fn list_tenants(&self, context: &Context) -> Result<Vec<Tenant>, AppError> {
        context.authorize(Permission::ReadDevices)?;
        let tenants = self.store().tenants(&context.scope).await?;
        self.with_sizes(&context.scope, tenants).await
    }

    /// One tenant.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn read_tenant(&self, context: &Context, id: TenantId) -> Result<Tenant, AppError> {
        context.authorize(Permission::ReadDevices)?;
        let tenant = self.visible_tenant(context, id).await?;
        let tenants = self.with_sizes(&Scope::one(id), vec![tenant]).await?;
        tenants
            .into_iter()
            .next()
            .ok_or_else(|| Problem::NotFound.into())
    }

    async fn with_sizes(
        &self,
        scope: &Scope,
        tenants: Vec<TenantRecord>,
    ) -> Result<Vec<Tenant>, AppError> {
        let sizes: HashMap<_, _> = self
            .store()
            .tenant_sizes(scope)
            .await?
            .into_iter()
            .collect();
        let with = |record: TenantRecord| Tenant {
            size: sizes.get(&record.id).copied().unwrap_or_default(),
            record,
        };
        Ok(tenants.into_iter().map(with).collect())
    }

    /// A tenant that the caller may know of.
    pub(crate) async fn visible_tenant(
        &self,
        context: &Context,
        id: TenantId,
    ) -> Result<TenantRecord, AppError> {
        let tenant = self.store().tenant(&context.scope, id).await?;
        tenant.ok_or_else(|| Problem::NotFound.into())
    }

    /// Makes a client of the provider.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with the fields that are not usable.
    pub async fn create_tenant(
        &self,
        context: &Context,
        name: &str,
        time_zone: Option<&str>,
    ) -> Result<Tenant, AppError> {
        let provider = self.find_provider().await?.ok_or(Problem::NotFound)?;
        let zone = time_zone.unwrap_or(&provider.time_zone).to_owned();
        let tenant = self.new_tenant(name.trim(), Some(provider.id), zone);
        // Nobody's scope has the new tenant in it before it is there.
        let scope = context.writable().with(&[tenant.id, provider.id]);
        self.mutate_within(context, &scope, &CREATE, async |transaction| {
            check_tenant(Some(name), Some(&tenant.time_zone))?;
            transaction
                .insert_tenant(&tenant)
                .await
                .map_err(|error| taken(error, "name"))?;
            let target = Target::new(provider.id, tenant.id, tenant.name.as_str());
            Ok(Done::to(target, ()))
        })
        .await?;
        Ok(Tenant {
            record: tenant,
            size: TenantSize::default(),
        })
    }

    /// Changes what holds for a whole tenant.
    ///
    /// # Errors
    /// [`Problem::NotFound`], [`Problem::TenantBeingDeleted`]; [`AppError::Invalid`].
    pub async fn update_tenant(
        &self,
        context: &Context,
        id: TenantId,
        change: TenantChange,
    ) -> Result<Tenant, AppError> {
        self.mutate(context, &CHANGE, async |transaction| {
            let tenant = transaction.lock_tenant(&context.scope, id).await?;
            let mut tenant = tenant.ok_or(Problem::NotFound)?;
            if tenant.deletion.is_some() {
                return Err(Problem::TenantBeingDeleted.into());
            }
            let mut target = Target::new(id, id, tenant.name.as_str());
            check_tenant(change.name.as_deref(), change.time_zone.as_deref())?;
            if let Some(name) = &change.name {
                tenant.name = name.trim().to_owned();
                target = target.with("name", &tenant.name);
            }
            if let Some(zone) = &change.time_zone {
                tenant.time_zone.clone_from(zone);
                target = target.with("time_zone", zone);
            }
            if let Some(days) = change.audit_retention_days {
                if days.is_some_and(|days| !RETENTION_DAYS.contains(&days)) {
                    return Err(invalid("audit_retention_days", FieldCode::OutOfRange));
                }
                tenant.audit_retention_days = days.map(u64::from);
                let kept = days.map_or_else(|| "for ever".to_owned(), |days| days.to_string());
                target = target.with("audit_retention_days", kept);
            }
            transaction
                .update_tenant(&tenant)
                .await
                .map_err(|error| taken(error, "name"))?;
            Ok(Done::to(target, ()))
        })
        .await?;
        if change.time_zone.is_some() {
            self.maintenance_changed(id).await;
        }
        self.read_tenant(context, id).await
    }

    /// Begins to delete a client with everything that it has. Its people and agents are shut out at
    /// once; the rows go in the background.
    ///
    /// # Errors
    /// [`AppError::Invalid`] unless the name is typed as it is; [`Problem::NotFound`],
    /// [`Problem::ProviderStays`], [`Problem::TenantBeingDeleted`].
    pub async fn delete_tenant(
        &self,
        context: &Context,
        id: TenantId,
        typed_name: &str,
    ) -> Result<Tenant, AppError> {
        let rows = self.store().count_tenant_rows(id).await?;
        self.mutate(context, &DELETE, async |transaction| {
            let tenant = transaction.lock_tenant(&context.scope, id).await?;
            let mut tenant = tenant.ok_or(Problem::NotFound)?;
            let provider = tenant.parent_id.ok_or(Problem::ProviderStays)?;
            if typed_name.trim() != tenant.name {
                return Err(invalid("name", FieldCode::Mismatch));
            }
            if tenant.deletion.is_some() {
                return Err(Problem::TenantBeingDeleted.into());
            }
            tenant.deletion = Some(TenantDeletion {
                requested_at: self.now(),
                requested_by: context.actor_name().to_owned(),
                rows,
                rows_done: 0,
            });
            transaction.update_tenant(&tenant).await?;
            // The tenant's own audit goes with it.
            Ok(Done::to(Target::new(provider, id, tenant.name), ()))
        })
        .await?;
        self.fleet().forget_tenant(id);
        self.bookshelf().forget(id);
        self.events()
            .publish(Event::TenantDeleted { tenant_id: id });
        self.deletions().notify_one();
        self.read_tenant(context, id).await
    }

    /// Deletes what was asked to be deleted, also what an earlier process began.
    pub(crate) async fn delete_tenants(&self) -> Result<(), AppError> {
        for tenant in self.store().tenants(&Scope::Everything).await? {
            if let Some(deletion) = tenant.deletion.clone() {
                self.delete_tenant_rows(&tenant, deletion).await?;
            }
        }
        Ok(())
    }

    async fn delete_tenant_rows(
        &self,
        tenant: &TenantRecord,
        mut deletion: TenantDeletion,
    ) -> Result<(), AppError> {
        let id = tenant.id;
        loop {
            let transaction = self.store().begin(&Scope::one(id)).await?;
            let deleted = transaction.delete_tenant_rows(id, DELETION_BATCH).await?;
            if deleted == 0 {
                break;
            }
            deletion.rows_done = (deletion.rows_done + deleted).min(deletion.rows);
            let tenant = TenantRecord {
                deletion: Some(deletion.clone()),
                ..tenant.clone()
            };
            transaction.update_tenant(&tenant).await?;
            transaction.commit().await?;
            self.events().publish(Event::TenantsChanged {
                tenant_id: tenant.parent_id.unwrap_or(id),
            });
            tokio::time::sleep(DELETION_PAUSE).await;
        }
        let provider = tenant.parent_id.ok_or(Problem::ProviderStays)?;
        let transaction = self.store().begin(&Scope::Everything).await?;
        transaction.delete_tenant(id).await?;
        let target = Target::new(provider, id, tenant.name.as_str())
            .with("requested_by", &deletion.requested_by)
            .with("rows", deletion.rows);
        self.write_audit(&transaction, Entry::by_system(&DELETED, target))
            .await?;
        transaction.commit().await?;
        self.keyring().forget(id);
        tracing::info!(tenant = %id, rows = deletion.rows, "a tenant was deleted");
        self.events().publish(Event::TenantsChanged {
            tenant_id: provider,
        });
        Ok(())
    }
}

fn check_tenant(name: Option<&str>, time_zone: Option<&str>) -> Result<(), AppError> {
    let mut errors = Vec::new();
    if let Some(Err(code)) = name.map(check_name) {
        errors.push(FieldError {
            field: "name",
            code,
        });
    }
    if time_zone.is_some_and(|zone| TimeZone::get(zone).is_err()) {
        errors.push(FieldError {
            field: "time_zone",
            code: FieldCode::Unknown,
        });
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(AppError::Invalid(errors))
    }
}

/// Only people and tokens of the provider can be limited, to clients that the caller sees.
pub(crate) fn check_clients(
    context: &Context,
    tenant: &TenantRecord,
    role: Role,
    clients: Option<&[TenantId]>,
) -> Result<(), FieldCode> {
    let of_provider = tenant.parent_id.is_none();
    match clients {
        None => Ok(()),
        Some(_) if !of_provider || role == Role::ClientView => Err(FieldCode::NotAllowed),
        Some([]) => Err(FieldCode::Required),
        Some(clients) => {
            let known = |client: &TenantId| *client != tenant.id && context.scope.contains(*client);
            if clients.iter().all(known) {
                Ok(())
            } else {
                Err(FieldCode::Unknown)
            }
        }
    }
}

/// The scope, or what of it one tenant leaves.
pub(crate) fn narrowed(scope: &Scope, tenant: Option<TenantId>) -> Scope {
    tenant.map_or_else(|| scope.clone(), |tenant| scope.narrowed_to(tenant))
}
