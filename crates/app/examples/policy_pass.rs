//! What it takes to apply the policies of a tenant with many devices that are offered ten updates
//! each: the pass that makes a task on every device, passes in which nothing changes, and a preview.
//!
//! `policy_pass sqlite 10000`, or `policy_pass postgres 10000` with `LATARNIK_TEST_POSTGRES`; prints one line of
//! JSON, times in milliseconds.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot be made should fail at once, and its line is the result"
)]

use latarnik_app::{
    NewUpdatePolicy,
    agents::{self, CheckIn, OfferedUpdate, Registration, Scan, UpdatesChange, UpdatesReport},
};
use latarnik_model::{
    CategoryRule, Clock, PolicyScope, RingPlan, Role, UpdateCategory, UpdatePolicy,
};
use latarnik_testkit::{Database, Office, facts, offered};
use std::time::Instant;

const OFFERS: u32 = 10;
const PASSES: usize = 5;

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
    let secret_hash = office.secret_hash(office.bakery, None).await;
    for number in 0..devices {
        machine(&office, secret_hash, number).await;
    }
    let new = policy(&office, None);
    let preview = timed(office.app.preview_update_policy(&owner, &new)).await;
    office.app.create_update_policy(&owner, new).await.unwrap();
    let first = timed(office.app.apply_update_policies()).await;
    let still = median_pass(&office).await;
    let policies = office.app.list_update_policies(&owner, None).await;
    let id = policies.unwrap().first().unwrap().id;
    office.app.delete_update_policy(&owner, id).await.unwrap();
    let withdrawn = timed(office.app.apply_update_policies()).await;
    let rings = policy(&office, Some(plan()));
    office
        .app
        .create_update_policy(&owner, rings)
        .await
        .unwrap();
    office.app.apply_update_policies().await.unwrap();
    let in_rings = median_pass(&office).await;
    println!(
        r#"{{"preview":{preview},"makes_tasks":{first},"nothing_changes":{still},"takes_tasks_back":{withdrawn},"nothing_changes_in_rings":{in_rings}}}"#
    );
}

async fn timed<T, E: std::fmt::Debug>(work: impl Future<Output = Result<T, E>>) -> u128 {
    let begin = Instant::now();
    work.await.unwrap();
    begin.elapsed().as_millis()
}

async fn median_pass(office: &Office) -> u128 {
    let mut times = Vec::new();
    for _ in 0..PASSES {
        times.push(timed(office.app.apply_update_policies()).await);
    }
    times.sort_unstable();
    *times.get(PASSES / 2).unwrap()
}

async fn machine(office: &Office, secret_hash: [u8; 32], number: u32) {
    let mut key_fingerprint = [0; 32];
    key_fingerprint[..4].copy_from_slice(&number.to_be_bytes());
    let registration = Registration {
        secret_hash,
        key_fingerprint,
        facts: facts(&format!("machine-{number}")),
    };
    let agent = agents::register(&office.app, registration).await.unwrap();
    let now = office.clock.now();
    let categories = [
        UpdateCategory::Security,
        UpdateCategory::Critical,
        UpdateCategory::Driver,
    ];
    let offers = (0..OFFERS).zip(categories.into_iter().cycle());
    let offers = offers.map(|(offer, category)| OfferedUpdate {
        category,
        ..offered(&format!("update-{}", (number + offer) % 40))
    });
    let check_in = CheckIn {
        boot_id: "first".to_owned(),
        facts: Some(facts("machine")),
        scan: Some(Scan {
            attempted_at: now,
            succeeded_at: Some(now),
            number: Some(1),
            boot_id: Some("first".to_owned()),
            error: None,
            error_detail: None,
        }),
        updates: Some(UpdatesReport {
            hash: number.to_string(),
            change: Some(UpdatesChange::Full(offers.collect())),
        }),
        ..CheckIn::default()
    };
    agents::check_in(&office.app, &agent, check_in)
        .await
        .unwrap();
}

fn policy(office: &Office, rings: Option<RingPlan>) -> NewUpdatePolicy {
    let rule = CategoryRule::Automatic { after_days: 0 };
    let categories = [UpdateCategory::Security, UpdateCategory::Critical];
    NewUpdatePolicy {
        tenant_id: office.bakery,
        scope: PolicyScope::Tenant,
        policy: UpdatePolicy {
            categories: categories.map(|category| (category, rule)).into(),
            rings,
            ..UpdatePolicy::default()
        },
    }
}

fn plan() -> RingPlan {
    RingPlan {
        names: vec!["pilot".to_owned(), "everybody".to_owned()],
        wait_hours: 48,
        attempted_percent: 50,
        success_percent: 90,
        stop_failed_devices: 3,
        stop_failed_percent: 10,
    }
}
