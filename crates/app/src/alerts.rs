//! Alerts: what a person must know. Raised and closed by what the server knows; people acknowledge.

mod board;
mod settle;
mod watch;

use crate::{
    App, AppError, Context, Event, FieldCode, Problem,
    context::{Done, Mutation, Target},
    error::invalid,
    listing::check_page,
    tenants::narrowed,
    text::check_line,
};
pub(crate) use board::AlertBoard;
use jiff::SignedDuration;
use latarnik_model::{AlertCause, AlertId, AlertSeverity, Permission, Scope, TenantId};
use latarnik_store::{Acknowledgement, AlertFilter, AlertRecord, KeyKind, Page, PageRequest};
use std::collections::BTreeSet;

/// Which alerts, of which tenant.
#[derive(Debug, Clone, Default)]
pub struct AlertQuery {
    /// Of one tenant only.
    pub tenant_id: Option<TenantId>,
    /// Conditions.
    pub filter: AlertFilter,
}

/// How many alerts are not closed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AlertCounts {
    /// Those that nobody has acknowledged.
    pub open: u64,
    /// Of them, the critical ones.
    pub open_critical: u64,
    /// Those that somebody has acknowledged.
    pub acknowledged: u64,
}

const ACKNOWLEDGE: Mutation = Mutation {
    permission: Some(Permission::AcknowledgeAlerts),
    action: "acknowledge_alert",
    target_kind: "alert",
};

/// Longest note.
const LONGEST_NOTE: usize = 500;
/// Most alerts that are acknowledged at once.
const MOST_AT_ONCE: usize = 200;
/// How long closed alerts are kept.
const KEPT: SignedDuration = SignedDuration::from_hours(365 * 24);

impl App {
    /// A page of the alerts that the caller may see, the latest first.
    ///
    /// # Errors
    /// [`AppError::Invalid`] if the cursor is of another list.
    pub async fn list_alerts(
        &self,
        context: &Context,
        query: &AlertQuery,
        page: &PageRequest,
    ) -> Result<Page<AlertRecord>, AppError> {
        context.authorize(Permission::ReadDevices)?;
        check_page(page, KeyKind::Number)?;
        let scope = narrowed(&context.scope, query.tenant_id);
        Ok(self.store().alerts(&scope, &query.filter, page).await?)
    }

    /// One alert.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn read_alert(
        &self,
        context: &Context,
        id: AlertId,
    ) -> Result<AlertRecord, AppError> {
        context.authorize(Permission::ReadDevices)?;
        let mut found = self.store().alerts_by_id(&context.scope, &[id]).await?;
        found.pop().ok_or_else(|| Problem::NotFound.into())
    }

    /// How many alerts that the caller may see are not closed.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub async fn count_alerts(
        &self,
        context: &Context,
        tenant: Option<TenantId>,
    ) -> Result<AlertCounts, AppError> {
        context.authorize(Permission::ReadDevices)?;
        let scope = narrowed(&context.scope, tenant);
        let mut counts = AlertCounts::default();
        for of_kind in self.store().count_alerts(&scope).await? {
            counts.open += of_kind.open;
            counts.acknowledged += of_kind.acknowledged;
            if of_kind.kind.severity() == AlertSeverity::Critical {
                counts.open_critical += of_kind.open;
            }
        }
        Ok(counts)
    }

    /// Notes that the caller knows of alerts, in place of who did before, and passes over those whose
    /// cause is gone by now. How many were noted.
    ///
    /// # Errors
    /// [`Problem::NotFound`] if any of them is not there for the caller; [`Problem::AlertClosed`] if
    /// all are closed; [`AppError::Invalid`].
    pub async fn acknowledge_alerts(
        &self,
        context: &Context,
        ids: &[AlertId],
        note: &str,
    ) -> Result<u64, AppError> {
        let ids: BTreeSet<AlertId> = ids.iter().copied().collect();
        let tenants = self
            .mutate(context, &ACKNOWLEDGE, async |transaction| {
                check_request(&ids, note)?;
                let wanted: Vec<_> = ids.iter().copied().collect();
                let found = self.store().alerts_by_id(&context.scope, &wanted).await?;
                if found.len() < wanted.len() {
                    return Err(Problem::NotFound.into());
                }
                let acknowledgement = Acknowledgement {
                    at: self.now(),
                    by_name: context.actor_name().to_owned(),
                    note: note.trim().to_owned(),
                };
                let mut done = Done::nothing(Vec::new());
                for alert in &found {
                    let tenant = alert.tenant_id;
                    let met = transaction
                        .acknowledge_alert(tenant, alert.id, &acknowledgement)
                        .await?;
                    if met {
                        done.value.push(tenant);
                        done.targets.push(target(alert, &acknowledgement.note));
                    }
                }
                if done.value.is_empty() {
                    return Err(Problem::AlertClosed.into());
                }
                Ok(done)
            })
            .await?;
        let acknowledged = u64::try_from(tenants.len()).unwrap_or(u64::MAX);
        self.tell_alerts(tenants.into_iter().collect());
        Ok(acknowledged)
    }

    /// Says that alerts of these tenants changed.
    fn tell_alerts(&self, tenants: BTreeSet<TenantId>) {
        if !tenants.is_empty() {
            let tenant_ids = tenants.into_iter().collect();
            self.events().publish(Event::AlertsChanged { tenant_ids });
        }
    }

    /// Forgets alerts that were closed long ago.
    pub(crate) async fn prune_alerts(&self) -> Result<(), AppError> {
        let before = self.now() - KEPT;
        for tenant in self.store().tenants(&Scope::Everything).await? {
            let transaction = self.store().begin(&Scope::one(tenant.id)).await?;
            transaction.forget_alerts_before(tenant.id, before).await?;
            transaction.commit().await?;
        }
        Ok(())
    }
}

fn check_request(ids: &BTreeSet<AlertId>, note: &str) -> Result<(), AppError> {
    if ids.is_empty() {
        return Err(invalid("alert_ids", FieldCode::Required));
    }
    if ids.len() > MOST_AT_ONCE {
        return Err(invalid("alert_ids", FieldCode::OutOfRange));
    }
    check_line(note, LONGEST_NOTE).map_err(|code| invalid("note", code))
}

/// What the audit says of it: named after the device, or else after the update.
fn target(alert: &AlertRecord, note: &str) -> Target {
    let name = match (&alert.device, &alert.cause) {
        (Some((_, hostname)), _) => hostname.as_str(),
        (None, AlertCause::RolloutStopped { title, .. }) => title.as_str(),
        (None, _) => "",
    };
    let kind = alert.cause.kind().name();
    let target = Target::new(alert.tenant_id, alert.id, name).with("alert_kind", kind);
    if note.is_empty() {
        target
    } else {
        target.with("note", note)
    }
}
