//! What it takes to look for alerts in a tenant with 10,000 devices that are offered ten updates
//! each: while nothing is wrong, when a twentieth of the devices gets into trouble, and while that
//! lasts.
//!
//! `alert_pass sqlite`, or `alert_pass postgres` with `LATARNIK_TEST_POSTGRES`; prints one line of
//! JSON, times in milliseconds.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot be made should fail at once, and its line is the result"
)]

use jiff::SignedDuration;
use latarnik_app::{
    App, NewUpdatePolicy,
    agents::{self, CheckIn, Registration, Scan, UpdatesChange, UpdatesReport},
};
use latarnik_model::{
    CategoryRule, Clock, PolicyScope, Role, UpdateCategory, UpdateDeadline, UpdatePolicy,
};
use latarnik_testkit::{Database, Office, facts, offered};
use std::time::Instant;

const DEVICES: u32 = 10_000;
const OFFERS: u32 = 10;
const PASSES: usize = 5;

#[tokio::main]
async fn main() {
    let database = match std::env::args().nth(1).as_deref() {
        Some("sqlite") => Database::sqlite().await,
        Some("postgres") => Database::postgres().await,
        _ => panic!("say `sqlite` or `postgres`"),
    };
    let office = Office::open(database).await;
    let owner = office.person(office.bakery, Role::Owner).await;
    let secret_hash = office.secret_hash(office.bakery, None).await;
    for number in 0..DEVICES {
        machine(&office, secret_hash, number).await;
    }
    let quiet = median_pass(&office.app).await;
    let app = &office.app;
    app.create_update_policy(&owner, deadline(&office))
        .await
        .unwrap();
    let within_deadline = median_pass(app).await;
    // A twentieth of the devices has three kinds of trouble.
    let now = office.clock.now().as_millisecond();
    let days = |days: i64| now - days * 24 * 60 * 60 * 1000;
    let (long_ago, lately) = (days(30), days(1));
    office
        .sql(&format!(
            "UPDATE devices SET scan_state = 'failed', scanned_at = {long_ago},
                scan_attempted_at = {lately}, restart_required = 2,
                restart_signals = '[{{\"name\":\"wua_reboot_required\"}}]',
                restart_required_since = {long_ago} WHERE hostname LIKE '%7_';
             UPDATE device_updates SET state = 'failed', failures = 1 WHERE update_key = 'update-7'
                AND device_id IN (SELECT id FROM devices WHERE hostname LIKE '%7_');"
        ))
        .await;
    let raises = timed(app).await;
    let troubled = median_pass(app).await;
    office.clock.advance(SignedDuration::from_hours(15 * 24));
    let all_overdue = timed(app).await;
    let still_overdue = median_pass(app).await;
    println!(
        r#"{{"nothing_wrong":{quiet},"within_deadline":{within_deadline},"raises":{raises},"nothing_changes":{troubled},"raises_10000":{all_overdue},"nothing_changes_10000":{still_overdue}}}"#
    );
}

async fn timed(app: &App) -> u128 {
    let begin = Instant::now();
    app.raise_alerts().await.unwrap();
    begin.elapsed().as_millis()
}

async fn median_pass(app: &App) -> u128 {
    let mut times = Vec::new();
    for _ in 0..PASSES {
        times.push(timed(app).await);
    }
    times.sort_unstable();
    *times.get(PASSES / 2).unwrap()
}

async fn machine(office: &Office, secret_hash: [u8; 32], number: u32) {
    let mut key_fingerprint = [0; 32];
    key_fingerprint[..4].copy_from_slice(&number.to_be_bytes());
    let name = format!("machine-{number:05}");
    let registration = Registration {
        secret_hash,
        key_fingerprint,
        facts: facts(&name),
    };
    let agent = agents::register(&office.app, registration).await.unwrap();
    let now = office.clock.now();
    let offers = (0..OFFERS).map(|offer| offered(&format!("update-{offer}")));
    let check_in = CheckIn {
        boot_id: "first".to_owned(),
        facts: Some(facts(&name)),
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

fn deadline(office: &Office) -> NewUpdatePolicy {
    let rule = CategoryRule::Automatic { after_days: 0 };
    NewUpdatePolicy {
        tenant_id: office.bakery,
        scope: PolicyScope::Tenant,
        policy: UpdatePolicy {
            categories: [(UpdateCategory::Security, rule)].into(),
            deadline: Some(UpdateDeadline::Days { days: 14 }),
            ..UpdatePolicy::default()
        },
    }
}
