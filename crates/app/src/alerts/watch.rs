//! Looking at what stands, and raising and closing alerts by it.

use super::settle::{Settlement, settle};
use crate::{
    App, AppError,
    update_policies::{PolicyBook, offer},
};
use jiff::{SignedDuration, Timestamp};
use latarnik_model::{
    AlertCause, AlertCloseReason, AlertId, DeviceId, FIRST_SCAN_WITHIN, MOST_ALERT_TITLES,
    RESTART_OVERDUE_AFTER, SCAN_FAILING_AFTER, Scope, TenantId, UpdateDeadline,
};
use latarnik_store::{AlertFact, NewAlert};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokio::time::MissedTickBehavior;

/// How often all tenants are looked at: time alone raises alerts.
const EVERY: Duration = Duration::from_secs(60);
/// How long a tenant is left alone in which a task has ended: others will end with it.
const PAUSE: Duration = Duration::from_secs(3);

/// The titles of what is overdue on a device, by deadline.
type Overdue = BTreeSet<(Timestamp, String, String)>;

impl App {
    /// Raises and closes alerts, for ever.
    pub(crate) async fn watch_alerts(&self) {
        let mut turns = tokio::time::interval(EVERY);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let outcome = tokio::select! {
                _ = turns.tick() => self.raise_alerts().await,
                () = self.alert_board().noted() => {
                    tokio::time::sleep(PAUSE).await;
                    self.raise_alerts_in(self.alert_board().take()).await
                }
            };
            if let Err(error) = outcome {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "raising alerts failed"
                );
            }
        }
    }

    /// Raises an alert for whatever people must know, and closes those whose cause is gone, in all
    /// tenants.
    ///
    /// # Errors
    /// The first of what went wrong; the trouble of one tenant holds up no other.
    pub async fn raise_alerts(&self) -> Result<(), AppError> {
        let tenants = self.store().tenants(&Scope::Everything).await?;
        self.raise_alerts_in(tenants.into_iter().map(|tenant| tenant.id))
            .await
    }

    async fn raise_alerts_in(
        &self,
        tenants: impl IntoIterator<Item = TenantId>,
    ) -> Result<(), AppError> {
        let mut outcome = Ok(());
        let mut changed = BTreeSet::new();
        for tenant in tenants {
            match self.raise_alerts_of(tenant).await {
                Ok(true) => {
                    changed.insert(tenant);
                }
                Ok(false) => {}
                Err(error) => outcome = outcome.and(Err(error)),
            }
        }
        self.tell_alerts(changed);
        outcome
    }

    /// Whether anything changed.
    async fn raise_alerts_of(&self, tenant: TenantId) -> Result<bool, AppError> {
        let found = self.store().tenant(&Scope::one(tenant), tenant).await?;
        if found.is_none_or(|tenant| tenant.deletion.is_some()) {
            return Ok(false);
        }
        let standing = self.store().standing_alerts(tenant).await?;
        let settlement = settle(standing, self.alert_facts(tenant).await?);
        if settlement.is_empty() {
            return Ok(false);
        }
        self.write_alerts(tenant, settlement).await?;
        Ok(true)
    }

    async fn write_alerts(&self, tenant: TenantId, settlement: Settlement) -> Result<(), AppError> {
        let now = self.now();
        let raised = settlement.raise.into_iter().map(|fact| NewAlert {
            id: AlertId::generate(now, &self.ids()),
            device_id: fact.device_id,
            cause: fact.cause,
            since: fact.since,
        });
        let raised: Vec<_> = raised.collect();
        let transaction = self.store().begin(&Scope::one(tenant)).await?;
        transaction
            .close_alerts(tenant, &settlement.close, now, AlertCloseReason::Resolved)
            .await?;
        for (id, cause) in &settlement.refresh {
            transaction.refresh_alert(tenant, *id, cause).await?;
        }
        transaction.raise_alerts(tenant, now, &raised).await?;
        Ok(transaction.commit().await?)
    }

    /// Everything in a tenant that people must know.
    async fn alert_facts(&self, tenant: TenantId) -> Result<Vec<AlertFact>, AppError> {
        let store = self.store();
        let mut facts = store.failed_updates(tenant).await?;
        facts.extend(
            store
                .failing_scans(tenant, SCAN_FAILING_AFTER, FIRST_SCAN_WITHIN)
                .await?,
        );
        facts.extend(
            store
                .overdue_restarts(tenant, RESTART_OVERDUE_AFTER)
                .await?,
        );
        facts.extend(store.stopped_rollouts(tenant).await?);
        facts.extend(self.overdue_updates(tenant).await?);
        Ok(facts)
    }

    /// Devices that lack updates which a policy installs and whose deadline has passed. Without a
    /// deadline in the tenant nothing is read but its policies; otherwise only what was offered
    /// before the shortest one.
    async fn overdue_updates(&self, tenant: TenantId) -> Result<Vec<AlertFact>, AppError> {
        let now = self.now();
        let policies = self.store().update_policies(&Scope::one(tenant)).await?;
        let deadlines = policies.iter().filter_map(|record| record.policy.deadline);
        let shortest = deadlines.filter_map(days).min();
        let Some(offered_by) = shortest.and_then(|days| now.checked_sub(days).ok()) else {
            return Ok(Vec::new());
        };
        let lacking = self.store().long_lacking_updates(tenant, offered_by);
        let lacking = lacking.await?;
        if lacking.is_empty() {
            return Ok(Vec::new());
        }
        let book = PolicyBook::load(self.store(), tenant).await?;
        let mut devices: BTreeMap<DeviceId, Overdue> = BTreeMap::new();
        for (candidate, group) in lacking {
            let rules = book.rules(candidate.device_id, group);
            let access = book.access(&rules, candidate.id, candidate.category);
            let answer = rules.decide(&offer(&candidate), access, now);
            if let Some(deadline) = answer.deadline_at.filter(|deadline| *deadline < now) {
                let of_device = devices.entry(candidate.device_id).or_default();
                of_device.insert((deadline, candidate.title, candidate.key));
            }
        }
        Ok(devices.into_iter().filter_map(overdue).collect())
    }
}

fn days(deadline: UpdateDeadline) -> Option<SignedDuration> {
    match deadline {
        UpdateDeadline::None => None,
        UpdateDeadline::Days { days } => Some(SignedDuration::from_hours(24 * i64::from(days))),
    }
}

fn overdue((device, updates): (DeviceId, Overdue)) -> Option<AlertFact> {
    let (since, _, _) = updates.first()?;
    Some(AlertFact {
        device_id: Some(device),
        since: *since,
        cause: AlertCause::UpdateOverdue {
            updates: u64::try_from(updates.len()).unwrap_or(u64::MAX),
            titles: updates
                .iter()
                .take(MOST_ALERT_TITLES)
                .map(|(_, title, _)| title.clone())
                .collect(),
        },
        raises: true,
    })
}
