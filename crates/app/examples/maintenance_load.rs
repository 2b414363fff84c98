//! What maintenance windows add to what a tenant with many devices asks most: pages of the list of
//! devices, which have a column for them, and check-ins that change nothing, each of which asks for
//! the device's rules. And the longest list of windows that there can be, in which each overlaps
//! others.
//!
//! `maintenance_load sqlite 10000`, or `maintenance_load postgres 10000` with
//! `LATARNIK_TEST_POSTGRES`; prints one line of JSON, times in milliseconds: medians, 95th
//! percentiles, and what this process spent on processors on average, without a database of its own.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot be made should fail at once, and its line is the result"
)]

use latarnik_app::{
    App, Context, DeviceFilter, DeviceQuery, DeviceSort, Direction, NewBlackout,
    NewEnrollmentToken, NewGroup, NewMaintenanceWindow, PageRequest,
    agents::{self, AgentIdentity, CheckIn, Registration},
};
use latarnik_model::{
    BlackoutDraft, GroupId, MaintenanceWindowId, PeriodDraft, PolicyScope, RecurrenceDraft, Role,
    Scope, WindowDraft,
};
use latarnik_testkit::{Database, Office, facts};
use serde_json::{Value, json};
use std::{fs, time::Instant};
use uuid::Uuid;

const GROUPS: u32 = 20;
const PAGES: usize = 200;
const ROWS: u32 = 50;
const ROUNDS: usize = 5;
/// As many as a tenant may have.
const WINDOWS: u128 = 200;
const LISTS: usize = 20;
const DAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let database = match arguments.next().as_deref() {
        Some("sqlite") => Database::sqlite().await,
        Some("postgres") => Database::postgres().await,
        _ => panic!("say `sqlite` or `postgres`"),
    };
    let devices: u32 = arguments.next().unwrap().parse().unwrap();
    let office = Office::open(database).await;
    let owner = office.person(office.bakery, Role::Owner).await;
    let (groups, devices) = register(&office, &owner, devices).await;
    let page_without = pages(&office.app, &owner).await;
    let check_ins_without = check_ins(&office.app, &devices).await;
    put_in_force(&office, &owner, &groups).await;
    let page = pages(&office.app, &owner).await;
    let check_ins = check_ins(&office.app, &devices).await;
    let list = list_of_windows(&office, &owner).await;
    println!(
        "{}",
        json!({
            "page": page, "page_without": page_without,
            "check_ins": check_ins, "check_ins_without": check_ins_without,
            "list": list,
        })
    );
}

/// What was done several times.
#[derive(Default)]
struct Times {
    wall: Vec<f64>,
    processor: Vec<f64>,
}

impl Times {
    async fn take(&mut self, work: impl Future<Output = ()>) {
        let (begin, before) = (Instant::now(), processor_milliseconds());
        work.await;
        self.wall.push(begin.elapsed().as_secs_f64() * 1000.0);
        self.processor.push(processor_milliseconds() - before);
    }

    fn told(mut self) -> Value {
        self.wall.sort_by(f64::total_cmp);
        let at = |times: &[f64], percent: usize| {
            thousandths(*times.get(times.len() * percent / 100).unwrap())
        };
        // The system counts it in coarse ticks, so that single ones say little.
        let runs = u32::try_from(self.processor.len()).unwrap();
        let processor = self.processor.iter().sum::<f64>() / f64::from(runs);
        json!({"p50": at(&self.wall, 50), "p95": at(&self.wall, 95),
            "processor": thousandths(processor)})
    }
}

fn thousandths(time: f64) -> f64 {
    (time * 1000.0).round() / 1000.0
}

/// What all threads of this process have spent on a processor; nothing where the system does not
/// tell.
fn processor_milliseconds() -> f64 {
    let Ok(threads) = fs::read_dir("/proc/self/task") else {
        return 0.0;
    };
    let spent = threads.flatten().map(|thread| {
        let text = fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
        let nanoseconds = text.split(' ').next().and_then(|text| text.parse().ok());
        nanoseconds.unwrap_or(0.0) / 1_000_000.0
    });
    spent.sum()
}

async fn register(
    office: &Office,
    owner: &Context,
    devices: u32,
) -> (Vec<GroupId>, Vec<AgentIdentity>) {
    let mut groups = Vec::new();
    let mut secrets = Vec::new();
    for number in 0..GROUPS {
        let new = NewGroup {
            tenant_id: office.bakery,
            name: format!("Site {number}"),
            parent_id: None,
        };
        let group = office.app.create_group(owner, new).await.unwrap().record.id;
        let token = NewEnrollmentToken {
            name: format!("Site {number}"),
            tenant_id: office.bakery,
            group_id: Some(group),
            expires_in_hours: 24,
            max_uses: None,
        };
        let token = office.app.create_enrollment_token(owner, token).await;
        secrets.push(token.unwrap().record.secret_hash);
        groups.push(group);
    }
    let mut identities = Vec::new();
    for (number, secret_hash) in (0..devices).zip(secrets.iter().cycle()) {
        let mut key_fingerprint = [0; 32];
        key_fingerprint[..4].copy_from_slice(&number.to_be_bytes());
        let registration = Registration {
            secret_hash: *secret_hash,
            key_fingerprint,
            facts: facts(&format!("machine-{number}")),
        };
        let agent = agents::register(&office.app, registration).await.unwrap();
        let check_in = CheckIn {
            facts: Some(facts(&format!("machine-{number}"))),
            ..quiet()
        };
        agents::check_in(&office.app, &agent, check_in)
            .await
            .unwrap();
        identities.push(agent);
    }
    (groups, identities)
}

/// A check-in that changes nothing.
fn quiet() -> CheckIn {
    CheckIn {
        boot_id: "first".to_owned(),
        ..CheckIn::default()
    }
}

/// Pages in the orders that the console offers.
async fn pages(app: &App, owner: &Context) -> Value {
    let sorts = [
        (DeviceSort::Hostname, Direction::Ascending),
        (DeviceSort::ScannedAt, Direction::Descending),
        (DeviceSort::PendingUpdates, Direction::Descending),
        (DeviceSort::OsName, Direction::Ascending),
    ];
    let page = PageRequest {
        limit: ROWS,
        after: None,
    };
    let mut times = Times::default();
    for (sort, direction) in sorts.into_iter().cycle().take(PAGES) {
        let query = DeviceQuery {
            tenant_id: None,
            filter: DeviceFilter::default(),
            online: None,
            sort,
            direction,
        };
        times
            .take(async {
                let found = app.list_devices(owner, &query, &page).await.unwrap();
                assert!(
                    found
                        .items
                        .iter()
                        .all(|one| one.maintenance_window.is_some())
                );
            })
            .await;
    }
    times.told()
}

/// Every device checks in once, and its rules are asked for. That it was seen is written later,
/// together with others, and has nothing to do with windows.
async fn check_ins(app: &App, devices: &[AgentIdentity]) -> Value {
    let mut times = Times::default();
    for _ in 0..ROUNDS {
        times
            .take(async {
                for device in devices {
                    agents::check_in(app, device, quiet()).await.unwrap();
                    agents::configuration(app, device).await.unwrap();
                }
            })
            .await;
    }
    times.told()
}

/// Windows of the tenant and of every group, and a blackout.
async fn put_in_force(office: &Office, owner: &Context, groups: &[GroupId]) {
    let scopes = groups.iter().map(|group| PolicyScope::Group(*group));
    for (number, scope) in (0..).zip([PolicyScope::Tenant].into_iter().chain(scopes)) {
        for (name, days, start) in [("Nights", &DAYS[..5], 22), ("Sunday", &DAYS[6..], 3)] {
            let new = window(
                office,
                scope,
                days,
                &format!("{start:02}:{:02}", number % 60),
            );
            let new = NewMaintenanceWindow {
                name: name.to_owned(),
                ..new
            };
            office
                .app
                .create_maintenance_window(owner, new)
                .await
                .unwrap();
        }
    }
    let taxes = NewBlackout {
        tenant_id: office.bakery,
        scope: PolicyScope::Tenant,
        name: "Taxes".to_owned(),
        definition: BlackoutDraft {
            period: PeriodDraft::Monthly {
                first_day: 20,
                last_day: 25,
            },
            time_zone: None,
            actions: ["update", "restart"].map(str::to_owned).to_vec(),
        },
    };
    office.app.create_blackout(owner, taxes).await.unwrap();
}

fn window(
    office: &Office,
    scope: PolicyScope,
    days: &[&str],
    start_time: &str,
) -> NewMaintenanceWindow {
    NewMaintenanceWindow {
        tenant_id: office.bakery,
        scope,
        name: "Window".to_owned(),
        enabled: true,
        definition: WindowDraft {
            recurrence: RecurrenceDraft::Weekly {
                days: days.iter().map(|day| (*day).to_owned()).collect(),
            },
            start_time: start_time.to_owned(),
            duration_minutes: 240,
            time_zone: None,
            actions: ["update", "restart"].map(str::to_owned).to_vec(),
            valid_from: None,
            valid_until: None,
        },
    }
}

/// As many windows as a tenant may have, all of the tenant's scope and open every night.
async fn list_of_windows(office: &Office, owner: &Context) -> Value {
    let new = NewMaintenanceWindow {
        tenant_id: office.printer,
        ..window(office, PolicyScope::Tenant, &DAYS, "22:00")
    };
    let shell = Context::command_line();
    let made = office.app.create_maintenance_window(&shell, new).await;
    let made = made.unwrap().record;
    let only = Scope::one(office.printer);
    let transaction = office.store().begin(&only).await.unwrap();
    for number in 1..WINDOWS {
        let mut record = made.clone();
        record.window.id = MaintenanceWindowId(Uuid::from_u128(number));
        transaction
            .insert_maintenance_window(&record)
            .await
            .unwrap();
    }
    transaction.commit().await.unwrap();
    let theirs = office.person(office.printer, Role::Owner).await;
    let mut times = Times::default();
    for _ in 0..LISTS {
        times
            .take(async {
                let list = office.app.list_maintenance_windows(&theirs, None).await;
                assert_eq!(list.unwrap().len(), usize::try_from(WINDOWS).unwrap());
            })
            .await;
    }
    // Others have none of it.
    let own = office.app.list_maintenance_windows(owner, None).await;
    assert!(own.unwrap().len() < usize::try_from(WINDOWS).unwrap());
    times.told()
}
