//! Several maintenance windows of one scope, saved together: all of them or none.

use super::{
    MOST_DEFINITIONS, MaintenanceWindowEntry,
    windows::{CHANGE, CREATE, checked, described},
};
use crate::{
    App, AppError, Context, FieldCode, FieldError, Problem, context::Done, error::invalid,
};
use latarnik_model::{
    MaintenanceWindow, MaintenanceWindowId, PolicyScope, Scope, TenantId, WindowDraft,
};
use latarnik_store::{MaintenanceWindowRecord, Transaction};
use std::collections::HashMap;

/// Windows that are to be of one scope.
#[derive(Debug, Clone)]
pub struct MaintenanceWindowBatch {
    /// Their tenant.
    pub tenant_id: TenantId,
    /// Whose they are.
    pub scope: PolicyScope,
    /// The windows, 1 to 100.
    pub windows: Vec<BatchedWindow>,
}

/// A window among others.
#[derive(Debug, Clone)]
pub struct BatchedWindow {
    /// The window that it replaces, and the version of it that the caller has seen. `None` makes a
    /// new one.
    pub replaces: Option<(MaintenanceWindowId, u64)>,
    /// What people call it.
    pub name: String,
    /// Whether it counts.
    pub enabled: bool,
    /// When it is open, and for what.
    pub definition: WindowDraft,
}

/// Windows that one request saves: more than a week that is painted can need.
const MOST_WINDOWS: usize = 100;

impl App {
    /// Saves several windows of one scope: all of them, or none. Agents hear of it once.
    ///
    /// # Errors
    /// [`AppError::InvalidItems`] with the windows that are not usable; [`AppError::Invalid`];
    /// [`Problem::NotFound`] and [`Problem::ChangedMeanwhile`] for one that is to be replaced;
    /// [`Problem::TooManyMaintenanceWindows`].
    pub async fn save_maintenance_windows(
        &self,
        context: &Context,
        batch: MaintenanceWindowBatch,
    ) -> Result<Vec<MaintenanceWindowEntry>, AppError> {
        let tenant = batch.tenant_id;
        let saved = self
            .mutate(context, &CREATE, async |transaction| {
                let scope_name = self.check_scope(context, tenant, batch.scope).await?;
                let records = self.records(context, batch)?;
                transaction
                    .lock_tenant(&context.scope, tenant)
                    .await?
                    .ok_or_else(|| invalid("tenant_id", FieldCode::Unknown))?;
                let made = records.iter().filter(|kept| kept.is_new).count();
                let there = transaction.count_maintenance_windows(tenant).await?;
                if made > 0 && there.saturating_add(made as u64) > MOST_DEFINITIONS {
                    return Err(Problem::TooManyMaintenanceWindows.into());
                }
                let mut done = Done::nothing(Vec::new());
                for kept in records {
                    let target = described(&kept.record, &scope_name);
                    done.value.push(kept.record.window.id);
                    if kept.is_new {
                        transaction.insert_maintenance_window(&kept.record).await?;
                        done.targets.push(target);
                    } else {
                        self.replace_one(transaction, &kept.record).await?;
                        done.also.push((&CHANGE, target));
                    }
                }
                Ok(done)
            })
            .await?;
        self.maintenance_changed(tenant).await;
        let entries = self.window_entries(&Scope::one(tenant)).await?.into_iter();
        let mut entries: HashMap<_, _> = entries
            .map(|entry| (entry.record.window.id, entry))
            .collect();
        // What somebody else has deleted since is not there any more.
        Ok(saved.iter().filter_map(|id| entries.remove(id)).collect())
    }

    /// The windows as they are to be kept, or what is wrong with which of them.
    fn records(
        &self,
        context: &Context,
        batch: MaintenanceWindowBatch,
    ) -> Result<Vec<Kept>, AppError> {
        match batch.windows.len() {
            0 => return Err(invalid("windows", FieldCode::Required)),
            1..=MOST_WINDOWS => {}
            _ => return Err(invalid("windows", FieldCode::TooLong)),
        }
        let now = self.now();
        let mut errors = Vec::new();
        let mut records = Vec::new();
        for (position, window) in batch.windows.into_iter().enumerate() {
            match checked(&window.name, window.definition) {
                Ok(definition) => {
                    let (id, version) = match window.replaces {
                        Some((id, seen)) => (id, seen.saturating_add(1)),
                        None => (MaintenanceWindowId::generate(now, &self.ids()), 1),
                    };
                    let kept = MaintenanceWindow {
                        id,
                        name: window.name.trim().to_owned(),
                        enabled: window.enabled,
                        definition,
                    };
                    records.push(Kept {
                        is_new: window.replaces.is_none(),
                        record: MaintenanceWindowRecord {
                            tenant_id: batch.tenant_id,
                            scope: batch.scope,
                            scope_name: None,
                            window: kept,
                            version,
                            updated_at: now,
                            updated_by_name: context.actor_name().to_owned(),
                        },
                    });
                }
                Err(AppError::Invalid(faults)) => {
                    let at = |fault: FieldError| (position, fault);
                    errors.extend(faults.into_iter().map(at));
                }
                Err(other) => return Err(other),
            }
        }
        if errors.is_empty() {
            Ok(records)
        } else {
            let list = "windows";
            Err(AppError::InvalidItems { list, errors })
        }
    }

    async fn replace_one(
        &self,
        transaction: &Transaction,
        record: &MaintenanceWindowRecord,
    ) -> Result<(), AppError> {
        let own = Scope::one(record.tenant_id);
        let found = self.store().maintenance_window(&own, record.window.id);
        found.await?.ok_or(Problem::NotFound)?;
        if transaction.replace_maintenance_window(record).await? {
            Ok(())
        } else {
            Err(Problem::ChangedMeanwhile.into())
        }
    }
}

/// A window as it is to be kept.
struct Kept {
    record: MaintenanceWindowRecord,
    is_new: bool,
}
