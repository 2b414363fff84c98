//! What the ledger of one Windows machine comes to in a year, in rows and bytes.
//!
//! A machine as most are: a scan every eight hours, new signatures with each of them, and every
//! month a cumulative update and one for .NET that wait for a restart, a tool and a driver that do
//! not, and a preview that is offered and never installed.
//!
//! `ledger_year sqlite`, or `ledger_year postgres` with `LATARNIK_TEST_POSTGRES`; prints one line of
//! JSON.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot be made should fail at once, and its line is the result"
)]

use jiff::SignedDuration;
use latarnik_app::{
    ActionRequest, ActionTarget, Context, PageRequest, RequestedParameters,
    agents::{
        self, AgentIdentity, CheckIn, OfferedUpdate, Outcome, Report, Scan, UpdateResult,
        UpdatesChange, UpdatesReport,
    },
};
use latarnik_model::{Clock, Role, TaskState, UpdateCategory, UpdateOutcome, UpdateSource, When};
use latarnik_testkit::{Database, Office, facts, offered};
use std::collections::BTreeSet;

/// Devices, so that the pages of a database do not decide.
const DEVICES: u32 = 5;
const DAYS: u32 = 365;
const SCANS_A_DAY: u32 = 3;

#[tokio::main]
async fn main() {
    let database = match std::env::args().nth(1).as_deref() {
        Some("sqlite") => Database::sqlite().await,
        Some("postgres") => Database::postgres().await,
        _ => panic!("say `sqlite` or `postgres`"),
    };
    let office = Office::open(database).await;
    let owner = office.person(office.bakery, Role::Owner).await;
    let before = bytes(&office).await;
    let mut machines = Vec::new();
    for number in 0..DEVICES {
        let agent = office
            .device(office.bakery, &format!("machine-{number}"))
            .await;
        machines.push(Machine {
            agent,
            offered: Vec::new(),
            scans: 0,
            boots: 1,
            tasks: 0,
        });
    }
    for day in 0..DAYS {
        for part in 0..SCANS_A_DAY {
            office
                .clock
                .advance(SignedDuration::from_hours(i64::from(24 / SCANS_A_DAY)));
            for machine in &mut machines {
                let number = day * SCANS_A_DAY + part;
                machine.meets_new_signatures(number);
                if part == 0 && day % 30 == 8 {
                    machine.meets_patch_day(day / 30);
                }
                machine.scans(&office).await;
                if part == 2 && day % 30 == 10 {
                    machine.is_patched(&office, &owner).await;
                }
            }
        }
    }
    let (updates, steps) = history(&office, &owner, machines.first().unwrap()).await;
    let after = bytes(&office).await;
    println!(
        r#"{{"updates":{updates},"steps":{steps},"bytes":{}}}"#,
        (after - before) / u64::from(DEVICES)
    );
}

struct Machine {
    agent: AgentIdentity,
    offered: Vec<OfferedUpdate>,
    scans: u64,
    boots: u32,
    tasks: u64,
}

impl Machine {
    fn meets_new_signatures(&mut self, number: u32) {
        self.offered
            .retain(|update| update.category != UpdateCategory::Definition);
        self.offered.push(windows(
            "Security intelligence",
            number,
            UpdateCategory::Definition,
        ));
    }

    fn meets_patch_day(&mut self, month: u32) {
        self.offered
            .retain(|update| !update.key.starts_with("preview"));
        for (name, category) in [
            ("cumulative", UpdateCategory::Security),
            ("net framework", UpdateCategory::Security),
            ("removal tool", UpdateCategory::Tool),
            ("driver", UpdateCategory::Driver),
            ("preview", UpdateCategory::Optional),
        ] {
            self.offered.push(windows(name, month, category));
        }
    }

    async fn scans(&mut self, office: &Office) {
        self.scans += 1;
        let now = office.clock.now();
        let check_in = CheckIn {
            boot_id: self.boot_id(),
            facts: Some(facts("machine")),
            scan: Some(Scan {
                attempted_at: now,
                succeeded_at: Some(now),
                number: Some(self.scans),
                boot_id: Some(self.boot_id()),
                error: None,
                error_detail: None,
            }),
            updates: Some(UpdatesReport {
                hash: self.scans.to_string(),
                change: Some(UpdatesChange::Full(self.offered.clone())),
            }),
            ..CheckIn::default()
        };
        agents::check_in(&office.app, &self.agent, check_in)
            .await
            .unwrap();
    }

    /// Everything but the preview and the signatures is installed; the machine restarts, and the
    /// agent searches.
    async fn is_patched(&mut self, office: &Office, owner: &Context) {
        let is_wanted = |update: &&OfferedUpdate| {
            update.category != UpdateCategory::Definition && !update.key.starts_with("preview")
        };
        let wanted: Vec<_> = self.offered.iter().filter(is_wanted).cloned().collect();
        let keys = wanted.iter().map(|update| update.key.clone()).collect();
        let request = ActionRequest {
            breach: latarnik_app::WindowBreach::Refuse,
            parameters: RequestedParameters::InstallUpdates {
                update_keys: Some(keys),
                categories: None,
            },
            target: ActionTarget::Devices(vec![self.agent.device_id]),
            when: When::Now,
            deadline: None,
            idempotency_key: format!("{} {}", self.agent.device_id, self.tasks),
        };
        let app = &office.app;
        app.create_action(owner, request).await.unwrap();
        let taken = agents::take_tasks(app, &self.agent, self.tasks)
            .await
            .unwrap();
        let task = taken.tasks.first().unwrap();
        self.tasks = task.sequence;
        agents::take_tasks(app, &self.agent, self.tasks)
            .await
            .unwrap();
        self.scans += 1;
        let now = office.clock.now();
        let end = Outcome {
            state: TaskState::Succeeded,
            reason: None,
            reason_detail: None,
            started_at: Some(now),
            exit_code: Some(0),
            stdout: String::new(),
            stderr: String::new(),
            updates: wanted.iter().map(installed).collect(),
            scan: Some(self.scans),
            boot_id: Some(self.boot_id()),
        };
        for report in [Report::Running, Report::Finished(end)] {
            agents::report_task(app, &self.agent, task.id, now, report)
                .await
                .unwrap();
        }
        self.offered
            .retain(|update| !wanted.iter().any(|other| other.key == update.key));
        self.boots += 1;
        self.scans(office).await;
    }

    fn boot_id(&self) -> String {
        format!("8a0e0b7e-5c0e-4a53-9d3c-{:012}", self.boots)
    }
}

fn windows(name: &str, number: u32, category: UpdateCategory) -> OfferedUpdate {
    OfferedUpdate {
        source: UpdateSource::WindowsUpdate,
        title: format!(
            "{number} {name} for Windows 11 Version 24H2 for x64-based Systems (KB50{number:05})"
        ),
        category,
        kb: Some(format!("KB50{number:05}")),
        package: None,
        revision: Some(200),
        ..offered(&format!("{name}-1111-4111-8111-{number:012}:200"))
    }
}

fn installed(update: &OfferedUpdate) -> UpdateResult {
    UpdateResult {
        key: update.key.clone(),
        title: update.title.clone(),
        outcome: UpdateOutcome::Installed,
        result_code: Some(2),
        hresult: None,
        reason: None,
        restart_required: update.category == UpdateCategory::Security,
    }
}

/// How many updates have a history on a machine, and how many steps it has.
async fn history(office: &Office, owner: &Context, machine: &Machine) -> (usize, usize) {
    let mut page = PageRequest {
        limit: 500,
        after: None,
    };
    let (mut keys, mut count) = (BTreeSet::new(), 0);
    loop {
        let device = machine.agent.device_id;
        let steps = office.app.list_update_steps(owner, device, None, &page);
        let steps = steps.await.unwrap();
        count += steps.items.len();
        keys.extend(steps.items.into_iter().map(|step| step.step.key));
        let Some(next) = steps.next else {
            return (keys.len(), count);
        };
        page.after = Some(next);
    }
}

async fn bytes(office: &Office) -> u64 {
    office.database.compact().await;
    office.database.table_bytes("device_updates").await
        + office.database.table_bytes("update_steps").await
}
