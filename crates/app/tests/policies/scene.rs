//! A bakery with machines in groups, an owner, and policies.

use jiff::SignedDuration;
use latarnik_app::{
    Action, ActionRequest, ActionTarget, AppError, Context, Direction, FieldCode, NewGroup,
    NewUpdateDecision, NewUpdatePolicy, PageRequest, Problem, RequestedParameters, TaskFilter,
    TaskRecord, UpdatePolicyRecord,
    agents::{
        self, AgentIdentity, CheckIn, OfferedUpdate, Outcome, Report, Scan, UpdateResult,
        UpdatesChange, UpdatesReport,
    },
};
use latarnik_model::{
    ActionKind, CategoryRule, Clock, GroupId, PolicyScope, ReasonCode, Role, TaskId,
    TaskParameters, TaskState, UpdateCategory, UpdateDecision, UpdateOutcome, UpdatePolicy,
    UpdateRef, UpdateVerdict, When,
};
use latarnik_testkit::{Database, Office, facts, offered};
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
};

pub(crate) struct Scene {
    pub(crate) office: Office,
    pub(crate) owner: Context,
    searches: Cell<u64>,
    acknowledged: RefCell<HashMap<AgentIdentity, u64>>,
}

pub(crate) const SECURITY: UpdateCategory = UpdateCategory::Security;

/// A policy that installs these categories so many days after the first offer.
pub(crate) fn automatic(categories: &[UpdateCategory], after_days: u16) -> UpdatePolicy {
    let rule = CategoryRule::Automatic { after_days };
    UpdatePolicy {
        categories: categories
            .iter()
            .map(|category| (*category, rule))
            .collect(),
        ..UpdatePolicy::default()
    }
}

pub(crate) fn of_category(key: &str, category: UpdateCategory) -> OfferedUpdate {
    OfferedUpdate {
        category,
        ..offered(key)
    }
}

pub(crate) fn problem<T: std::fmt::Debug>(result: Result<T, AppError>) -> Problem {
    match result {
        Err(AppError::Refused(problem)) => problem,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

pub(crate) fn fields<T: std::fmt::Debug>(
    result: Result<T, AppError>,
) -> Vec<(&'static str, FieldCode)> {
    match result {
        Err(AppError::Invalid(errors)) => errors.iter().map(|e| (e.field, e.code)).collect(),
        other => panic!("expected unusable fields, got {other:?}"),
    }
}

impl Scene {
    pub(crate) async fn open(database: Database) -> Self {
        let office = Office::open(database).await;
        let owner = office.person(office.bakery, Role::Owner).await;
        Self {
            office,
            owner,
            searches: Cell::new(0),
            acknowledged: RefCell::default(),
        }
    }

    pub(crate) async fn group(&self, name: &str, parent_id: Option<GroupId>) -> GroupId {
        let new = NewGroup {
            tenant_id: self.office.bakery,
            name: name.to_owned(),
            parent_id,
        };
        let group = self.office.app.create_group(&self.owner, new).await;
        group.unwrap().record.id
    }

    /// A machine of the bakery that has said what it is.
    pub(crate) async fn device(&self, hostname: &str, group: Option<GroupId>) -> AgentIdentity {
        let agent = self.office.device(self.office.bakery, hostname).await;
        self.office.check_in(&agent, hostname, None).await;
        let (app, id) = (&self.office.app, agent.device_id);
        app.move_device(&self.owner, id, group).await.unwrap();
        agent
    }

    /// A search on a machine that offers these.
    pub(crate) async fn finds(&self, agent: &AgentIdentity, updates: Vec<OfferedUpdate>) {
        self.searches.set(self.searches.get() + 1);
        let now = self.office.clock.now();
        let keys: Vec<_> = updates.iter().map(|update| &update.key).collect();
        let check_in = CheckIn {
            boot_id: "first".to_owned(),
            facts: Some(facts("machine")),
            scan: Some(Scan {
                attempted_at: now,
                succeeded_at: Some(now),
                number: Some(self.searches.get()),
                boot_id: Some("first".to_owned()),
                error: None,
                error_detail: None,
            }),
            updates: Some(UpdatesReport {
                hash: format!("{keys:?}"),
                change: Some(UpdatesChange::Full(updates)),
            }),
            ..CheckIn::default()
        };
        let app = &self.office.app;
        agents::check_in(app, agent, check_in).await.unwrap();
    }

    pub(crate) async fn finds_security(&self, agent: &AgentIdentity, keys: &[&str]) {
        self.finds(agent, keys.iter().map(|key| offered(key)).collect())
            .await;
    }

    pub(crate) fn days_pass(&self, days: i64) {
        self.office
            .clock
            .advance(SignedDuration::from_hours(24 * days));
    }

    /// A policy of the bakery.
    pub(crate) async fn says(
        &self,
        scope: PolicyScope,
        policy: UpdatePolicy,
    ) -> UpdatePolicyRecord {
        let new = self.policy(scope, policy);
        let app = &self.office.app;
        app.create_update_policy(&self.owner, new).await.unwrap()
    }

    pub(crate) fn policy(&self, scope: PolicyScope, policy: UpdatePolicy) -> NewUpdatePolicy {
        NewUpdatePolicy {
            tenant_id: self.office.bakery,
            scope,
            policy,
        }
    }

    /// A decision of the bakery on a package.
    pub(crate) fn on(
        &self,
        scope: PolicyScope,
        package: &str,
        verdict: UpdateVerdict,
    ) -> NewUpdateDecision {
        NewUpdateDecision {
            tenant_id: self.office.bakery,
            scope,
            decision: UpdateDecision {
                update: UpdateRef::Package(package.to_owned()),
                verdict,
            },
            note: String::new(),
        }
    }

    pub(crate) async fn decides(&self, scope: PolicyScope, package: &str, verdict: UpdateVerdict) {
        let new = self.on(scope, package, verdict);
        let app = &self.office.app;
        app.decide_update(&self.owner, new).await.unwrap();
    }

    pub(crate) async fn policies_are_applied(&self) {
        self.office.app.apply_update_policies().await.unwrap();
    }

    /// The owner asks these machines to install updates, or everything.
    pub(crate) async fn asks(
        &self,
        agents: &[&AgentIdentity],
        keys: Option<&[&str]>,
    ) -> Result<Action, AppError> {
        let keys = keys.map(|keys| keys.iter().map(|key| (*key).to_owned()).collect());
        self.searches.set(self.searches.get() + 1);
        let request = ActionRequest {
            breach: latarnik_app::WindowBreach::Refuse,
            parameters: RequestedParameters::InstallUpdates {
                update_keys: keys,
                categories: None,
            },
            target: ActionTarget::Devices(agents.iter().map(|agent| agent.device_id).collect()),
            when: When::Now,
            deadline: None,
            idempotency_key: format!("asked {}", self.searches.get()),
        };
        self.office.app.create_action(&self.owner, request).await
    }

    /// A machine's tasks, the oldest first.
    pub(crate) async fn tasks(&self, agent: &AgentIdentity) -> Vec<TaskRecord> {
        let filter = TaskFilter {
            device_id: Some(agent.device_id),
            ..TaskFilter::default()
        };
        let page = PageRequest {
            limit: 100,
            after: None,
        };
        let (app, order) = (&self.office.app, Direction::Ascending);
        let tasks = app.list_tasks(&self.owner, None, &filter, order, &page);
        tasks.await.unwrap().items
    }

    /// A machine's open tasks of a kind, the oldest first.
    pub(crate) async fn open_tasks(
        &self,
        agent: &AgentIdentity,
        kind: ActionKind,
    ) -> Vec<TaskRecord> {
        let mut tasks = self.tasks(agent).await;
        tasks.retain(|task| !task.state.is_final() && task.kind == kind);
        tasks
    }

    /// What a machine's open task is to install; empty if it has none.
    pub(crate) async fn is_to_install(&self, agent: &AgentIdentity) -> Vec<String> {
        let mut tasks = self.open_tasks(agent, ActionKind::InstallUpdates).await;
        assert!(tasks.len() <= 1, "{tasks:?}");
        match tasks.pop().map(|task| task.parameters) {
            Some(TaskParameters::InstallUpdates { update_keys, .. }) => update_keys.unwrap(),
            Some(other) => panic!("{other:?}"),
            None => Vec::new(),
        }
    }

    /// The machine takes its tasks onto its disk; the newest.
    pub(crate) async fn takes_tasks(&self, agent: &AgentIdentity) -> Option<TaskId> {
        let app = &self.office.app;
        let known = self.acknowledged.borrow().get(agent).copied();
        let known = known.unwrap_or_default();
        let taken = agents::take_tasks(app, agent, known).await.unwrap();
        let newest = taken.tasks.last()?;
        self.acknowledged
            .borrow_mut()
            .insert(*agent, newest.sequence);
        agents::take_tasks(app, agent, newest.sequence)
            .await
            .unwrap();
        Some(newest.id)
    }

    pub(crate) async fn reports(&self, agent: &AgentIdentity, task: TaskId, report: Report) {
        let (app, now) = (&self.office.app, self.office.clock.now());
        agents::report_task(app, agent, task, now, report)
            .await
            .unwrap();
    }

    /// The machine takes its task and runs it; every update ends like this.
    pub(crate) async fn installs(&self, agent: &AgentIdentity, outcome: UpdateOutcome) {
        self.runs_installation(agent, outcome, false).await;
    }

    /// The machine installs what it is to install, and everything waits for a restart.
    pub(crate) async fn installs_for_a_restart(&self, agent: &AgentIdentity) {
        self.runs_installation(agent, UpdateOutcome::Installed, true)
            .await;
    }

    async fn runs_installation(
        &self,
        agent: &AgentIdentity,
        outcome: UpdateOutcome,
        restart_required: bool,
    ) {
        let keys = self.is_to_install(agent).await;
        self.takes_tasks(agent).await.unwrap();
        let open = self.open_tasks(agent, ActionKind::InstallUpdates).await;
        let task = open[0].id;
        self.reports(agent, task, Report::Running).await;
        self.searches.set(self.searches.get() + 1);
        let result = |key: String| UpdateResult {
            title: key.clone(),
            key,
            outcome,
            result_code: None,
            hresult: None,
            reason: None,
            restart_required,
        };
        let state = match outcome {
            UpdateOutcome::Installed => TaskState::Succeeded,
            _ => TaskState::Failed,
        };
        let end = Outcome {
            updates: keys.into_iter().map(result).collect(),
            scan: Some(self.searches.get()),
            boot_id: Some("first".to_owned()),
            ..ended(state, None)
        };
        self.reports(agent, task, Report::Finished(end)).await;
    }
}

pub(crate) fn ended(state: TaskState, reason: Option<ReasonCode>) -> Outcome {
    Outcome {
        state,
        reason,
        reason_detail: None,
        started_at: None,
        exit_code: None,
        stdout: String::new(),
        stderr: String::new(),
        updates: Vec::new(),
        scan: None,
        boot_id: None,
    }
}
