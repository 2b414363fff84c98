//! How updates go through a tenant's rings.

use super::book::{PolicyBook, offer};
use crate::{
    App, AppError, Context, Problem,
    context::{Done, Mutation, Target},
    tenants::narrowed,
};
use jiff::Timestamp;
use latarnik_model::{
    CategoryRule, DeviceId, DueBecause, Permission, PolicyVerdict, RingAccess, RingResults,
    Rollout, RolloutId, RolloutState, Scope, TenantId, UpdateCategory, UpdateId, UpdateRules,
    UpdateState,
};
use latarnik_store::{PolicyCandidate, PolicyDevice, RolloutRecord, UpdateOnDevice};
use std::collections::HashMap;

/// Where an update stands in a tenant's rings, and how it did.
#[derive(Debug, Clone)]
pub struct RolloutProgress {
    /// Where it stands.
    pub record: RolloutRecord,
    /// What the rings are called and how it did in each, from the first. Empty if the tenant has no
    /// rings any more.
    pub rings: Vec<(String, RingResults)>,
}

/// What a person does to a rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RolloutChange {
    /// It goes no further, and to no more devices of the rings that it has reached.
    Stop,
    /// It goes on from where it was stopped. What failed until then does not stop it again; more
    /// failures do.
    Resume,
    /// It goes to all rings at once.
    Release,
}

const STOP: Mutation = change("stop_rollout");
const RESUME: Mutation = change("resume_rollout");
const RELEASE: Mutation = change("release_rollout");

const fn change(action: &'static str) -> Mutation {
    Mutation {
        permission: Some(Permission::ManageUpdatePolicies),
        action,
        target_kind: "rollout",
    }
}

impl App {
    /// The rollouts that the caller may see, newest first; in one of these states, if any is named.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub async fn list_rollouts(
        &self,
        context: &Context,
        tenant: Option<TenantId>,
        states: &[RolloutState],
    ) -> Result<Vec<RolloutProgress>, AppError> {
        context.authorize(Permission::ReadDevices)?;
        let scope = narrowed(&context.scope, tenant);
        let records = self.store().rollouts(&scope, states).await?;
        self.with_results(records).await
    }

    async fn with_results(
        &self,
        records: Vec<RolloutRecord>,
    ) -> Result<Vec<RolloutProgress>, AppError> {
        let mut of_tenants: HashMap<TenantId, Vec<UpdateId>> = HashMap::new();
        for record in &records {
            let updates = of_tenants.entry(record.tenant_id).or_default();
            updates.push(record.update_id);
        }
        let mut rings = HashMap::new();
        for (tenant, updates) in of_tenants {
            let book = PolicyBook::load(self.store(), tenant).await?;
            let Some(plan) = book.plan() else { continue };
            let devices = self.store().policy_devices(tenant).await?;
            let standings = self.store().update_standings(tenant, &updates).await?;
            let mut results = ring_results(&book, &devices, &standings);
            for update in updates {
                let of_update = results.remove(&update).unwrap_or_default();
                let named = plan.names.iter().cloned().zip(of_update).collect();
                rings.insert((tenant, update), named);
            }
        }
        let with = |record: RolloutRecord| RolloutProgress {
            rings: rings
                .remove(&(record.tenant_id, record.update_id))
                .unwrap_or_default(),
            record,
        };
        Ok(records.into_iter().map(with).collect())
    }

    /// Stops a rollout, or lets it go on.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; [`Problem::RolloutComplete`] if there is nothing to stop;
    /// [`Problem::ChangedMeanwhile`].
    pub async fn change_rollout(
        &self,
        context: &Context,
        id: RolloutId,
        change: RolloutChange,
    ) -> Result<RolloutProgress, AppError> {
        let mutation = match change {
            RolloutChange::Stop => STOP,
            RolloutChange::Resume => RESUME,
            RolloutChange::Release => RELEASE,
        };
        let record = self
            .mutate(context, &mutation, async |transaction| {
                let found = self.store().rollout(&context.scope, id).await?;
                let found = found.ok_or(Problem::NotFound)?;
                let tenant = found.tenant_id;
                let Some(mut to) = changed(found.rollout, change, self.now())? else {
                    return Ok(Done::nothing(found));
                };
                let so_far = self.with_results(vec![found.clone()]).await?;
                let rings = so_far.iter().flat_map(|progress| &progress.rings);
                to.forgiven = rings.map(|(_, results)| results.failed).sum();
                let by = context.actor_name();
                if !transaction.move_rollout(&found, to, Some(by)).await? {
                    return Err(Problem::ChangedMeanwhile.into());
                }
                let target = Target::new(tenant, id, found.title.as_str());
                Ok(Done::to(target, found))
            })
            .await?;
        self.policies_changed(record.tenant_id);
        let scope = Scope::one(record.tenant_id);
        let record = self.store().rollout(&scope, id).await?;
        let record = record.ok_or(Problem::NotFound)?;
        let mut progress = self.with_results(vec![record]).await?;
        progress.pop().ok_or_else(|| Problem::NotFound.into())
    }

    /// Lets updates set out that are due on a device of some ring, and moves those on that did well.
    /// Notes in the book where they stand then.
    pub(super) async fn advance_rollouts(
        &self,
        tenant: TenantId,
        book: &mut PolicyBook,
        devices: &[PolicyDevice],
        candidates: &[PolicyCandidate],
    ) -> Result<(), AppError> {
        let Some(plan) = book.plan().cloned() else {
            return Ok(());
        };
        let now = self.now();
        let mut moved = false;
        let setting_out = setting_out(book, devices, candidates, now);
        if !setting_out.is_empty() {
            let transaction = self.store().begin(&Scope::one(tenant)).await?;
            for (update, candidate) in setting_out {
                let rollout = plan.begin(now);
                let record = RolloutRecord {
                    id: RolloutId::generate(now, &self.ids()),
                    tenant_id: tenant,
                    update_id: update,
                    title: candidate.title.clone(),
                    titles: candidate.titles.clone(),
                    kb: candidate.kb.clone(),
                    rollout,
                    begun_at: now,
                    changed_by_name: None,
                };
                transaction.begin_rollout(&record).await?;
                book.note_rollout(update, rollout);
            }
            transaction.commit().await?;
            moved = true;
        }
        let scope = Scope::one(tenant);
        let running = self.store().rollouts(&scope, &[RolloutState::Running]);
        let running = running.await?;
        let updates: Vec<_> = running.iter().map(|record| record.update_id).collect();
        let standings = self.store().update_standings(tenant, &updates).await?;
        let results = ring_results(book, devices, &standings);
        for record in running {
            let of_update = results.get(&record.update_id);
            let of_update = of_update.map_or(&[][..], Vec::as_slice);
            let mut rollout = record.rollout;
            while let Some(next) = plan.advance(rollout, of_update, now) {
                rollout = next;
            }
            if rollout == record.rollout {
                continue;
            }
            let transaction = self.store().begin(&scope).await?;
            moved |= transaction.move_rollout(&record, rollout, None).await?;
            transaction.commit().await?;
            book.note_rollout(record.update_id, rollout);
        }
        if moved {
            let event = crate::Event::PoliciesChanged { tenant_id: tenant };
            self.events().publish(event);
        }
        Ok(())
    }
}

/// What a person's change makes of a rollout; `None` if it is so already.
fn changed(
    rollout: Rollout,
    change: RolloutChange,
    now: Timestamp,
) -> Result<Option<Rollout>, AppError> {
    let state = match (change, rollout.state) {
        (_, RolloutState::Complete) => return Err(Problem::RolloutComplete.into()),
        (RolloutChange::Release, _) => RolloutState::Complete,
        (RolloutChange::Stop, RolloutState::Running) => RolloutState::StoppedByPerson,
        (RolloutChange::Stop, _) => return Ok(None),
        (RolloutChange::Resume, RolloutState::Running) => return Ok(None),
        (RolloutChange::Resume, _) => RolloutState::Running,
    };
    Ok(Some(Rollout {
        state,
        since: now,
        ..rollout
    }))
}

/// Updates that would be due by now on some device if its ring were open, and that have not set out.
fn setting_out<'a>(
    book: &PolicyBook,
    devices: &[PolicyDevice],
    candidates: &'a [PolicyCandidate],
    now: Timestamp,
) -> HashMap<UpdateId, &'a PolicyCandidate> {
    let groups: HashMap<_, _> = devices.iter().map(|d| (d.id, d.group_id)).collect();
    let mut found = HashMap::new();
    for candidate in candidates {
        let known = book.rollout(candidate.id).is_some() || found.contains_key(&candidate.id);
        if known || candidate.category == UpdateCategory::Definition {
            continue;
        }
        let Some(group) = groups.get(&candidate.device_id) else {
            continue;
        };
        let rules = book.rules(candidate.device_id, *group);
        let verdict = rules
            .decide(&offer(candidate), RingAccess::Open, now)
            .verdict;
        if verdict == PolicyVerdict::Due(DueBecause::Automatic) {
            found.insert(candidate.id, candidate);
        }
    }
    found
}

/// How updates did in each ring. Only devices count where the policy installs updates of that
/// category by itself: the others would be waited for in vain.
fn ring_results(
    book: &PolicyBook,
    devices: &[PolicyDevice],
    standings: &[UpdateOnDevice],
) -> HashMap<UpdateId, Vec<RingResults>> {
    let Some(plan) = book.plan() else {
        return HashMap::new();
    };
    let rules: HashMap<DeviceId, UpdateRules<'_>> = devices
        .iter()
        .map(|device| (device.id, book.rules(device.id, device.group_id)))
        .collect();
    let takes_part = |rules: &UpdateRules<'_>, category| {
        matches!(
            rules.category(category),
            Some((_, CategoryRule::Automatic { .. }))
        )
    };
    let empty = vec![RingResults::default(); plan.names.len()];
    let mut results: HashMap<UpdateId, Vec<RingResults>> = HashMap::new();
    for standing in standings {
        let rings = results.entry(standing.id).or_insert_with(|| {
            let mut rings = empty.clone();
            for rules in rules.values() {
                if takes_part(rules, standing.category)
                    && let Some(ring) = rings.get_mut(usize::from(book.ring_of(rules)) - 1)
                {
                    ring.devices += 1;
                }
            }
            rings
        });
        let Some(rules) = rules.get(&standing.device_id) else {
            continue;
        };
        if !takes_part(rules, standing.category) || standing.state == UpdateState::Superseded {
            continue;
        }
        if let Some(ring) = rings.get_mut(usize::from(book.ring_of(rules)) - 1) {
            ring.offered += 1;
            ring.installed += u32::from(standing.state == UpdateState::Installed);
            ring.failed += u32::from(standing.state == UpdateState::Failed);
        }
    }
    results
}
