//! Between the wire's types and the application's, checking what the types do not.

use crate::{body::malformed_body, refusal::Refusal};
use jiff::Timestamp;
use latarnik_app::{Progress, agents};
use latarnik_model::{ActionKind, CreatorKind, WorkNeeds};
use latarnik_protocol::{
    CheckInRequest, Creator, Facts, Inventory, InventoryHash, InventoryReport, RawTask, Task,
    TaskBatch, TaskEvent, TaskOutcome, TaskProgress, Update, limits,
};

/// Longest key of an update, in bytes.
const KEY_BYTES: usize = 512;
/// Longest other text of an update, in bytes.
const TEXT_BYTES: usize = 4 * 1024;
/// Most languages in which an update has a title.
const LANGUAGES: usize = 16;
/// Longest name of a language, in bytes: BCP 47 says how long those in use are.
const LANGUAGE_BYTES: usize = 35;
/// Longest text that is cut rather than refused, in bytes.
const DETAIL_BYTES: usize = 1024;
/// Longest `boot_id`, in bytes.
const BOOT_ID_BYTES: usize = 128;
/// Longest hash of an inventory, in bytes; it has 64.
const HASH_BYTES: usize = 128;
/// Most restart signals in one report.
const SIGNALS: usize = 64;

/// Facts; the application cuts what is too long.
pub(crate) fn facts(facts: Facts) -> agents::DeviceFacts {
    agents::DeviceFacts {
        hostname: facts.hostname,
        os_family: facts.os_family,
        os_name: facts.os_name,
        os_version: facts.os_version,
        architecture: facts.architecture,
        agent_version: facts.agent_version,
        time_zone: facts.time_zone,
    }
}

/// A check-in, its inventory verified.
pub(crate) fn check_in(request: CheckInRequest) -> Result<agents::CheckIn, Refusal> {
    if request.boot_id.len() > BOOT_ID_BYTES || !is_keepable(&request.boot_id) {
        return Err(malformed_body("boot_id is too long or holds a NUL"));
    }
    let scan = request.scan.map(|scan| agents::Scan {
        attempted_at: scan.attempted_at,
        succeeded_at: scan.succeeded_at,
        number: scan.number,
        boot_id: scan.boot_id.map(cut),
        error: scan.error,
        error_detail: scan.error_detail.map(cut),
    });
    let restart = request.restart.map(|restart| agents::Restart {
        signals: restart
            .signals
            .into_iter()
            .take(SIGNALS)
            .map(|mut signal| {
                signal.detail = signal.detail.map(cut);
                signal
            })
            .collect(),
        scheduled_at: restart.scheduled_at,
        postponed: restart.postponed.unwrap_or_default(),
    });
    let last_restart = request.last_restart.map(|last| agents::LastRestart {
        at: last.at,
        by: last.by.map(cut),
        process: last.process.map(cut),
        reason: last.reason.map(cut),
        comment: last.comment.map(cut),
    });
    Ok(agents::CheckIn {
        boot_id: request.boot_id,
        booted_at: request.booted_at,
        facts: request.facts.map(facts),
        scan,
        updates: request.updates.map(updates_report).transpose()?,
        restart,
        last_restart,
        needs: request
            .needs
            .map(|needs| WorkNeeds::new(needs.update_seconds, needs.restart_seconds)),
    })
}

fn updates_report(report: InventoryReport) -> Result<agents::UpdatesReport, Refusal> {
    let InventoryReport { hash, delta, full } = report;
    if hash.0.len() > HASH_BYTES || !is_keepable(&hash.0) {
        return Err(malformed_body("the hash of the inventory is none"));
    }
    let change = match (full, delta) {
        (Some(full), _) => {
            let inventory = verified_inventory(full, &hash)?;
            let updates = inventory.updates().cloned().map(offered_update).collect();
            Some(agents::UpdatesChange::Full(updates))
        }
        (None, Some(delta)) => {
            check_updates(&delta.changed)?;
            let is_key = |key: &String| key.len() <= KEY_BYTES && is_keepable(key);
            if delta.removed.len() > limits::UPDATES || !delta.removed.iter().all(is_key) {
                return Err(malformed_body(
                    "too many removed updates, or a key that cannot be one",
                ));
            }
            Some(agents::UpdatesChange::Delta {
                base: delta.base.0,
                changed: delta.changed.into_iter().map(offered_update).collect(),
                removed: delta.removed,
            })
        }
        (None, None) => None,
    };
    Ok(agents::UpdatesReport {
        hash: hash.0,
        change,
    })
}

fn verified_inventory(updates: Vec<Update>, hash: &InventoryHash) -> Result<Inventory, Refusal> {
    check_updates(&updates)?;
    let inventory = Inventory::new(updates);
    if inventory.hash() == *hash {
        Ok(inventory)
    } else {
        Err(malformed_body("the hash is not that of the full inventory"))
    }
}

fn check_updates(updates: &[Update]) -> Result<(), Refusal> {
    if updates.len() > limits::UPDATES {
        return Err(malformed_body("too many updates"));
    }
    let is_bounded = |update: &Update| {
        let texts = [
            &update.kb,
            &update.update_id,
            &update.package,
            &update.installed_version,
            &update.available_version,
        ];
        let is_text = |text: &String| text.len() <= TEXT_BYTES && is_keepable(text);
        let is_title = |(language, title): (&String, &String)| {
            language.len() <= LANGUAGE_BYTES && is_keepable(language) && is_text(title)
        };
        let mut titles = update.titles.iter().flatten();
        (1..=KEY_BYTES).contains(&update.key.len())
            && is_keepable(&update.key)
            && is_text(&update.title)
            && update
                .titles
                .as_ref()
                .is_none_or(|titles| titles.len() <= LANGUAGES)
            && titles.all(is_title)
            && texts.into_iter().flatten().all(is_text)
    };
    if updates.iter().all(is_bounded) {
        Ok(())
    } else {
        Err(malformed_body(
            "an update has no key, or a text that is too long or holds a NUL",
        ))
    }
}

fn offered_update(update: Update) -> agents::OfferedUpdate {
    agents::OfferedUpdate {
        key: update.key,
        source: update.source,
        title: update.title,
        titles: update.titles.unwrap_or_default(),
        category: update.category,
        severity: update.severity,
        kb: update.kb,
        update_id: update.update_id,
        revision: update.revision,
        package: update.package,
        installed_version: update.installed_version,
        available_version: update.available_version,
        size_bytes: update.size_bytes,
        released_at: update.released_at,
        restart: update.restart,
    }
}

/// Tasks on their way to an agent, with the tag of its configuration.
pub(crate) fn batch(
    delivery: agents::Delivery,
    config_etag: String,
    server_time: Timestamp,
) -> TaskBatch {
    let tasks = delivery.tasks.into_iter().map(|delivered| {
        let is_told = delivered.parameters.kind() == ActionKind::Restart;
        let name = delivered.created_by_name;
        let created_by = is_told.then(|| creator(delivered.created_by_kind, name));
        let task = Task {
            parameters: delivered.parameters,
            when: delivered.when,
            deadline: delivered.deadline_at,
            timeout_seconds: delivered.timeout_seconds,
            created_by,
        };
        RawTask::new(delivered.id, delivered.sequence, &task)
    });
    TaskBatch {
        config_etag: Some(config_etag),
        tasks: tasks.collect(),
        cancelled: delivery.cancelled,
        server_time,
    }
}

fn creator(kind: CreatorKind, name: String) -> Creator {
    match kind {
        CreatorKind::User => Creator::User { name },
        CreatorKind::ApiToken => Creator::ApiToken { name },
        CreatorKind::CommandLine => Creator::CommandLine,
        CreatorKind::Policy => Creator::Policy,
    }
}

/// A step in the life of a task.
pub(crate) fn report(event: TaskEvent) -> Result<agents::Report, Refusal> {
    Ok(match event {
        TaskEvent::Waiting { until, reason } => agents::Report::Waiting { until, reason },
        TaskEvent::Running => agents::Report::Running,
        TaskEvent::Progress(TaskProgress {
            percent,
            done,
            total,
            current,
            restart_at,
            postponed,
        }) => agents::Report::Progress(Progress {
            percent: percent.map(|percent| percent.min(100)),
            done,
            total,
            current: current.map(cut),
            restart_at,
            postponed,
        }),
        TaskEvent::Finished(outcome) => agents::Report::Finished(finished(outcome)?),
    })
}

fn finished(outcome: TaskOutcome) -> Result<agents::Outcome, Refusal> {
    if !outcome.state.is_final() {
        return Err(malformed_body("a finished task is in a final state"));
    }
    if outcome.updates.len() > limits::UPDATES
        || outcome
            .updates
            .iter()
            .any(|update| update.key.len() > KEY_BYTES)
    {
        return Err(malformed_body("too many updates or a key that is too long"));
    }
    let updates = outcome
        .updates
        .into_iter()
        .map(|update| agents::UpdateResult {
            key: update.key,
            title: cut(update.title),
            outcome: update.outcome,
            result_code: update.result_code,
            hresult: update.hresult.map(cut),
            reason: update.reason,
            restart_required: update.restart_required,
        });
    Ok(agents::Outcome {
        state: outcome.state,
        reason: outcome.reason,
        reason_detail: outcome.reason_detail.map(cut),
        started_at: outcome.started_at,
        exit_code: outcome.exit_code,
        stdout: excerpt(outcome.output.stdout),
        stderr: excerpt(outcome.output.stderr),
        updates: updates.collect(),
        scan: outcome.scan,
        boot_id: outcome.boot_id.map(cut),
    })
}

/// Keeps the beginning, and nothing that a database would not keep.
fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(DETAIL_BYTES));
    if is_keepable(&text) {
        text
    } else {
        text.replace('\0', "\u{fffd}")
    }
}

/// Whether every database keeps it: PostgreSQL has no NUL in its texts.
fn is_keepable(text: &str) -> bool {
    !text.contains('\0')
}

/// Keeps the end, where a program says why it failed.
fn excerpt(text: String) -> String {
    let surplus = text.len().saturating_sub(limits::OUTPUT_EXCERPT_BYTES);
    text.get(text.ceil_char_boundary(surplus)..)
        .unwrap_or_default()
        .to_owned()
}
