//! What an audit event costs in the mutation that it belongs to, for `cargo xtask bench`.
//!
//! Compares the smallest mutation of the product, somebody's choice of light or dark, with the same
//! statements in the same kind of transaction and no event. Nothing in the product can be told to
//! write none, so the second one is put together here, and has to follow `App::update_profile`.
//!
//! `audit_cost sqlite` or `audit_cost postgres`; prints one line of JSON.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot be made should fail at once, and its line is the result"
)]

use latarnik_app::{Actor, Context, Origin};
use latarnik_model::{ColorScheme, Role, Scope, TenantId, UserId};
use latarnik_testkit::{Database, Office};
use std::{
    net::Ipv4Addr,
    time::{Duration, Instant},
};

/// How often each of the two is timed; one after the other, so that both meet the same weather.
const ROUNDS: u32 = 2_000;
/// Rounds that fill caches and pools and do not count.
const WARM_UP: u32 = 100;
const AUDIT_TABLE: &str = "audit_events";

#[tokio::main]
async fn main() {
    let database = match std::env::args().nth(1).as_deref() {
        Some("sqlite") => Database::sqlite().await,
        Some("postgres") => Database::postgres().await,
        _ => panic!("say `sqlite` or `postgres`"),
    };
    let office = Office::open(database).await;
    let person = Person::of(&office).await;
    for _ in 0..WARM_UP {
        person.choose(&office, ColorScheme::Dark).await;
        person.choose_unaudited(&office, ColorScheme::Light).await;
    }
    let (events, bytes) = audit_size(&office).await;
    let (mut audited, mut unaudited) = (Vec::new(), Vec::new());
    // Each choice differs from the one before it: what changes nothing writes no event.
    for _ in 0..ROUNDS {
        let started = Instant::now();
        person.choose(&office, ColorScheme::Dark).await;
        audited.push(started.elapsed());
        let started = Instant::now();
        person.choose_unaudited(&office, ColorScheme::Light).await;
        unaudited.push(started.elapsed());
    }
    let after = audit_size(&office).await;
    assert_eq!(after.0 - events, u64::from(ROUNDS), "an event for each");
    println!(
        r#"{{"unaudited_p50_us":{:.1},"audited_p50_us":{:.1},"bytes_per_event":{}}}"#,
        median_microseconds(unaudited),
        median_microseconds(audited),
        (after.1 - bytes) / u64::from(ROUNDS)
    );
}

/// Somebody of a client, who sees one tenant.
struct Person {
    context: Context,
    id: UserId,
    tenant: TenantId,
}

impl Person {
    async fn of(office: &Office) -> Self {
        let mut context = office.person(office.bakery, Role::Technician).await;
        let Actor::User { id, tenant_id, .. } = context.actor else {
            panic!("a person is no token");
        };
        // An event of somebody at a browser names both.
        context.origin = Origin {
            address: Some(Ipv4Addr::LOCALHOST.into()),
            user_agent: None,
            request_id: Some("0123456789abcdef".to_owned()),
        };
        Self {
            context,
            id,
            tenant: tenant_id,
        }
    }

    /// As the console has it done.
    async fn choose(&self, office: &Office, scheme: ColorScheme) {
        let chosen = office.app.update_profile(&self.context, None, scheme);
        chosen.await.unwrap();
    }

    /// The same statements without the event.
    async fn choose_unaudited(&self, office: &Office, scheme: ColorScheme) {
        let transaction = office.store().begin(&self.context.scope).await.unwrap();
        let own = Scope::one(self.tenant);
        let user = transaction.lock_user(&own, self.id).await.unwrap();
        let mut user = user.unwrap();
        user.color_scheme = scheme;
        transaction.update_user(&user).await.unwrap();
        transaction.commit().await.unwrap();
    }
}

/// How many events the tenant has, and how much room all events take with their indexes.
async fn audit_size(office: &Office) -> (u64, u64) {
    let shell = Context::command_line();
    let chain = office.app.verify_audit(&shell, office.bakery).await;
    let bytes = office.database.table_bytes(AUDIT_TABLE).await;
    (chain.unwrap().events, bytes)
}

fn median_microseconds(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    median.as_secs_f64() * 1e6
}
