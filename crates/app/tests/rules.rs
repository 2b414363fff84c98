//! The rules of the use cases, on SQLite and on PostgreSQL.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a story that cannot be set up should fail at once"
)]

use jiff::SignedDuration;
use latarnik_app::{
    ActionRequest, ActionTarget, AppError, Context, DeviceFilter, DeviceQuery, DeviceSort,
    Direction, FieldCode, NewEnrollmentToken, Origin, PageRequest, Password, Problem, Refusal,
    RequestedParameters, SignIn,
    agents::{
        self, AgentError, AgentIdentity, CheckIn, OfferedUpdate, Outcome, RegisterError,
        Registration, Report, UpdatesChange, UpdatesReport,
    },
};
use latarnik_model::{
    Clock, DeviceId, ReasonCode, RestartDelay, RestartSignalName, Role, TaskId, TaskState,
    UpdateCategory, When,
};
use latarnik_testkit::{Office, facts, offered, on_both_engines};

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

fn restart(devices: &[DeviceId]) -> ActionRequest {
    let parameters = RequestedParameters::Restart {
        delay: RestartDelay::NONE,
        postponements: None,
    };
    ActionRequest {
        parameters,
        ..scan(devices, "restart")
    }
}

fn everything() -> DeviceQuery {
    DeviceQuery {
        tenant_id: None,
        filter: DeviceFilter::default(),
        online: None,
        sort: DeviceSort::Hostname,
        direction: Direction::Ascending,
    }
}

fn problem<T: std::fmt::Debug>(result: Result<T, AppError>) -> Problem {
    match result {
        Err(AppError::Refused(problem)) => problem,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

fn finished(state: TaskState) -> Report {
    Report::Finished(Outcome {
        state,
        reason: None,
        reason_detail: None,
        started_at: None,
        exit_code: Some(0),
        stdout: "out\0put".to_owned(),
        stderr: String::new(),
        updates: Vec::new(),
        scan: None,
        boot_id: None,
    })
}

fn inventory(hash: &str, change: Option<UpdatesChange>) -> CheckIn {
    CheckIn {
        boot_id: "first".to_owned(),
        updates: Some(UpdatesReport {
            hash: hash.to_owned(),
            change,
        }),
        ..CheckIn::default()
    }
}

fn signing_in(email: String, password: Password) -> SignIn {
    SignIn {
        email,
        password,
        totp_code: None,
        origin: Origin::default(),
    }
}

async fn only_task(office: &Office, agent: &AgentIdentity) -> TaskId {
    let delivery = agents::take_tasks(&office.app, agent, 0).await.unwrap();
    assert_eq!(delivery.tasks.len(), 1);
    delivery.tasks[0].id
}

async fn state(office: &Office, owner: &Context, task: TaskId) -> TaskState {
    office.app.read_task(owner, task).await.unwrap().state
}

on_both_engines! {
    async fn role_decides_who_may_act(database: Database) {
        let office = Office::open(database).await;
        let device = office.device(office.bakery, "till").await.device_id;
        for (role, allowed) in
            [(Role::ClientView, false), (Role::Technician, true), (Role::Owner, true)]
        {
            let person = office.person(office.bakery, role).await;
            let result = office.app.create_action(&person, scan(&[device], role.name())).await;
            assert_eq!(result.is_ok(), allowed, "{role:?}");
            let seen = office.app.read_device(&person, device).await.unwrap();
            assert_eq!(seen.scan.is_ok(), allowed, "{role:?}");
            let removed = office.app.remove_device(&person, device).await;
            if role != Role::Owner {
                assert_eq!(problem(removed), Problem::Forbidden, "{role:?}");
            } else {
                removed.unwrap();
                stays_removed(&office, device).await;
            }
        }
    }

    async fn other_client_learns_nothing(database: Database) {
        let office = Office::open(database).await;
        let agent = office.device(office.bakery, "till").await;
        let own = office.person(office.bakery, Role::Owner).await;
        let other = office.person(office.printer, Role::Owner).await;
        let device = agent.device_id;
        let action = office.app.create_action(&own, scan(&[device], "key")).await.unwrap();
        let task = only_task(&office, &agent).await;
        let app = &office.app;
        assert_eq!(problem(app.read_device(&other, device).await), Problem::NotFound);
        assert_eq!(problem(app.list_device_updates(&other, device).await), Problem::NotFound);
        assert_eq!(problem(app.remove_device(&other, device).await), Problem::NotFound);
        assert_eq!(problem(app.move_device(&other, device, None).await), Problem::NotFound);
        assert_eq!(problem(app.create_action(&other, scan(&[device], "k")).await), Problem::NotFound);
        assert_eq!(problem(app.read_action(&other, action.record.id).await), Problem::NotFound);
        assert_eq!(problem(app.read_task(&other, task).await), Problem::NotFound);
        assert_eq!(problem(app.cancel_task(&other, task).await), Problem::NotFound);
        assert_eq!(app.count_devices(&other, &everything()).await.unwrap(), 0);
        let narrowed = DeviceQuery { tenant_id: Some(office.bakery), ..everything() };
        assert_eq!(app.count_devices(&other, &narrowed).await.unwrap(), 0);
    }

    async fn provider_acts_for_its_clients(database: Database) {
        let office = Office::open(database).await;
        let first = office.device(office.bakery, "till").await;
        let second = office.device(office.printer, "press").await;
        let provider = office.person(office.provider, Role::Technician).await;
        let client = office.person(office.bakery, Role::ClientView).await;
        let target = ActionTarget::Matching(Box::new(everything()));
        let request = ActionRequest { target, ..scan(&[], "all") };
        let action = office.app.create_action(&provider, request).await.unwrap();
        assert_eq!(action.record.tasks[&TaskState::Queued], 2);
        only_task(&office, &first).await;
        only_task(&office, &second).await;
        let seen = office.app.read_action(&client, action.record.id).await.unwrap();
        assert_eq!(seen.record.tasks[&TaskState::Queued], 1, "a client sees its own part");
    }

    async fn restart_needs_a_strong_signal(database: Database) {
        let office = Office::open(database).await;
        let owner = office.person(office.bakery, Role::Owner).await;
        let agent = office.device(office.bakery, "till").await;
        let device = agent.device_id;
        let refused = office.app.create_action(&owner, restart(&[device])).await;
        assert_eq!(problem(refused), Problem::NoRestartPending, "unknown is not yes");
        office.check_in(&agent, "till", Some(RestartSignalName::PendingFileRename)).await;
        let refused = office.app.create_action(&owner, restart(&[device])).await;
        assert_eq!(problem(refused), Problem::NoRestartPending, "weak is not strong");
        let seen = office.app.read_device(&owner, device).await.unwrap();
        assert_eq!(seen.restart, Err(Refusal::NoRestartPending));
        office.check_in(&agent, "till", Some(RestartSignalName::RebootRequiredFile)).await;
        office.app.create_action(&owner, restart(&[device])).await.unwrap();
    }

    async fn promised_restart_is_shown_until_it_is_taken_back(database: Database) {
        let office = Office::open(database).await;
        let owner = office.person(office.bakery, Role::Owner).await;
        let agent = office.device(office.bakery, "till").await;
        let told = async |scheduled_at, postponed| {
            let restart = agents::Restart { signals: Vec::new(), scheduled_at, postponed };
            let check_in = CheckIn { restart: Some(restart), ..CheckIn::default() };
            agents::check_in(&office.app, &agent, check_in).await.unwrap();
            let device = office.app.read_device(&owner, agent.device_id).await.unwrap().record;
            (device.restart_scheduled_at, device.restart_postponed)
        };
        let at = Some(office.clock.now() + SignedDuration::from_mins(15));
        assert_eq!(told(at, 0).await, (at, 0));
        let later = at.map(|at| at + SignedDuration::from_mins(30));
        assert_eq!(told(later, 1).await, (later, 1));
        assert_eq!(told(None, 0).await, (None, 0));
    }

    async fn repeated_request_is_one_action(database: Database) {
        let office = Office::open(database).await;
        let owner = office.person(office.bakery, Role::Owner).await;
        let device = office.device(office.bakery, "till").await.device_id;
        let first = office.app.create_action(&owner, scan(&[device], "same")).await.unwrap();
        let second = office.app.create_action(&owner, scan(&[device], "same")).await.unwrap();
        assert_eq!(first.record.id, second.record.id);
        assert_eq!(second.record.tasks.values().sum::<u64>(), 1);
        let third = office.app.create_action(&owner, scan(&[device], "other")).await.unwrap();
        assert_ne!(first.record.id, third.record.id);
    }

    async fn impossible_requests_have_codes(database: Database) {
        let office = Office::open(database).await;
        let owner = office.person(office.bakery, Role::Owner).await;
        let device = office.device(office.bakery, "till").await.device_id;
        let app = &office.app;
        assert_eq!(problem(app.create_action(&owner, scan(&[], "none")).await), Problem::NoDevices);
        let past = office.clock.now() - SignedDuration::from_secs(1);
        let request = ActionRequest { when: When::At { at: past }, ..scan(&[device], "past") };
        let error = app.create_action(&owner, request).await.unwrap_err();
        assert!(matches!(error, AppError::Invalid(e) if e[0].code == FieldCode::InThePast));
        let parameters = RequestedParameters::InstallUpdates { update_keys: Some(Vec::new()), categories: None };
        let request = ActionRequest { parameters, ..scan(&[device], "nothing") };
        let error = app.create_action(&owner, request).await.unwrap_err();
        assert!(matches!(error, AppError::Invalid(e) if e[0].field == "update_keys"));
        let target = ActionTarget::Devices(vec![device, owner_as_device(&owner)]);
        let request = ActionRequest { target, ..scan(&[], "ghost") };
        assert_eq!(problem(app.create_action(&owner, request).await), Problem::NotFound);
        let tasks = app.count_tasks(&owner, None, &latarnik_app::TaskFilter::default()).await;
        assert_eq!(tasks.unwrap(), 0, "a refused action leaves no task behind");
    }

    async fn task_is_delivered_only_when_the_agent_has_it(database: Database) {
        let office = Office::open(database).await;
        let owner = office.person(office.bakery, Role::Owner).await;
        let agent = office.device(office.bakery, "till").await;
        office.app.create_action(&owner, scan(&[agent.device_id], "a")).await.unwrap();
        let task = only_task(&office, &agent).await;
        assert_eq!(state(&office, &owner, task).await, TaskState::Queued, "handed out, no more");
        assert_eq!(only_task(&office, &agent).await, task, "a lost answer is repeated");
        let delivery = agents::take_tasks(&office.app, &agent, 1).await.unwrap();
        assert!(delivery.tasks.is_empty());
        assert_eq!(state(&office, &owner, task).await, TaskState::Delivered);
    }

    async fn result_twice_is_one_result(database: Database) {
        let office = Office::open(database).await;
        let owner = office.person(office.bakery, Role::Owner).await;
        let agent = office.device(office.bakery, "till").await;
        office.app.create_action(&owner, scan(&[agent.device_id], "a")).await.unwrap();
        let task = only_task(&office, &agent).await;
        let report = async |report| {
            agents::report_task(&office.app, &agent, task, office.clock.now(), report).await.unwrap()
        };
        assert!(!report(Report::Running).await);
        assert!(report(Report::Running).await);
        assert!(!report(finished(TaskState::Succeeded)).await);
        assert!(report(finished(TaskState::Failed)).await, "an ended task stays as it ended");
        assert!(report(Report::Running).await, "a late report does not bring it back");
        let seen = office.app.read_task(&owner, task).await.unwrap();
        assert_eq!(seen.state, TaskState::Succeeded);
        assert_eq!(seen.stdout_excerpt.as_deref(), Some("out\u{fffd}put"));
        let stranger = office.device(office.bakery, "other").await;
        let result =
            agents::report_task(&office.app, &stranger, task, office.clock.now(), Report::Running);
        assert!(matches!(result.await, Err(AgentError::TaskUnknown)));
    }

    async fn cancelling_waits_for_the_agent_only_if_it_may_have_the_task(database: Database) {
        let office = Office::open(database).await;
        let owner = office.person(office.bakery, Role::Owner).await;
        let agent = office.device(office.bakery, "till").await;
        let app = &office.app;
        let begin = async |key| {
            let before = app.create_action(&owner, scan(&[agent.device_id], key)).await.unwrap();
            let filter = latarnik_app::TaskFilter {
                action_id: Some(before.record.id),
                ..latarnik_app::TaskFilter::default()
            };
            let page = PageRequest { limit: 1, after: None };
            let tasks = app.list_tasks(&owner, None, &filter, Direction::Ascending, &page).await;
            tasks.unwrap().items[0].id
        };
        let never_seen = begin("never seen").await;
        let cancelled = app.cancel_task(&owner, never_seen).await.unwrap();
        assert_eq!(cancelled.state, TaskState::Cancelled);
        assert_eq!(cancelled.reason, Some(ReasonCode::CancelledByOperator));

        let handed_out = begin("handed out").await;
        assert_eq!(only_task(&office, &agent).await, handed_out);
        let cancelled = app.cancel_task(&owner, handed_out).await.unwrap();
        assert_eq!(cancelled.state, TaskState::Queued, "the agent may have it");
        agents::take_tasks(app, &agent, 1).await.unwrap();
        assert_eq!(state(&office, &owner, handed_out).await, TaskState::Cancelled, "it does not");

        let held = begin("held").await;
        agents::take_tasks(app, &agent, 1).await.unwrap();
        agents::take_tasks(app, &agent, 3).await.unwrap();
        app.cancel_task(&owner, held).await.unwrap();
        let delivery = agents::take_tasks(app, &agent, 3).await.unwrap();
        assert_eq!(delivery.cancelled, [held]);
        assert_eq!(state(&office, &owner, held).await, TaskState::Delivered);
        let result = app.cancel_task(&owner, never_seen).await;
        assert_eq!(problem(result), Problem::TaskAlreadyFinished);
    }

    async fn token_lets_in_as_many_as_it_says(database: Database) {
        let office = Office::open(database).await;
        let secret_hash = office.secret_hash(office.bakery, Some(1)).await;
        let register = async |key: u8, secret_hash| {
            let registration =
                Registration { secret_hash, key_fingerprint: [key; 32], facts: facts("till") };
            agents::register(&office.app, registration).await
        };
        let first = register(1, secret_hash).await.unwrap();
        assert_eq!(register(1, secret_hash).await.unwrap(), first, "same key, same device");
        let refused = register(2, secret_hash).await;
        assert!(matches!(refused, Err(RegisterError::TokenUsedUp)), "{refused:?}");
        let refused = register(2, [7; 32]).await;
        assert!(matches!(refused, Err(RegisterError::TokenUnknown)), "{refused:?}");
        office.clock.advance(SignedDuration::from_hours(24));
        let refused = register(1, secret_hash).await;
        assert!(matches!(refused, Err(RegisterError::TokenExpired)), "{refused:?}");
    }

    async fn revoked_token_lets_nobody_in(database: Database) {
        let office = Office::open(database).await;
        let owner = office.person(office.bakery, Role::Owner).await;
        let new = NewEnrollmentToken {
            name: "tills".to_owned(),
            tenant_id: office.bakery,
            group_id: None,
            expires_in_hours: 1,
            max_uses: None,
        };
        let foreign = NewEnrollmentToken { tenant_id: office.printer, ..new.clone() };
        let error = office.app.create_enrollment_token(&owner, foreign).await.err().unwrap();
        assert!(matches!(error, AppError::Invalid(e) if e[0].field == "tenant_id"));
        let token = office.app.create_enrollment_token(&owner, new).await.unwrap().record;
        office.app.revoke_enrollment_token(&owner, token.id).await.unwrap();
        let registration = Registration {
            secret_hash: token.secret_hash,
            key_fingerprint: [1; 32],
            facts: facts("till"),
        };
        let refused = agents::register(&office.app, registration).await;
        assert!(matches!(refused, Err(RegisterError::TokenRevoked)), "{refused:?}");
    }

    async fn inventory_travels_as_changes(database: Database) {
        let office = Office::open(database).await;
        let owner = office.person(office.bakery, Role::Owner).await;
        let agent = office.device(office.bakery, "till").await;
        office.check_in(&agent, "till", None).await;
        let check_in = async |check_in| {
            agents::check_in(&office.app, &agent, check_in).await.unwrap().resend_updates
        };
        let keys = async || {
            let updates = office.app.list_device_updates(&owner, agent.device_id).await.unwrap();
            updates.into_iter().map(|update| update.offer.key).collect::<Vec<_>>()
        };
        let pending = async || {
            office.app.read_device(&owner, agent.device_id).await.unwrap().record.pending_updates
        };
        assert_eq!(pending().await, None, "not scanned is not zero");
        assert!(check_in(inventory("one", None)).await, "a hash alone says nothing new");
        let full = UpdatesChange::Full(vec![offered("a"), offered("b")]);
        assert!(!check_in(inventory("one", Some(full))).await);
        assert_eq!((keys().await, pending().await), (vec!["a".to_owned(), "b".to_owned()], Some(2)));
        let delta = |base: &str| UpdatesChange::Delta {
            base: base.to_owned(),
            changed: vec![offered("c")],
            removed: vec!["a".to_owned()],
        };
        assert!(check_in(inventory("two", Some(delta("elsewhere")))).await, "wrong base");
        assert_eq!(pending().await, Some(2), "a wrong base changes nothing");
        assert!(!check_in(inventory("two", Some(delta("one")))).await);
        assert_eq!(keys().await, ["b", "c"]);
        assert!(!check_in(inventory("two", None)).await);
        assert!(!check_in(inventory("none", Some(UpdatesChange::Full(Vec::new())))).await);
        assert_eq!((keys().await.len(), pending().await), (0, Some(0)));
    }

    async fn definitions_alone_are_nothing_pending_and_can_be_installed(database: Database) {
        let office = Office::open(database).await;
        let owner = office.person(office.bakery, Role::Owner).await;
        let agent = office.device(office.bakery, "till").await;
        office.check_in(&agent, "till", None).await;
        let offer = async |name: &str, updates| {
            let report = inventory(name, Some(UpdatesChange::Full(updates)));
            agents::check_in(&office.app, &agent, report).await.unwrap();
            office.app.read_device(&owner, agent.device_id).await.unwrap()
        };
        let signatures =
            OfferedUpdate { category: UpdateCategory::Definition, ..offered("signatures") };
        let device = offer("signatures", vec![signatures]).await;
        assert_eq!(device.record.pending_updates, Some(0));
        assert_eq!(device.record.pending_definitions, Some(1));
        assert_eq!(device.install, Ok(()));
        let device = offer("nothing", Vec::new()).await;
        assert_eq!(device.install, Err(Refusal::NoPendingUpdates));
    }

    async fn removed_device_is_gone_at_once(database: Database) {
        let office = Office::open(database).await;
        let owner = office.person(office.bakery, Role::Owner).await;
        let agent = office.device(office.bakery, "till").await;
        let now = office.clock.now();
        let certificate = agents::Certificate {
            fingerprint: [9; 32],
            serial: vec![1],
            not_before: now,
            not_after: now + SignedDuration::from_hours(24),
        };
        agents::record_certificate(&office.app, &agent, certificate).await.unwrap();
        let known = agents::authenticate(&office.app, [9; 32]).await.unwrap();
        assert_eq!(known, Some(agent));
        office.app.create_action(&owner, scan(&[agent.device_id], "a")).await.unwrap();
        let task = only_task(&office, &agent).await;
        office.app.remove_device(&owner, agent.device_id).await.unwrap();
        assert_eq!(agents::authenticate(&office.app, [9; 32]).await.unwrap(), None);
        let seen = office.app.read_task(&owner, task).await.unwrap();
        assert_eq!((seen.state, seen.reason), (TaskState::Cancelled, Some(ReasonCode::DeviceRemoved)));
        let late = agents::check_in(&office.app, &agent, inventory("x", None)).await;
        assert!(matches!(late, Err(AgentError::DeviceRemoved)), "{late:?}");
    }

    async fn session_ends_by_idleness_and_by_age(database: Database) {
        let office = Office::open(database).await;
        office.person(office.bakery, Role::Owner).await;
        let email = format!("OWNER@{}.example", office.bakery);
        let sign_in = signing_in(email, Password::typed(Office::PASSWORD.to_owned()));
        let (token, _) = office.app.sign_in(sign_in.clone()).await.unwrap();
        for _ in 0..6 {
            office.clock.advance(SignedDuration::from_hours(11));
            office.app.resume(&token, Origin::default()).await.unwrap();
        }
        office.clock.advance(SignedDuration::from_hours(13));
        let result = office.app.resume(&token, Origin::default()).await;
        assert_eq!(problem(result), Problem::NotSignedIn, "idle");
        let (token, _) = office.app.sign_in(sign_in).await.unwrap();
        for _ in 0..8 {
            office.clock.advance(SignedDuration::from_hours(10));
            office.app.resume(&token, Origin::default()).await.unwrap();
        }
        office.clock.advance(SignedDuration::from_hours(10));
        assert_eq!(problem(office.app.resume(&token, Origin::default()).await), Problem::NotSignedIn, "old");
    }

    async fn wrong_passwords_slow_down_and_name_no_account(database: Database) {
        let office = Office::open(database).await;
        office.person(office.bakery, Role::Owner).await;
        let owner = format!("owner@{}.example", office.bakery);
        for email in [owner.as_str(), "nobody@nowhere.example"] {
            let attempt =
                || signing_in(email.to_owned(), Password::typed("wrong".to_owned()));
            for _ in 0..5 {
                let result = office.app.sign_in(attempt()).await;
                assert_eq!(problem(result), Problem::InvalidCredentials, "{email}");
            }
            let result = problem(office.app.sign_in(attempt()).await);
            assert!(matches!(result, Problem::TooManyAttempts { .. }), "{email}: {result:?}");
        }
        office.clock.advance(SignedDuration::from_secs(5));
        let password = Password::typed(Office::PASSWORD.to_owned());
        office.app.sign_in(signing_in(owner, password)).await.unwrap();
    }

    async fn silent_device_is_offline(database: Database) {
        let office = Office::open(database).await;
        let owner = office.person(office.bakery, Role::Owner).await;
        let device = office.device(office.bakery, "till").await.device_id;
        assert!(office.app.read_device(&owner, device).await.unwrap().online);
        office.clock.advance(SignedDuration::from_mins(4));
        assert!(!office.app.read_device(&owner, device).await.unwrap().online);
        let offline = DeviceQuery { online: Some(false), ..everything() };
        assert_eq!(office.app.count_devices(&owner, &offline).await.unwrap(), 1);
    }
}

/// An id that belongs to no device.
fn owner_as_device(owner: &Context) -> DeviceId {
    match &owner.actor {
        latarnik_app::Actor::User { id, .. } => DeviceId(id.0),
        other => unreachable!("people are users, not {other:?}"),
    }
}

/// After a removal the id stays unknown, for everyone.
async fn stays_removed(office: &Office, device: DeviceId) {
    let shell = Context::command_line();
    assert_eq!(
        problem(office.app.read_device(&shell, device).await),
        Problem::NotFound
    );
}
