//! The ledger of updates: what counts as installed, and on what evidence. On both databases.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a story that cannot be set up should fail at once"
)]

use jiff::SignedDuration;
use latarnik_app::{
    ActionRequest, ActionTarget, AppError, Context, Direction, PageRequest, Problem,
    RequestedParameters, UpdateFilter, UpdateQuery, UpdateSort, UpdateStepRecord,
    agents::{
        self, AgentIdentity, CheckIn, OfferedUpdate, Outcome, Report, Scan, UpdateResult,
        UpdatesChange, UpdatesReport,
    },
};
use latarnik_model::{
    Clock, ReasonCode, Role, TaskId, TaskState, UpdateCategory, UpdateOutcome, UpdateSource,
    UpdateState, When,
};
use latarnik_testkit::{Office, facts, offered, on_both_engines};
use std::cell::Cell;

const UPDATE_ID: &str = "0f0e0d0c-0b0a-4988-8776-655443322110";

fn outcome(state: TaskState, reason: Option<ReasonCode>) -> Outcome {
    Outcome {
        state,
        reason,
        reason_detail: None,
        started_at: None,
        exit_code: Some(0),
        stdout: String::new(),
        stderr: String::new(),
        updates: Vec::new(),
        scan: None,
        boot_id: None,
    }
}

fn result(key: &str, outcome: UpdateOutcome) -> UpdateResult {
    UpdateResult {
        key: key.to_owned(),
        title: key.to_owned(),
        outcome,
        result_code: Some(2),
        hresult: None,
        reason: None,
        restart_required: false,
    }
}

/// One device with its agent, whose searches are numbered.
struct Story {
    office: Office,
    owner: Context,
    agent: AgentIdentity,
    boot: Cell<u32>,
    searches: Cell<u64>,
    tasks: Cell<u64>,
}

impl Story {
    async fn begin(database: latarnik_testkit::Database) -> Self {
        let office = Office::open(database).await;
        let owner = office.person(office.bakery, Role::Owner).await;
        let agent = office.device(office.bakery, "till").await;
        office.check_in(&agent, "till", None).await;
        Self {
            office,
            owner,
            agent,
            boot: Cell::new(1),
            searches: Cell::new(0),
            tasks: Cell::new(0),
        }
    }

    fn boot_id(&self) -> String {
        format!("boot {}", self.boot.get())
    }

    async fn check_in(&self, scan: Option<Scan>, offered: Option<Vec<OfferedUpdate>>) {
        let check_in = CheckIn {
            boot_id: self.boot_id(),
            facts: Some(facts("till")),
            scan,
            updates: offered.map(|offered| UpdatesReport {
                hash: format!("{:?}", offered.iter().map(|u| &u.key).collect::<Vec<_>>()),
                change: Some(UpdatesChange::Full(offered)),
            }),
            ..CheckIn::default()
        };
        agents::check_in(&self.office.app, &self.agent, check_in)
            .await
            .unwrap();
    }

    fn search(&self) -> Scan {
        self.searches.set(self.searches.get() + 1);
        self.told_again()
    }

    fn told_again(&self) -> Scan {
        let now = self.office.clock.now();
        Scan {
            attempted_at: now,
            succeeded_at: Some(now),
            number: Some(self.searches.get()),
            boot_id: Some(self.boot_id()),
            error: None,
            error_detail: None,
        }
    }

    /// A successful search that offers these.
    async fn finds(&self, keys: &[&str]) {
        let found = keys.iter().map(|key| offered(key)).collect();
        self.check_in(Some(self.search()), Some(found)).await;
    }

    fn restarts(&self) {
        self.boot.set(self.boot.get() + 1);
    }

    /// A task that is to install these is on the device's disk.
    async fn is_to_install(&self, keys: Option<&[&str]>) -> TaskId {
        let request = ActionRequest {
            breach: latarnik_app::WindowBreach::Refuse,
            parameters: RequestedParameters::InstallUpdates {
                update_keys: keys.map(|keys| keys.iter().map(|key| (*key).to_owned()).collect()),
                categories: None,
            },
            target: ActionTarget::Devices(vec![self.agent.device_id]),
            when: When::Now,
            deadline: None,
            idempotency_key: format!("install {}", self.tasks.get()),
        };
        let app = &self.office.app;
        app.create_action(&self.owner, request).await.unwrap();
        let taken = agents::take_tasks(app, &self.agent, self.tasks.get()).await;
        let task = taken.unwrap().tasks.pop().unwrap();
        self.tasks.set(task.sequence);
        agents::take_tasks(app, &self.agent, task.sequence)
            .await
            .unwrap();
        task.id
    }

    async fn reports(&self, task: TaskId, report: Report) {
        let now = self.office.clock.now();
        agents::report_task(&self.office.app, &self.agent, task, now, report)
            .await
            .unwrap();
    }

    async fn installs(&self, task: TaskId, results: Vec<UpdateResult>, search: bool) {
        self.reports(task, Report::Running).await;
        let scan = search.then(|| {
            self.searches.set(self.searches.get() + 1);
            self.searches.get()
        });
        let end = Outcome {
            updates: results,
            scan,
            boot_id: Some(self.boot_id()),
            ..outcome(TaskState::Succeeded, None)
        };
        self.reports(task, Report::Finished(end)).await;
    }

    async fn steps(&self) -> Vec<UpdateStepRecord> {
        let page = PageRequest {
            limit: 100,
            after: None,
        };
        let (app, device) = (&self.office.app, self.agent.device_id);
        let steps = app
            .list_update_steps(&self.owner, device, None, &page)
            .await;
        let mut steps = steps.unwrap().items;
        steps.reverse();
        steps
    }

    /// The states that an update went through, in order.
    async fn history(&self, key: &str) -> Vec<UpdateState> {
        let steps = self.steps().await.into_iter().map(|record| record.step);
        steps
            .filter(|step| step.key == key)
            .map(|step| step.state)
            .collect()
    }

    async fn last(&self, key: &str) -> UpdateStepRecord {
        let mut steps = self.steps().await;
        steps.retain(|record| record.step.key == key);
        steps.pop().unwrap()
    }
}

use UpdateState::{Approved, Failed, Installed, Offered, RestartPending, Superseded, Unconfirmed};

on_both_engines! {
    async fn installed_means_that_a_later_search_does_not_offer_it(database: Database) {
        let story = Story::begin(database).await;
        story.finds(&["a", "b"]).await;
        let task = story.is_to_install(Some(&["a"])).await;
        story.installs(task, vec![result("a", UpdateOutcome::Installed)], true).await;
        assert_eq!(story.history("a").await, [Offered, Approved, Installed]);
        assert_eq!(story.history("b").await, [Offered], "nobody asked for it");
        let last = story.last("a").await;
        assert_eq!(last.step.task_id, Some(task));
        assert_eq!(last.step.scan, Some(2), "the search after the installation");
        assert_eq!(last.step.boot_id.as_deref(), Some("boot 1"));
        assert_eq!(last.step.result_code, Some(2));
        assert!(last.task_created_by_name.is_some());
        story.check_in(Some(story.told_again()), Some(vec![offered("b")])).await;
        assert_eq!(story.history("a").await.len(), 3, "what it showed is known");
    }

    async fn promised_success_waits_for_its_proof(database: Database) {
        let story = Story::begin(database).await;
        story.finds(&["a", "b"]).await;
        let task = story.is_to_install(None).await;
        let promised = ["a", "b"].map(|key| result(key, UpdateOutcome::Unconfirmed));
        story.installs(task, promised.to_vec(), false).await;
        assert_eq!(story.history("a").await, [Offered, Approved, Unconfirmed]);
        story.finds(&["b"]).await;
        assert_eq!(story.history("a").await.last(), Some(&Installed));
        let last = story.last("b").await.step;
        assert_eq!((last.state, last.reason), (Failed, Some(ReasonCode::StillOffered)));
    }

    async fn restart_is_waited_for_and_verified(database: Database) {
        let story = Story::begin(database).await;
        story.finds(&["a", "b"]).await;
        let task = story.is_to_install(None).await;
        let waiting = |key| UpdateResult {
            restart_required: true,
            ..result(key, UpdateOutcome::Installed)
        };
        story.installs(task, vec![waiting("a"), waiting("b")], true).await;
        story.finds(&[]).await;
        assert_eq!(story.history("a").await, [Offered, Approved, RestartPending]);
        story.restarts();
        // A search from before the restart that is told after it proves nothing.
        let before = Scan { boot_id: Some("boot 1".to_owned()), ..story.search() };
        story.check_in(Some(before), None).await;
        assert_eq!(story.history("a").await.last(), Some(&RestartPending));
        story.finds(&["b"]).await;
        let verified = story.last("a").await.step;
        assert_eq!(verified.state, Installed);
        assert_eq!(verified.boot_id.as_deref(), Some("boot 2"));
        let undone = story.last("b").await.step;
        assert_eq!((undone.state, undone.reason), (Failed, Some(ReasonCode::RolledBack)));
    }

    /// Nothing is offered before and after: the hash of the inventory says nothing new.
    async fn restart_is_verified_although_the_offers_stay_the_same(database: Database) {
        let story = Story::begin(database).await;
        story.finds(&["a"]).await;
        let task = story.is_to_install(None).await;
        let waiting = UpdateResult {
            restart_required: true,
            ..result("a", UpdateOutcome::Installed)
        };
        story.installs(task, vec![waiting], true).await;
        story.finds(&[]).await;
        story.restarts();
        story.check_in(Some(story.search()), None).await;
        assert_eq!(story.history("a").await.last(), Some(&Installed));
    }

    async fn what_is_no_longer_offered_is_superseded(database: Database) {
        let story = Story::begin(database).await;
        story.finds(&["a", "b"]).await;
        let task = story.is_to_install(Some(&["a"])).await;
        let failed = UpdateResult {
            result_code: Some(4),
            hresult: Some("0x80070643".to_owned()),
            ..result("a", UpdateOutcome::Failed)
        };
        story.installs(task, vec![failed], true).await;
        let last = story.last("a").await.step;
        assert_eq!((last.state, last.hresult.as_deref()), (Failed, Some("0x80070643")));
        story.finds(&["c"]).await;
        assert_eq!(story.history("a").await, [Offered, Approved, Failed, Superseded]);
        assert_eq!(story.history("b").await, [Offered, Superseded]);
        story.finds(&["b", "c"]).await;
        assert_eq!(story.history("b").await, [Offered, Superseded, Offered], "it came back");
    }

    async fn search_during_an_installation_leaves_the_verdict_to_its_end(database: Database) {
        let story = Story::begin(database).await;
        story.finds(&["a", "b"]).await;
        let task = story.is_to_install(None).await;
        story.reports(task, Report::Running).await;
        // The search that judges the installation may be told before its result.
        story.finds(&[]).await;
        assert_eq!(story.history("a").await, [Offered, Approved]);
        let end = Outcome {
            updates: vec![result("a", UpdateOutcome::Installed)],
            scan: Some(2),
            ..outcome(TaskState::Succeeded, None)
        };
        story.reports(task, Report::Finished(end)).await;
        assert_eq!(story.history("a").await, [Offered, Approved, Installed]);
        assert_eq!(story.history("b").await, [Offered, Approved, Superseded]);
    }

    async fn search_that_is_told_late_takes_nothing_back(database: Database) {
        let story = Story::begin(database).await;
        story.finds(&["a"]).await;
        let early = Scan { number: Some(1), ..story.told_again() };
        let task = story.is_to_install(None).await;
        story.installs(task, vec![result("a", UpdateOutcome::Installed)], true).await;
        story.check_in(Some(early), None).await;
        assert_eq!(story.history("a").await, [Offered, Approved, Installed]);
    }

    async fn task_that_never_got_to_an_update_gives_it_back(database: Database) {
        let story = Story::begin(database).await;
        story.finds(&["a", "b"]).await;
        let task = story.is_to_install(None).await;
        story.reports(task, Report::Running).await;
        let end = Outcome {
            updates: vec![result("b", UpdateOutcome::Skipped)],
            ..outcome(TaskState::Cancelled, Some(ReasonCode::CancelledByOperator))
        };
        story.reports(task, Report::Finished(end)).await;
        for key in ["a", "b"] {
            assert_eq!(story.history(key).await, [Offered, Approved, Offered]);
            let last = story.last(key).await.step;
            assert_eq!(last.reason, Some(ReasonCode::CancelledByOperator), "{key}");
        }
    }

    async fn what_ended_two_years_ago_is_forgotten_and_what_is_offered_never(database: Database) {
        let story = Story::begin(database).await;
        story.finds(&["a", "b", "c"]).await;
        let task = story.is_to_install(Some(&["a"])).await;
        story.installs(task, vec![result("a", UpdateOutcome::Installed)], true).await;
        story.finds(&["c"]).await;
        story.office.clock.advance(SignedDuration::from_hours(2 * 365 * 24));
        story.office.app.keep_house().await;
        assert_eq!(story.history("a").await.len(), 3, "to the day");
        story.office.clock.advance(SignedDuration::from_hours(1));
        story.office.app.keep_house().await;
        let kept: Vec<_> = story.steps().await.into_iter().map(|step| step.step.key).collect();
        assert_eq!(kept, ["c"]);
    }

    async fn report_that_overtakes_the_acknowledgement_approves_too(database: Database) {
        let story = Story::begin(database).await;
        story.finds(&["a"]).await;
        let request = ActionRequest {
 breach: latarnik_app::WindowBreach::Refuse,
            parameters: RequestedParameters::InstallUpdates { update_keys: None, categories: None },
            target: ActionTarget::Devices(vec![story.agent.device_id]),
            when: When::Now,
            deadline: None,
            idempotency_key: "at once".to_owned(),
        };
        let app = &story.office.app;
        app.create_action(&story.owner, request).await.unwrap();
        let taken = agents::take_tasks(app, &story.agent, 0).await.unwrap();
        let task = taken.tasks[0].id;
        story.reports(task, Report::Running).await;
        agents::take_tasks(app, &story.agent, 1).await.unwrap();
        assert_eq!(story.history("a").await, [Offered, Approved]);
    }

    async fn device_is_removed_while_it_reports(database: Database) {
        let story = Story::begin(database).await;
        let (office, app) = (&story.office, &story.office.app);
        for number in 0..20 {
            let name = format!("till {number}");
            let agent = office.device(office.bakery, &name).await;
            let check_in = CheckIn {
                boot_id: "boot".to_owned(),
                facts: Some(facts(&name)),
                updates: Some(UpdatesReport {
                    hash: name.clone(),
                    change: Some(UpdatesChange::Full(vec![offered("a")])),
                }),
                ..CheckIn::default()
            };
            agents::check_in(app, &agent, check_in).await.unwrap();
            let request = ActionRequest {
 breach: latarnik_app::WindowBreach::Refuse,
                parameters: RequestedParameters::InstallUpdates { update_keys: None, categories: None },
                target: ActionTarget::Devices(vec![agent.device_id]),
                when: When::Now,
                deadline: None,
                idempotency_key: name,
            };
            app.create_action(&story.owner, request).await.unwrap();
            let taken = agents::take_tasks(app, &agent, 0).await.unwrap();
            let (task, now) = (taken.tasks[0].id, office.clock.now());
            let end = Outcome {
                updates: vec![result("a", UpdateOutcome::Installed)],
                ..outcome(TaskState::Succeeded, None)
            };
            let (removed, reported) = tokio::join!(
                app.remove_device(&story.owner, agent.device_id),
                agents::report_task(app, &agent, task, now, Report::Finished(end)),
            );
            removed.unwrap();
            reported.unwrap();
        }
    }

    async fn failed_search_is_no_evidence(database: Database) {
        let story = Story::begin(database).await;
        story.finds(&["a"]).await;
        let failed = Scan {
            error: Some(ReasonCode::NetworkUnreachable),
            ..story.told_again()
        };
        story.check_in(Some(failed), None).await;
        assert_eq!(story.history("a").await, [Offered]);
    }

    async fn new_signatures_leave_a_history_only_when_somebody_installed_them(database: Database) {
        let story = Story::begin(database).await;
        let definition = |key: &str| OfferedUpdate {
            category: UpdateCategory::Definition,
            ..offered(key)
        };
        let find = async |keys: &[&str]| {
            let found = keys.iter().map(|key| definition(key)).collect();
            story.check_in(Some(story.search()), Some(found)).await;
        };
        find(&["1", "2"]).await;
        find(&["2", "3"]).await;
        assert!(story.steps().await.is_empty());
        let task = story.is_to_install(Some(&["3"])).await;
        story.installs(task, vec![result("3", UpdateOutcome::Installed)], true).await;
        find(&["4"]).await;
        assert_eq!(story.history("3").await, [Approved, Installed]);
        let updates = story.office.app.list_device_updates(&story.owner, story.agent.device_id);
        let keys: Vec<_> = updates.await.unwrap().into_iter().map(|u| u.offer.key).collect();
        assert_eq!(keys, ["4"]);
    }

    async fn one_update_is_the_same_on_all_devices(database: Database) {
        let story = Story::begin(database).await;
        let office = &story.office;
        story.finds(&["a", "b"]).await;
        let windows = |key: &str| OfferedUpdate {
            source: UpdateSource::WindowsUpdate,
            title: "2026-11 Cumulative Update".to_owned(),
            kb: Some("KB5070001".to_owned()),
            update_id: Some(UPDATE_ID.to_uppercase()),
            ..offered(key)
        };
        for (name, found) in [
            ("counter", vec![offered("a"), windows("1:200")]),
            ("office", vec![windows("1:201")]),
        ] {
            let agent = office.device(office.bakery, name).await;
            let check_in = CheckIn {
                boot_id: "boot".to_owned(),
                facts: Some(facts(name)),
                scan: Some(story.told_again()),
                updates: Some(UpdatesReport {
                    hash: name.to_owned(),
                    change: Some(UpdatesChange::Full(found)),
                }),
                ..CheckIn::default()
            };
            agents::check_in(&office.app, &agent, check_in).await.unwrap();
        }
        let list = async |person: &Context, filter: UpdateFilter| {
            let query = UpdateQuery {
                tenant_id: None,
                filter,
                sort: UpdateSort::Lacking,
                direction: Direction::Descending,
            };
            let mut page = PageRequest { limit: 1, after: None };
            let mut found = Vec::new();
            loop {
                let updates = office.app.list_updates(person, &query, &page).await.unwrap();
                found.extend(updates.items);
                let Some(next) = updates.next else { return found };
                page.after = Some(next);
            }
        };
        let all = list(&story.owner, UpdateFilter::default()).await;
        let lacking: Vec<_> = all.iter().map(|update| update.counts.lacking()).collect();
        assert_eq!(lacking, [2, 2, 1]);
        let search = UpdateFilter { search: Some("kb5070001".to_owned()), ..UpdateFilter::default() };
        let found = list(&story.owner, search).await;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].id.to_string(), UPDATE_ID, "revisions and case do not matter");
        let page = PageRequest { limit: 1, after: None };
        let (app, id) = (&office.app, found[0].id);
        let first = app.list_update_devices(&story.owner, None, id, (&[], &page)).await.unwrap();
        let next = PageRequest { after: first.next.clone(), ..page.clone() };
        let second = app.list_update_devices(&story.owner, None, id, (&[], &next)).await.unwrap();
        let names = [&first.items[0].hostname, &second.items[0].hostname];
        assert_eq!(names, ["counter", "office"]);
        assert!(second.next.is_none());
        let none = app.list_update_devices(&story.owner, None, id, (&[Installed], &page)).await.unwrap();
        assert!(none.items.is_empty());

        let provider = office.person(office.provider, Role::Owner).await;
        let seen = app.read_update(&provider, None, id).await.unwrap().counts.lacking();
        assert_eq!(seen, 2, "a provider sees its clients' devices");
        let seen = app.read_update(&provider, Some(office.bakery), id).await.unwrap();
        assert_eq!(seen.counts.lacking(), 2);
        let none = app.read_update(&provider, Some(office.printer), id).await;
        assert!(matches!(none, Err(AppError::Refused(Problem::NotFound))));

        let other = office.person(office.printer, Role::Owner).await;
        assert!(list(&other, UpdateFilter::default()).await.is_empty());
        let refused = app.read_update(&other, None, id).await;
        assert!(matches!(refused, Err(AppError::Refused(Problem::NotFound))));
        let refused = app.list_update_devices(&other, None, id, (&[], &page)).await;
        assert!(matches!(refused, Err(AppError::Refused(Problem::NotFound))));
        let refused = app.list_update_steps(&other, story.agent.device_id, None, &page).await;
        assert!(matches!(refused, Err(AppError::Refused(Problem::NotFound))));
    }
}
