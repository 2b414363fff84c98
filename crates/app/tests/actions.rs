//! The rules of actions over groups and tenants, with deadlines, progress and an end.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a story that cannot be set up should fail at once"
)]

use jiff::{SignedDuration, Timestamp};
use latarnik_app::{
    Action, ActionOrder, ActionQuery, ActionRequest, ActionTarget, AgentIdentity, AppError,
    Context, Creator, DeviceFilter, DeviceQuery, DeviceSort, Direction, Event, FieldCode, NewGroup,
    OfferedUpdate, PageRequest, Problem, RequestedParameters, TaskFilter, TaskRecord,
    agents::{self, CheckIn, Outcome, Report, UpdatesChange, UpdatesReport},
};
use latarnik_model::{
    ActionId, ActionKind, Clock, CreatorKind, DeviceId, GroupId, ReasonCode, Role, Scope,
    TaskParameters, TaskState, TenantId, UpdateCategory, UpdateState, When,
};
use latarnik_testkit::{Office, offered, on_both_engines};
use std::collections::HashMap;
use uuid::Uuid;

fn scan(devices: &[DeviceId], key: &str) -> ActionRequest {
    ActionRequest {
        breach: latarnik_app::WindowBreach::Refuse,
        parameters: RequestedParameters::Scan,
        target: ActionTarget::Devices(devices.to_vec()),
        when: When::Now,
        deadline: None,
        idempotency_key: key.to_owned(),
    }
}

fn matching(tenant_id: Option<TenantId>, filter: DeviceFilter, key: &str) -> ActionRequest {
    let query = DeviceQuery {
        tenant_id,
        filter,
        online: None,
        sort: DeviceSort::Hostname,
        direction: Direction::Ascending,
    };
    ActionRequest {
        target: ActionTarget::Matching(Box::new(query)),
        ..scan(&[], key)
    }
}

fn of_group(group: GroupId, subgroups: bool, key: &str) -> ActionRequest {
    let filter = DeviceFilter {
        group_id: Some(group),
        subgroups,
        ..DeviceFilter::default()
    };
    matching(None, filter, key)
}

fn install(
    device: DeviceId,
    keys: Option<&[&str]>,
    categories: Option<&[UpdateCategory]>,
) -> ActionRequest {
    let owned = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect();
    ActionRequest {
        parameters: RequestedParameters::InstallUpdates {
            update_keys: keys.map(owned),
            categories: categories.map(<[_]>::to_vec),
        },
        ..scan(&[device], "install")
    }
}

fn problem<T: std::fmt::Debug>(result: Result<T, AppError>) -> Problem {
    match result {
        Err(AppError::Refused(problem)) => problem,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

fn invalid<T: std::fmt::Debug>(result: Result<T, AppError>) -> (&'static str, FieldCode) {
    match result {
        Err(AppError::Invalid(errors)) => (errors[0].field, errors[0].code),
        other => panic!("expected an invalid field, got {other:?}"),
    }
}

async fn group(office: &Office, tenant: TenantId, name: &str, parent: Option<GroupId>) -> GroupId {
    let new = NewGroup {
        tenant_id: tenant,
        name: name.to_owned(),
        parent_id: parent,
    };
    let shell = Context::command_line();
    office
        .app
        .create_group(&shell, new)
        .await
        .unwrap()
        .record
        .id
}

/// A device in a group.
async fn device_in(office: &Office, tenant: TenantId, name: &str, group: GroupId) -> DeviceId {
    let device = office.device(tenant, name).await.device_id;
    let shell = Context::command_line();
    office
        .app
        .move_device(&shell, device, Some(group))
        .await
        .unwrap();
    device
}

async fn is_offered(office: &Office, agent: &AgentIdentity, updates: Vec<OfferedUpdate>) {
    let check_in = CheckIn {
        boot_id: "first".to_owned(),
        updates: Some(UpdatesReport {
            hash: "some".to_owned(),
            change: Some(UpdatesChange::Full(updates)),
        }),
        ..CheckIn::default()
    };
    agents::check_in(&office.app, agent, check_in)
        .await
        .unwrap();
}

async fn tasks_of(office: &Office, context: &Context, action: ActionId) -> Vec<TaskRecord> {
    let filter = TaskFilter {
        action_id: Some(action),
        ..TaskFilter::default()
    };
    let page = PageRequest {
        limit: 500,
        after: None,
    };
    let tasks = office
        .app
        .list_tasks(context, None, &filter, Direction::Ascending, &page);
    tasks.await.unwrap().items
}

/// A task's agent takes it and ends it so.
async fn end(
    office: &Office,
    agent: &AgentIdentity,
    (state, reason): (TaskState, Option<ReasonCode>),
) {
    let task = agents::take_tasks(&office.app, agent, 0)
        .await
        .unwrap()
        .tasks[0]
        .id;
    let now = office.clock.now();
    agents::report_task(&office.app, agent, task, now, Report::Running)
        .await
        .unwrap();
    office.clock.advance(SignedDuration::from_mins(5));
    let outcome = Outcome {
        state,
        reason,
        reason_detail: None,
        started_at: Some(now),
        exit_code: None,
        stdout: String::new(),
        stderr: String::new(),
        updates: Vec::new(),
        scan: None,
        boot_id: None,
    };
    let report = Report::Finished(outcome);
    agents::report_task(&office.app, agent, task, office.clock.now(), report)
        .await
        .unwrap();
}

fn in_minutes(office: &Office, minutes: i64) -> Timestamp {
    office.clock.now() + SignedDuration::from_mins(minutes)
}

fn page() -> PageRequest {
    PageRequest {
        limit: 10,
        after: None,
    }
}

async fn listed(office: &Office, context: &Context, query: ActionQuery) -> Vec<ActionId> {
    let page = office
        .app
        .list_actions(context, &query, &page())
        .await
        .unwrap();
    page.items.iter().map(|action| action.id).collect()
}

fn total(action: &Action) -> u64 {
    action.record.tasks.values().sum()
}

on_both_engines! {
    async fn a_group_is_a_target_with_or_without_the_groups_in_it(database: Database) {
        let office = Office::open(database).await;
        let owner = office.person(office.bakery, Role::Owner).await;
        let shops = group(&office, office.bakery, "Shops", None).await;
        let warsaw = group(&office, office.bakery, "Warsaw", Some(shops)).await;
        let tills = group(&office, office.bakery, "Tills", Some(warsaw)).await;
        let empty = group(&office, office.bakery, "Empty", None).await;
        for (name, group) in [("a", shops), ("b", warsaw), ("c", tills)] {
            device_in(&office, office.bakery, name, group).await;
        }
        office.device(office.bakery, "elsewhere").await;
        let app = &office.app;
        let begun = async |request| app.create_action(&owner, request).await;
        assert_eq!(total(&begun(of_group(shops, false, "1")).await.unwrap()), 1);
        assert_eq!(total(&begun(of_group(shops, true, "2")).await.unwrap()), 3);
        assert_eq!(total(&begun(of_group(warsaw, true, "3")).await.unwrap()), 2);
        assert_eq!(problem(begun(of_group(empty, true, "4")).await), Problem::NoDevices);
        let foreign = group(&office, office.printer, "Presses", None).await;
        device_in(&office, office.printer, "press", foreign).await;
        assert_eq!(problem(begun(of_group(foreign, true, "5")).await), Problem::NotFound);
    }

    async fn a_tenant_is_a_target_for_those_who_see_it(database: Database) {
        let office = Office::open(database).await;
        let provider = office.person(office.provider, Role::Technician).await;
        let client = office.person(office.printer, Role::Owner).await;
        for name in ["a", "b"] {
            office.device(office.bakery, name).await;
        }
        office.device(office.printer, "press").await;
        let request = |key| matching(Some(office.bakery), DeviceFilter::default(), key);
        let action = office.app.create_action(&provider, request("1")).await.unwrap();
        assert_eq!(total(&action), 2);
        let refused = office.app.create_action(&client, request("2")).await;
        assert_eq!(problem(refused), Problem::NoDevices);
    }

    async fn a_deadline_lies_ahead_and_after_the_beginning(database: Database) {
        let office = Office::open(database).await;
        let owner = office.person(office.bakery, Role::Owner).await;
        let device = office.device(office.bakery, "till").await.device_id;
        let begin = async |when, deadline| {
            let request = ActionRequest { when, deadline: Some(deadline), ..scan(&[device], "key") };
            office.app.create_action(&owner, request).await
        };
        let now = office.clock.now();
        assert_eq!(invalid(begin(When::Now, now).await), ("deadline", FieldCode::InThePast));
        let at = in_minutes(&office, 60);
        let refused = begin(When::At { at }, at).await;
        assert_eq!(invalid(refused), ("deadline", FieldCode::OutOfRange));
        let deadline = in_minutes(&office, 61);
        let action = begin(When::At { at }, deadline).await.unwrap();
        assert_eq!(action.record.deadline_at, Some(deadline));
        let task = &tasks_of(&office, &owner, action.record.id).await[0];
        assert_eq!(task.deadline_at, Some(deadline));
    }

    async fn a_task_that_no_agent_took_in_time_expires_and_never_runs(database: Database) {
        let office = Office::open(database).await;
        let owner = office.person(office.bakery, Role::Owner).await;
        let agent = office.device(office.bakery, "offline").await;
        let deadline = Some(in_minutes(&office, 30));
        let request = ActionRequest { deadline, ..scan(&[agent.device_id], "key") };
        let action = office.app.create_action(&owner, request).await.unwrap().record.id;
        office.app.expire_tasks().await.unwrap();
        assert_eq!(tasks_of(&office, &owner, action).await[0].state, TaskState::Queued);
        office.clock.advance(SignedDuration::from_mins(30));
        let mut events = office.app.events().subscribe();
        office.app.expire_tasks().await.unwrap();
        let task = &tasks_of(&office, &owner, action).await[0];
        assert_eq!(task.state, TaskState::Expired);
        assert_eq!(task.reason, Some(ReasonCode::DeadlinePassed));
        assert!(matches!(
            events.try_recv().unwrap(),
            Event::TaskChanged { state: TaskState::Expired, .. }
        ));
        let delivery = agents::take_tasks(&office.app, &agent, 0).await.unwrap();
        assert!(delivery.tasks.is_empty());
        let read = office.app.read_action(&owner, action).await.unwrap();
        assert_eq!(read.ended_at(), task.finished_at);
        assert_eq!(read.course.failures[0].reason, Some(ReasonCode::DeadlinePassed));
    }

    async fn a_device_that_returns_in_time_runs_it_and_one_that_is_late_does_not(
        database: Database
    ) {
        let office = Office::open(database).await;
        let owner = office.person(office.bakery, Role::Owner).await;
        let early = office.device(office.bakery, "early").await;
        let late = office.device(office.bakery, "late").await;
        let lost = office.device(office.bakery, "lost").await;
        let devices = [early.device_id, late.device_id, lost.device_id];
        let deadline = Some(in_minutes(&office, 30));
        let request = ActionRequest { deadline, ..scan(&devices, "key") };
        let action = office.app.create_action(&owner, request).await.unwrap().record.id;
        office.clock.advance(SignedDuration::from_mins(20));
        let given = agents::take_tasks(&office.app, &early, 0).await.unwrap();
        assert_eq!(given.tasks[0].deadline_at, deadline);
        agents::take_tasks(&office.app, &lost, 0).await.unwrap();
        office.clock.advance(SignedDuration::from_mins(20));
        // It may have begun in time: only its agent knows.
        office.app.expire_tasks().await.unwrap();
        let state = async |device: DeviceId| {
            let tasks = tasks_of(&office, &owner, action).await;
            tasks.iter().find(|task| task.device_id == device).unwrap().state
        };
        assert_eq!(state(early.device_id).await, TaskState::Queued);
        assert_eq!(state(late.device_id).await, TaskState::Expired);
        agents::take_tasks(&office.app, &early, 1).await.unwrap();
        assert_eq!(state(early.device_id).await, TaskState::Delivered);
        // The answer was lost on its way: the agent asks again, and so does not have it.
        let given = agents::take_tasks(&office.app, &lost, 0).await.unwrap();
        assert!(given.tasks.is_empty());
        assert_eq!(state(lost.device_id).await, TaskState::Expired);
    }

    async fn updates_that_no_device_is_offered_make_no_tasks(database: Database) {
        let office = Office::open(database).await;
        let owner = office.person(office.bakery, Role::Owner).await;
        let agent = office.device(office.bakery, "till").await;
        let other = office.device(office.bakery, "other").await.device_id;
        is_offered(&office, &agent, vec![offered("openssl=2")]).await;
        let app = &office.app;
        let refused = app.create_action(&owner, install(agent.device_id, Some(&["curl=1"]), None));
        assert_eq!(problem(refused.await), Problem::UpdatesNotOffered);
        let refused = app.create_action(&owner, install(other, Some(&["openssl=2"]), None));
        assert_eq!(problem(refused.await), Problem::UpdatesNotOffered);
        let target = ActionTarget::Devices(vec![agent.device_id, other]);
        let request = install(other, Some(&["openssl=2", "curl=1"]), None);
        let action = app.create_action(&owner, ActionRequest { target, ..request }).await.unwrap();
        assert_eq!(total(&action), 2, "one of them is offered one of them");
    }

    async fn installing_by_category_approves_what_is_offered_in_it(database: Database) {
        let office = Office::open(database).await;
        let owner = office.person(office.bakery, Role::Owner).await;
        let agent = office.device(office.bakery, "till").await;
        let driver = OfferedUpdate { category: UpdateCategory::Driver, ..offered("driver=1") };
        is_offered(&office, &agent, vec![offered("openssl=2"), driver]).await;
        let security = [UpdateCategory::Security];
        let refused = install(agent.device_id, Some(&["openssl=2"]), Some(&security));
        let refused = office.app.create_action(&owner, refused).await;
        assert_eq!(invalid(refused), ("categories", FieldCode::NotAllowed));
        let refused = office.app.create_action(&owner, install(agent.device_id, None, Some(&[])));
        assert_eq!(invalid(refused.await), ("categories", FieldCode::Required));
        let request = install(agent.device_id, None, Some(&security));
        office.app.create_action(&owner, request).await.unwrap();
        let given = agents::take_tasks(&office.app, &agent, 0).await.unwrap();
        let expected = TaskParameters::InstallUpdates {
            update_keys: None,
            categories: Some(security.to_vec()),
        };
        assert_eq!(given.tasks[0].parameters, expected);
        agents::take_tasks(&office.app, &agent, 1).await.unwrap();
        let updates = office.app.list_device_updates(&owner, agent.device_id).await.unwrap();
        let state = |key| updates.iter().find(|u| u.offer.key == key).unwrap().standing.state;
        assert_eq!(state("openssl=2"), UpdateState::Approved);
        assert_eq!(state("driver=1"), UpdateState::Offered);
    }

    async fn cancelling_an_action_ends_what_no_agent_has_and_asks_for_the_rest(
        database: Database
    ) {
        let office = Office::open(database).await;
        let provider = office.person(office.provider, Role::Technician).await;
        let client = office.person(office.bakery, Role::Technician).await;
        let viewer = office.person(office.bakery, Role::ClientView).await;
        let waiting = office.device(office.bakery, "waiting").await.device_id;
        let agent = office.device(office.bakery, "running").await;
        let foreign = office.device(office.printer, "press").await.device_id;
        let request = scan(&[waiting, agent.device_id, foreign], "key");
        let action = office.app.create_action(&provider, request).await.unwrap().record.id;
        agents::take_tasks(&office.app, &agent, 0).await.unwrap();
        agents::take_tasks(&office.app, &agent, 1).await.unwrap();
        let app = &office.app;
        assert_eq!(problem(app.cancel_action(&viewer, action).await), Problem::Forbidden);
        let stranger = office.person_named(office.printer, Role::ClientView, "stranger").await;
        assert_eq!(problem(app.cancel_action(&stranger, action).await), Problem::Forbidden);
        let seen = app.cancel_action(&client, action).await.unwrap();
        assert_eq!(seen.count(TaskState::Cancelled), 1);
        assert_eq!(seen.count(TaskState::Delivered), 1);
        let all = app.read_action(&provider, action).await.unwrap();
        assert_eq!(all.count(TaskState::Queued), 1, "the other client's device goes on");
        let given = agents::take_tasks(&office.app, &agent, 1).await.unwrap();
        assert_eq!(given.cancelled.len(), 1);
        let again = app.cancel_action(&client, action).await.unwrap();
        assert_eq!(again.count(TaskState::Delivered), 1, "asking twice is asking once");
        app.cancel_action(&provider, action).await.unwrap();
        let report = Report::Finished(Outcome {
            state: TaskState::Cancelled,
            reason: Some(ReasonCode::CancelledByOperator),
            reason_detail: None,
            started_at: None,
            exit_code: None,
            stdout: String::new(),
            stderr: String::new(),
            updates: Vec::new(),
            scan: None,
            boot_id: None,
        });
        let now = office.clock.now();
        agents::report_task(app, &agent, given.cancelled[0], now, report).await.unwrap();
        let refused = app.cancel_action(&provider, action).await;
        assert_eq!(problem(refused), Problem::ActionAlreadyFinished);
    }

    async fn actions_are_listed_for_all_who_see_a_device_of_theirs(database: Database) {
        let office = Office::open(database).await;
        let provider = office.person(office.provider, Role::Technician).await;
        let client = office.person(office.bakery, Role::Technician).await;
        let other = office.person(office.printer, Role::Owner).await;
        let till = office.device(office.bakery, "till").await;
        let press = office.device(office.printer, "press").await;
        let mut begun = Vec::new();
        for (who, devices) in [
            (&provider, vec![till.device_id, press.device_id]),
            (&client, vec![till.device_id]),
            (&provider, vec![press.device_id]),
        ] {
            office.clock.advance(SignedDuration::from_secs(1));
            let key = begun.len().to_string();
            let action = office.app.create_action(who, scan(&devices, &key)).await.unwrap();
            begun.push(action.record.id);
        }
        let [first, second, third] = begun[..] else { panic!() };
        let any = ActionQuery::default();
        assert_eq!(listed(&office, &provider, any).await, [third, second, first]);
        assert_eq!(listed(&office, &client, any).await, [second, first]);
        assert_eq!(listed(&office, &other, any).await, [third, first]);
        let own = ActionQuery { own: true, ..any };
        assert_eq!(listed(&office, &provider, own).await, [third, first]);
        assert_eq!(listed(&office, &client, own).await, [second]);
        let tenant = ActionQuery { tenant_id: Some(office.bakery), ..any };
        assert_eq!(listed(&office, &provider, tenant).await, [second, first]);
        assert!(listed(&office, &other, tenant).await.is_empty());
        let restarts = ActionQuery { kind: Some(ActionKind::Restart), ..any };
        assert!(listed(&office, &provider, restarts).await.is_empty());
        end(&office, &press, (TaskState::Succeeded, None)).await;
        let open = ActionQuery { open: Some(true), ..any };
        assert_eq!(listed(&office, &provider, open).await, [third, second, first]);
        assert_eq!(listed(&office, &other, open).await, [third], "its part of the first has ended");
        let ended = ActionQuery { open: Some(false), ..any };
        assert_eq!(listed(&office, &other, ended).await, [first]);
        let one = PageRequest { limit: 1, after: None };
        let page = office.app.list_actions(&provider, &any, &one).await.unwrap();
        let next = PageRequest { limit: 5, after: page.next };
        let page = office.app.list_actions(&provider, &any, &next).await.unwrap();
        let rest: Vec<_> = page.items.iter().map(|action| action.id).collect();
        assert_eq!(rest, [second, first]);
        assert!(page.next.is_none());
    }

    async fn an_action_tells_when_it_ran_and_why_tasks_failed(database: Database) {
        let office = Office::open(database).await;
        let owner = office.person(office.bakery, Role::Owner).await;
        let mut machines = Vec::new();
        for name in ["a", "b", "c", "d"] {
            machines.push(office.device(office.bakery, name).await);
        }
        let devices: Vec<_> = machines.iter().map(|agent| agent.device_id).collect();
        let action = office.app.create_action(&owner, scan(&devices, "key")).await.unwrap();
        assert_eq!(action.course, latarnik_app::ActionCourse::default());
        let id = action.record.id;
        let begins = office.clock.now();
        let failed = |reason| (TaskState::Failed, Some(reason));
        end(&office, &machines[0], failed(ReasonCode::DiskFull)).await;
        end(&office, &machines[1], failed(ReasonCode::ScanFailed)).await;
        end(&office, &machines[2], failed(ReasonCode::ScanFailed)).await;
        let read = office.app.read_action(&owner, id).await.unwrap();
        assert_eq!(read.course.started_at, Some(begins));
        assert_eq!(read.ended_at(), None, "one is open");
        let failures: Vec<_> =
            read.course.failures.iter().map(|f| (f.reason.unwrap(), f.count)).collect();
        assert_eq!(failures, [(ReasonCode::ScanFailed, 2), (ReasonCode::DiskFull, 1)]);
        end(&office, &machines[3], (TaskState::Succeeded, None)).await;
        let read = office.app.read_action(&owner, id).await.unwrap();
        assert_eq!(read.ended_at(), Some(office.clock.now()));
    }

    async fn actions_say_what_kind_of_somebody_they_come_from(database: Database) {
        let office = Office::open(database).await;
        let owner = office.person(office.bakery, Role::Owner).await;
        let device = office.device(office.bakery, "till").await.device_id;
        let app = &office.app;
        let shell = Context::command_line();
        let asked = app.create_action(&shell, scan(&[device], "shell")).await.unwrap();
        assert_eq!(asked.record.created_by.kind, CreatorKind::CommandLine);
        let asked = app.create_action(&owner, scan(&[device], "user")).await.unwrap();
        assert_eq!(asked.record.created_by.kind, CreatorKind::User);
        let removed = office.device(office.bakery, "removed").await.device_id;
        app.remove_device(&owner, removed).await.unwrap();
        let order = |devices: &[DeviceId], key: &str| ActionOrder {
 outside_windows: std::collections::HashSet::new(),
            own: HashMap::new(),
            parameters: TaskParameters::Scan,
            devices: devices.iter().map(|device| (office.bakery, *device)).collect(),
            when: When::InWindow,
            deadline: Some(in_minutes(&office, 60)),
            created_by: Creator {
                kind: CreatorKind::Policy,
                id: Uuid::from_u128(7),
                name: "Every night".to_owned(),
            },
            tenant_id: office.bakery,
            idempotency_key: key.to_owned(),
        };
        let transaction = office.store().begin(&Scope::one(office.bakery)).await.unwrap();
        let refused = app.begin_action(&transaction, order(&[removed], "1")).await;
        assert_eq!(problem(refused), Problem::NoDevices);
        drop(transaction);
        let transaction = office.store().begin(&Scope::one(office.bakery)).await.unwrap();
        let begun = app.begin_action(&transaction, order(&[removed, device], "1")).await.unwrap();
        transaction.commit().await.unwrap();
        app.announce_action(&begun);
        let action = app.read_action(&owner, begun.id).await.unwrap();
        assert_eq!(action.record.created_by.kind, CreatorKind::Policy);
        assert_eq!(action.record.created_by.name, "Every night");
        let tasks = tasks_of(&office, &owner, begun.id).await;
        assert_eq!(tasks.len(), 1, "a device that is gone gets no task");
        assert_eq!(tasks[0].created_by_kind, CreatorKind::Policy);
        for kind in CreatorKind::ALL {
            let query = ActionQuery { created_by_kind: Some(kind), ..ActionQuery::default() };
            let expected = usize::from(kind != CreatorKind::ApiToken);
            assert_eq!(listed(&office, &owner, query).await.len(), expected, "{kind:?}");
        }
    }

    async fn an_action_has_an_upper_limit(database: Database) {
        let office = Office::open(database).await;
        let owner = office.person(office.bakery, Role::Owner).await;
        let devices: Vec<_> = (1..=50_001).map(|id| DeviceId(Uuid::from_u128(id))).collect();
        let refused = office.app.create_action(&owner, scan(&devices, "many")).await;
        assert_eq!(problem(refused), Problem::TooManyDevices);
        let refused = office.app.create_action(&owner, scan(&devices[1..], "few")).await;
        assert_eq!(problem(refused), Problem::NotFound);
    }
}
