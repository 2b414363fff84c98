//! Whatever two clients do in whatever order, neither sees or changes anything of the other's.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a story that cannot be set up should fail at once"
)]

use latarnik_app::{
    ActionRequest, ActionTarget, AppError, AuditFilter, AuditQuery, Context, DeviceFilter,
    DeviceQuery, DeviceSort, Direction, GroupChange, NewApiToken, NewEnrollmentToken, NewGroup,
    NewInvitation, PageRequest, RequestedParameters, TaskFilter, TenantChange, UserChange,
    UserFilter, agents,
};
use latarnik_model::{
    ApiTokenId, DeviceId, EnrollmentTokenId, GroupId, Language, Role, TaskId, TenantId, UserId,
    When,
};
use latarnik_testkit::{Database, Office, facts};
use proptest::prelude::*;

/// What somebody does, with which of the things that there are. Numbers pick among them whosever
/// they are.
#[derive(Debug, Clone, Copy)]
struct Step {
    who: bool,
    what: u8,
    thing: u16,
    other: u16,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (any::<bool>(), 0..28_u8, any::<u16>(), any::<u16>());
    let step = step.prop_map(|(who, what, thing, other)| Step {
        who,
        what,
        thing,
        other,
    });
    prop::collection::vec(step, 30..80)
}

/// Things of both clients, each with its owner.
#[derive(Default)]
struct Things {
    users: Vec<(bool, UserId)>,
    groups: Vec<(bool, GroupId)>,
    devices: Vec<(bool, DeviceId)>,
    tasks: Vec<(bool, TaskId)>,
    api_tokens: Vec<(bool, ApiTokenId)>,
    enrollment_tokens: Vec<(bool, EnrollmentTokenId)>,
}

fn pick<T: Copy>(things: &[(bool, T)], number: u16) -> Option<(bool, T)> {
    let length = things.len().max(1);
    things.get(usize::from(number) % length).copied()
}

struct World {
    office: Office,
    tenants: [TenantId; 2],
    owners: [Context; 2],
    things: Things,
    made: u32,
}

const PAGE: PageRequest = PageRequest {
    limit: 500,
    after: None,
};

impl World {
    async fn open(database: Database) -> Self {
        let office = Office::open(database).await;
        let tenants = [office.bakery, office.printer];
        let owners = [
            office.person(tenants[0], Role::Owner).await,
            office.person(tenants[1], Role::Owner).await,
        ];
        let mut world = Self {
            office,
            tenants,
            owners,
            things: Things::default(),
            made: 0,
        };
        for who in [false, true] {
            world.add_device(who).await;
        }
        world
    }

    fn name(&mut self) -> String {
        self.made += 1;
        format!("thing {}", self.made)
    }

    async fn add_device(&mut self, who: bool) {
        let tenant = self.tenants[usize::from(who)];
        let name = self.name();
        let mut key_fingerprint = [3; 32];
        key_fingerprint[..4].copy_from_slice(&self.made.to_be_bytes());
        let registration = agents::Registration {
            secret_hash: self.office.secret_hash(tenant, None).await,
            key_fingerprint,
            facts: facts(&name),
        };
        let agent = agents::register(&self.office.app, registration)
            .await
            .unwrap();
        self.things.devices.push((who, agent.device_id));
    }

    /// Does a step. What it may not reach must be refused; what it gets must be its own.
    async fn take(&mut self, step: Step) {
        match step.what {
            0..=9 => self.make(step).await,
            10..=20 => self.change(step).await,
            _ => self.look(step).await,
        }
    }

    async fn make(&mut self, step: Step) {
        let (who, index) = (step.who, usize::from(step.who));
        // Now and then into the other's tenant, which must fail.
        let own = !step.other.is_multiple_of(4);
        let tenant_id = self.tenants[if own { index } else { 1 - index }];
        let (app, owner) = (self.office.app.clone(), self.owners[index].clone());
        let name = self.name();
        let made = match step.what {
            0 | 1 => {
                let new = NewInvitation {
                    tenant_id,
                    email: format!("p{}@example.com", self.made),
                    name,
                    role: Role::Technician,
                    language: Language::En,
                    clients: None,
                };
                let result = app.invite_user(&owner, new).await;
                result.map(|(id, _)| self.things.users.push((who, id)))
            }
            2 | 3 => {
                let parent = pick(&self.things.groups, step.thing);
                let reaches = parent.is_none_or(|(of, _)| of == who);
                let new = NewGroup {
                    tenant_id,
                    name,
                    parent_id: parent.map(|(_, id)| id),
                };
                let result = app.create_group(&owner, new).await;
                if !reaches {
                    assert!(result.is_err(), "a group in another tenant's group");
                    return;
                }
                if own && result.is_err() {
                    // Too deep.
                    return;
                }
                result.map(|group| self.things.groups.push((who, group.record.id)))
            }
            4 => {
                let new = NewApiToken {
                    name,
                    tenant_id,
                    role: Role::ClientView,
                    clients: None,
                    expires_in_days: 1,
                };
                let result = app.create_api_token(&owner, new).await;
                result.map(|(token, _)| self.things.api_tokens.push((who, token.record.id)))
            }
            5 => {
                let group = pick(&self.things.groups, step.thing).filter(|(of, _)| *of != who);
                let new = NewEnrollmentToken {
                    name,
                    tenant_id,
                    group_id: group.map(|(_, id)| id),
                    expires_in_hours: 1,
                    max_uses: None,
                };
                let result = app.create_enrollment_token(&owner, new).await;
                if group.is_some() {
                    assert!(result.is_err(), "a token into another tenant's group");
                    return;
                }
                result.map(|token| self.things.enrollment_tokens.push((who, token.record.id)))
            }
            6 => return self.add_device(who).await,
            _ => return self.scan(step).await,
        };
        assert_eq!(made.is_ok(), own, "step {step:?}");
    }

    async fn scan(&mut self, step: Step) {
        let first = pick(&self.things.devices, step.thing).unwrap();
        let second = pick(&self.things.devices, step.other).unwrap();
        let request = ActionRequest {
            breach: latarnik_app::WindowBreach::Refuse,
            parameters: RequestedParameters::Scan,
            target: ActionTarget::Devices(vec![first.1, second.1]),
            when: When::Now,
            deadline: None,
            idempotency_key: self.name(),
        };
        let owner = &self.owners[usize::from(step.who)];
        let result = self.office.app.create_action(owner, request).await;
        let own = first.0 == step.who && second.0 == step.who;
        assert_eq!(
            result.is_ok(),
            own,
            "an action on {first:?} and {second:?} by {}",
            step.who
        );
        if let Ok(action) = result {
            let filter = TaskFilter {
                action_id: Some(action.record.id),
                ..TaskFilter::default()
            };
            let ascending = Direction::Ascending;
            let tasks = self
                .office
                .app
                .list_tasks(owner, None, &filter, ascending, &PAGE)
                .await;
            let tasks = tasks.unwrap().items;
            self.things
                .tasks
                .extend(tasks.iter().map(|task| (step.who, task.id)));
        }
    }

    async fn change(&mut self, step: Step) {
        let (who, app) = (step.who, self.office.app.clone());
        let owner = self.owners[usize::from(who)].clone();
        let name = Some(self.name());
        let (of, result) = match step.what {
            10 => {
                let Some((of, id)) = pick(&self.things.users, step.thing) else {
                    return;
                };
                let change = UserChange {
                    name,
                    ..UserChange::default()
                };
                (of, app.update_user(&owner, id, change).await.map(drop))
            }
            11 => {
                let Some((of, id)) = pick(&self.things.users, step.thing) else {
                    return;
                };
                let result = app.delete_user(&owner, id).await;
                if result.is_ok() {
                    self.things.users.retain(|(_, user)| *user != id);
                }
                (of, result)
            }
            12 => {
                let Some((of, id)) = pick(&self.things.groups, step.thing) else {
                    return;
                };
                let around = pick(&self.things.groups, step.other);
                let change = GroupChange {
                    name,
                    parent_id: around.map(|(_, id)| Some(id)),
                };
                let result = app.update_group(&owner, id, change).await;
                let reaches = around.is_none_or(|(around, _)| around == who);
                if of == who && (!reaches || result.is_err()) {
                    // Into another tenant's group, into itself, or too deep.
                    assert!(result.is_err(), "a group moved into another tenant's");
                    return;
                }
                (of, result.map(drop))
            }
            13 => {
                let Some((of, id)) = pick(&self.things.groups, step.thing) else {
                    return;
                };
                let result = app.delete_group(&owner, id).await;
                if result.is_ok() {
                    self.things.groups.retain(|(_, group)| *group != id);
                }
                (of, result)
            }
            14 | 15 => {
                let (of, id) = pick(&self.things.devices, step.thing).unwrap();
                let group = pick(&self.things.groups, step.other);
                let result = app.move_device(&owner, id, group.map(|(_, id)| id)).await;
                let reaches = group.is_none_or(|(group, _)| group == who);
                if of == who && !reaches {
                    assert!(
                        result.is_err(),
                        "a device moved into another tenant's group"
                    );
                    return;
                }
                (of, result.map(drop))
            }
            16 => {
                let Some((of, id)) = pick(&self.things.tasks, step.thing) else {
                    return;
                };
                let result = app.cancel_task(&owner, id).await;
                if of == who {
                    // It may have ended already.
                    return;
                }
                (of, result.map(drop))
            }
            17 => {
                let Some((of, id)) = pick(&self.things.api_tokens, step.thing) else {
                    return;
                };
                (of, app.revoke_api_token(&owner, id).await)
            }
            18 => {
                let Some((of, id)) = pick(&self.things.enrollment_tokens, step.thing) else {
                    return;
                };
                (of, app.revoke_enrollment_token(&owner, id).await)
            }
            _ => {
                let of = step.thing.is_multiple_of(2);
                let change = TenantChange {
                    time_zone: Some("UTC".to_owned()),
                    ..TenantChange::default()
                };
                let tenant = self.tenants[usize::from(of)];
                (
                    of,
                    app.update_tenant(&owner, tenant, change).await.map(drop),
                )
            }
        };
        match result {
            Ok(()) => assert_eq!(of, who, "somebody else's was changed: {step:?}"),
            Err(AppError::Refused(latarnik_app::Problem::NotFound)) => {
                assert_ne!(of, who, "one's own is not there: {step:?}");
            }
            Err(other) => panic!("{step:?}: {other:?}"),
        }
    }

    async fn look(&mut self, step: Step) {
        let (who, app) = (step.who, &self.office.app);
        let owner = &self.owners[usize::from(who)];
        let own_tenant = self.tenants[usize::from(who)];
        let asked = self.tenants[usize::from(step.thing.is_multiple_of(2))];
        match step.what {
            21 => {
                let filter = UserFilter::default();
                let users = app
                    .list_users(owner, Some(asked), &filter, &PAGE)
                    .await
                    .unwrap();
                assert!(
                    users
                        .items
                        .iter()
                        .all(|user| user.record.tenant_id == own_tenant)
                );
            }
            22 => {
                let groups = app.list_groups(owner, None).await.unwrap();
                assert!(
                    groups
                        .iter()
                        .all(|group| group.record.tenant_id == own_tenant)
                );
            }
            23 => {
                let query = DeviceQuery {
                    tenant_id: None,
                    filter: DeviceFilter::default(),
                    online: None,
                    sort: DeviceSort::Hostname,
                    direction: Direction::Ascending,
                };
                let devices = app.list_devices(owner, &query, &PAGE).await.unwrap().items;
                let own = self
                    .things
                    .devices
                    .iter()
                    .filter(|(of, _)| *of == who)
                    .count();
                assert_eq!(devices.len(), own);
                assert!(
                    devices
                        .iter()
                        .all(|device| device.record.tenant_id == own_tenant)
                );
            }
            24 => {
                let filter = TaskFilter::default();
                let newest = Direction::Descending;
                let tasks = app
                    .list_tasks(owner, None, &filter, newest, &PAGE)
                    .await
                    .unwrap();
                assert!(tasks.items.iter().all(|task| task.tenant_id == own_tenant));
            }
            25 => {
                let query = AuditQuery {
                    tenant_id: None,
                    filter: AuditFilter::default(),
                };
                let events = app
                    .list_audit_events(owner, &query, &PAGE)
                    .await
                    .unwrap()
                    .items;
                assert!(events.iter().all(|event| event.tenant_id == own_tenant));
                let known: Vec<_> = (self
                    .things
                    .users
                    .iter()
                    .map(|(of, id)| (of, id.to_string())))
                .chain(
                    self.things
                        .groups
                        .iter()
                        .map(|(of, id)| (of, id.to_string())),
                )
                .filter(|(of, _)| **of != who)
                .collect();
                let told = format!("{events:?}");
                assert!(known.iter().all(|(_, id)| !told.contains(id)));
            }
            26 => {
                let tokens = app.list_api_tokens(owner, None, &PAGE).await.unwrap().items;
                assert!(
                    tokens
                        .iter()
                        .all(|token| token.record.tenant_id == own_tenant)
                );
                let verified = app.verify_audit(owner, asked).await;
                assert_eq!(verified.is_ok(), asked == own_tenant);
            }
            _ => {
                let tenants = app.list_tenants(owner).await.unwrap();
                assert_eq!(tenants.len(), 1);
                assert_eq!(tenants[0].record.id, own_tenant);
            }
        }
    }
}

fn run(database: fn() -> std::pin::Pin<Box<dyn Future<Output = Database>>>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 12,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    });
    runner
        .run(&steps(), |steps| {
            runtime.block_on(async {
                let mut world = World::open(database().await).await;
                for step in steps {
                    world.take(step).await;
                }
                for tenant in world.tenants {
                    let shell = Context::command_line();
                    let found = world.office.app.verify_audit(&shell, tenant).await.unwrap();
                    assert_eq!(found.broken, None);
                }
            });
            Ok(())
        })
        .unwrap();
}

#[test]
fn two_clients_never_meet_on_sqlite() {
    run(|| Box::pin(Database::sqlite()));
}

#[test]
fn two_clients_never_meet_on_postgres() {
    run(|| Box::pin(Database::postgres()));
}
