//! The heartbeat, and with it everything about the machine that the server does not know yet.

use super::{
    configuration, inventory,
    shared::{Shared, chain},
};
use crate::{
    LearnedTime,
    connection::CallError,
    state::{Inventories, State},
};
use jiff::Timestamp;
use latarnik_protocol::{
    CheckInRequest, CheckInResponse, Facts, LastRestart, RestartReport, ScanReport, WorkNeedsReport,
};
use std::time::Duration;

/// Between an answer that asks for more and the check-in that brings it.
const SOON: Duration = Duration::from_secs(1);

/// What the server knows from this run of the agent.
#[derive(Default)]
struct Told {
    facts: Option<Facts>,
    scan: Option<ScanReport>,
    restart: Option<RestartReport>,
    last_restart: Option<LastRestart>,
    needs: Option<WorkNeedsReport>,
    learned: LearnedTime,
}

pub(super) async fn run(shared: &Shared) {
    let mut told = Told::default();
    let mut backoff = shared.backoff();
    let mut resent = false;
    loop {
        match check_in(shared, &mut told).await {
            Ok(answer) => {
                backoff.reset();
                // A person who asks for the status sees when the last check-in was.
                shared.write_status(|_| {}).await;
                let asked = answer.resend_facts || answer.resend_updates;
                // A server that asks again and again is answered at the usual interval.
                resent = asked && !resent;
                pause(shared, resent).await;
            }
            Err(error) => {
                shared.failed(&error).await;
                shared.wait(backoff.after(&error)).await;
            }
        }
    }
}

async fn pause(shared: &Shared, soon: bool) {
    let seconds = shared.config.borrow().check_in_interval_seconds.max(1);
    let interval = match soon {
        true => SOON,
        false => shared
            .jitter()
            .stretch(Duration::from_secs(seconds.into()), 0.9, 1.1),
    };
    let _ = tokio::time::timeout(interval, shared.notices.change.notified()).await;
}

async fn check_in(shared: &Shared, told: &mut Told) -> Result<CheckInResponse, CallError> {
    let now = look(shared).await;
    let updates = now
        .inventories
        .current
        .as_ref()
        .map(|current| inventory::report(current, now.inventories.acknowledged.as_ref()));
    let request = CheckInRequest {
        sent_at: shared.clock.machine_now(),
        boot_id: now.boot_id,
        booted_at: now.booted_at,
        facts: now
            .facts
            .clone()
            .filter(|facts| told.facts.as_ref() != Some(facts)),
        scan: now
            .scan
            .clone()
            .filter(|scan| told.scan.as_ref() != Some(scan)),
        updates,
        restart: Some(now.restart.clone()).filter(|r| told.restart.as_ref() != Some(r)),
        last_restart: now
            .last_restart
            .clone()
            .filter(|last| told.last_restart.as_ref() != Some(last)),
        needs: Some(now.needs).filter(|needs| told.needs.as_ref() != Some(needs)),
    };
    let answer = shared.client().check_in(&request).await?;
    shared.clock.learn(answer.server_time);
    shared.answered().await;
    let learned = std::mem::take(&mut told.learned);
    *told = match answer.resend_facts {
        true => Told {
            learned,
            ..Told::default()
        },
        false => Told {
            facts: now.facts,
            scan: now.scan,
            restart: Some(now.restart),
            last_restart: now.last_restart,
            needs: Some(now.needs),
            learned,
        },
    };
    acknowledge(shared, now.inventories, &answer).await;
    keep_time(shared, &mut told.learned).await;
    configuration::follow(shared, &answer.config_etag).await;
    Ok(answer)
}

/// What there is to tell about the machine.
struct Look {
    boot_id: String,
    booted_at: Option<Timestamp>,
    facts: Option<Facts>,
    restart: RestartReport,
    last_restart: Option<LastRestart>,
    scan: Option<ScanReport>,
    inventories: Inventories,
    needs: WorkNeedsReport,
}

async fn look(shared: &Shared) -> Look {
    let restarting = shared.queue().restarting().map(|(_, start)| start);
    let scheduled_at = restarting.as_ref().and_then(|start| start.restart_at);
    let postponed = restarting.map(|start| start.postponed).filter(|n| *n > 0);
    let ports = shared.ports.clone();
    let last_restart = shared.last_restart.clone();
    let needs = shared.knowledge.now().needs.in_all();
    let needs = WorkNeedsReport {
        update_seconds: needs.update_seconds().into(),
        restart_seconds: needs.restart_seconds().into(),
    };
    shared
        .insist(move |state: &State| {
            let facts = ports
                .machine
                .facts()
                .inspect_err(|error| tracing::warn!(error = chain(error), "no facts to tell"));
            Ok(Look {
                boot_id: ports.machine.boot_id(),
                booted_at: ports.machine.booted_at(),
                facts: facts.ok(),
                restart: RestartReport {
                    signals: ports.power.restart_signals(),
                    scheduled_at,
                    postponed,
                },
                last_restart: last_restart
                    .get_or_init(|| ports.machine.last_restart())
                    .clone(),
                scan: state.scan()?,
                inventories: state.inventories()?,
                needs,
            })
        })
        .await
}

async fn acknowledge(shared: &Shared, inventories: Inventories, answer: &CheckInResponse) {
    let Inventories {
        current,
        acknowledged,
    } = inventories;
    let known = if answer.resend_updates { None } else { current };
    if known != acknowledged {
        shared
            .insist(move |state| state.acknowledge_inventory(known.as_ref()))
            .await;
    }
}

/// Writes what was learned of the server's clock when it is worth a write.
async fn keep_time(shared: &Shared, kept: &mut LearnedTime) {
    const HOUR_MS: i64 = 60 * 60 * 1000;
    const DRIFT_MS: i64 = 5_000;
    let learned = shared.clock.learned();
    let drifted = (learned.offset_ms - kept.offset_ms).abs() > DRIFT_MS;
    if drifted || learned.latest_ms - kept.latest_ms > HOUR_MS {
        shared
            .insist(move |state| state.set_learned_time(learned))
            .await;
        *kept = learned;
    }
}
