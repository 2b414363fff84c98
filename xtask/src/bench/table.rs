//! The figures as tables, for `docs/operating.md`.

use super::{
    Alone, Load,
    loads::{Measured, Memory},
    maintenance::Reach,
    processes,
    refusals::Refusal,
    studies::{Course, MaintenanceLoad},
    times::Spread,
    walls::{Listing, Walls},
};

/// What one database makes of the server.
pub(super) type Figures = (Measured, Memory);

pub(super) fn write(load: &Load, alone: &Alone, sqlite: &Figures, postgres: &Figures) -> String {
    let sizes = &alone.sizes;
    let both = |name: &str, show: &dyn Fn(&Measured) -> String| {
        format!("| {name} | {} | {} |\n", show(&sqlite.0), show(&postgres.0))
    };
    let Load {
        agents, devices, ..
    } = load;
    let mut text = format!("Measured on {}.\n\n", processes::machine());
    text.push_str("| program | on disk | resident when idle |\n|---|---|---|\n");
    text.push_str(&format!(
        "| server | {} | {} (SQLite) |\n",
        megabytes(sizes.server_bytes),
        megabytes(sqlite.1.idle_bytes)
    ));
    text.push_str(&format!(
        "| agent, Linux | {} | {} |\n",
        megabytes(sizes.agent_bytes),
        megabytes(sizes.agent_idle_bytes)
    ));
    text.push_str(&format!(
        "| agent, Windows | {} | |\n\n",
        megabytes(sizes.windows_agent_bytes)
    ));
    text.push_str(
        "| server and simulator on the same machine | SQLite | PostgreSQL |\n|---|---|---|\n",
    );
    text.push_str(&both(
        "check-ins per second at saturation, mutual TLS",
        &|m| format!("{:.0}", m.check_ins_per_second),
    ));
    text.push_str(&both("check-in, p99", &|m| {
        format!("{:.1} ms", m.check_in_p99_ms)
    }));
    text.push_str(&both("CPU seconds per 1,000 check-ins, server", &|m| {
        format!("{:.3}", m.server_cpu_per_thousand)
    }));
    text.push_str(&both("CPU seconds per 1,000 check-ins, database", &|m| {
        if m.database_cpu_per_thousand > 0.0 {
            format!("{:.3}", m.database_cpu_per_thousand)
        } else {
            "in the server".to_owned()
        }
    }));
    text.push_str(&both(
        &format!("from action to start, p50, {agents} agents"),
        &|m| format!("{:.1} ms", m.action_p50_ms),
    ));
    text.push_str(&both(
        &format!("from action to start, p99, {agents} agents"),
        &|m| format!("{:.1} ms", m.action_p99_ms),
    ));
    text.push_str(&memory_rows(*agents, &sqlite.1, &postgres.1));
    text.push_str(&both(
        &format!("list of {devices} devices, 50 rows, p95"),
        &|m| format!("{:.1} ms", m.list_p95_ms),
    ));
    text.push_str(&both("the same with the total, p95", &|m| {
        format!("{:.1} ms", m.list_with_total_p95_ms)
    }));
    text.push('\n');
    text.push_str(&protection(*devices, &sqlite.0, &postgres.0));
    text.push('\n');
    text.push_str(&fleet_work(*devices, &sqlite.0, &postgres.0));
    text.push('\n');
    let loads = (&sqlite.0.maintenance, &postgres.0.maintenance);
    text.push_str(&maintenance(*devices, &alone.windows, loads.0, loads.1));
    text
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// What the server needs, as a table of its own.
pub(super) fn memory(agents: u32, sqlite: &Memory, postgres: &Memory) -> String {
    let rows = memory_rows(agents, sqlite, postgres);
    format!("| memory of the server | SQLite | PostgreSQL |\n|---|---|---|\n{rows}")
}

fn memory_rows(agents: u32, sqlite: &Memory, postgres: &Memory) -> String {
    let row = |name: &str, show: &dyn Fn(&Memory) -> String| {
        format!("| {name} | {} | {} |\n", show(sqlite), show(postgres))
    };
    let connected = format!("server with {agents} agents connected, resident");
    [
        row("server when idle, resident", &|m| megabytes(m.idle_bytes)),
        row(&connected, &|m| megabytes(m.with_agents_bytes)),
        row("each further connected agent", &|m| {
            format!("{:.1} kB", m.bytes_per_further_agent / 1e3)
        }),
    ]
    .concat()
}

/// What maintenance windows cost.
pub(super) fn maintenance(
    devices: u32,
    reach: &Reach,
    sqlite: &MaintenanceLoad,
    postgres: &MaintenanceLoad,
) -> String {
    let row = |name: &str, show: &dyn Fn(&MaintenanceLoad) -> Course| {
        let told = |course: Course| {
            let Course {
                p50,
                p95,
                processor,
            } = course;
            format!("{p50:.1} / {p95:.1} / {processor:.1} ms")
        };
        format!(
            "| {name} | {} | {} |\n",
            told(show(sqlite)),
            told(show(postgres))
        )
    };
    let openings = format!("{:.1} ms", reach.next_openings_ms);
    let change = format!("{:.0} / {:.0} ms", reach.change.p50_ms, reach.change.p95_ms);
    let page = format!("page of 50 of {devices} devices, windows in force");
    let check_ins = format!("{devices} check-ins and their rules, windows in force");
    [
        "| maintenance windows: p50 / p95 / CPU without the database's | SQLite | PostgreSQL |\n\
            |---|---|---|\n"
            .to_owned(),
        row(&page, &|m| m.page),
        row("the same without a window", &|m| m.page_without),
        row(&check_ins, &|m| m.check_ins),
        row("the same without a window", &|m| m.check_ins_without),
        row("list of 200 windows that all overlap", &|m| m.list),
        format!("| next openings of 1,000 devices, CPU | {openings} | the same |\n"),
        format!("| from a changed window until the agent knows, p50 / p95 | {change} | |\n"),
    ]
    .concat()
}

/// What it takes to ask many devices for something, and to apply policies to them.
fn fleet_work(devices: u32, sqlite: &Measured, postgres: &Measured) -> String {
    let row = |name: &str, show: &dyn Fn(&Measured) -> f64| {
        let seconds = |milliseconds: f64| format!("{:.2} s", milliseconds / 1e3);
        let (sqlite, postgres) = (seconds(show(sqlite)), seconds(show(postgres)));
        format!("| {name} | {sqlite} | {postgres} |\n")
    };
    let rows = [
        row(
            "an action is asked for, until all tasks are written",
            &|m| m.course.create,
        ),
        row("all tasks delivered", &|m| m.course.deliver),
        row("all tasks begun and ended", &|m| m.course.end),
        row("told after the last one's end", &|m| m.course.told_after),
        row("reading the action with its counts and reasons", &|m| {
            m.course.read
        }),
        row("preview of a policy, ten offers on each device", &|m| {
            m.policies.preview
        }),
        row("the pass that makes a task on each device", &|m| {
            m.policies.makes_tasks
        }),
        row("a pass in which nothing changes", &|m| {
            m.policies.nothing_changes
        }),
        row("the pass that takes all tasks back", &|m| {
            m.policies.takes_tasks_back
        }),
    ];
    let head = format!("| {devices} devices | SQLite | PostgreSQL |\n|---|---|---|\n");
    format!("{head}{}", rows.concat())
}

/// What it costs that not everybody may do everything, and that it is written down.
fn protection(devices: u32, sqlite: &Measured, postgres: &Measured) -> String {
    let row = |name: &str, show: &dyn Fn(&Measured) -> String| {
        format!("| {name} | {} | {} |\n", show(sqlite), show(postgres))
    };
    let microseconds = |time: f64| format!("{time:.0} µs");
    let spread = |times: Spread| format!("{:.1} / {:.1} ms", times.p50_ms, times.p95_ms);
    let rows = [
        row("sign-in with a password, p50 / p95", &|m| {
            spread(m.sign_ins.times)
        }),
        row("the same, CPU of the server", &|m| {
            format!("{:.1} ms", m.sign_ins.server_cpu_ms)
        }),
        row("a request refused to nobody (401), p50", &|m| {
            microseconds(m.refusals.of_nobody.times.p50_ms * 1e3)
        }),
        row(
            "the same refused to a session for its role (403), p50",
            &|m| microseconds(m.refusals.of_session.times.p50_ms * 1e3),
        ),
        row(
            "the same refused to an API token for its role (403), p50",
            &|m| microseconds(m.refusals.of_token.times.p50_ms * 1e3),
        ),
        row("CPU of a refusal to nobody, server + database", &|m| {
            cpu(m.refusals.of_nobody, Refusal::default())
        }),
        row(
            "CPU that recognising and authorising a session adds to it",
            &|m| cpu(m.refusals.of_session, m.refusals.of_nobody),
        ),
        row(
            "CPU that recognising and authorising an API token adds to it",
            &|m| cpu(m.refusals.of_token, m.refusals.of_nobody),
        ),
        row("the smallest mutation without its audit event, p50", &|m| {
            microseconds(m.audit.unaudited_p50_us)
        }),
        row("what its audit event adds, p50", &|m| {
            microseconds(m.audit.audited_p50_us - m.audit.unaudited_p50_us)
        }),
        row("an audit event in the database, with its indexes", &|m| {
            format!("{:.0} bytes", m.audit.bytes_per_event)
        }),
        row(
            &format!("list of {devices} devices behind row-level security, p50 / p95"),
            &|m| walled(m, &|walls| spread(walls.up.times)),
        ),
        row("the same without its policies, p50 / p95", &|m| {
            walled(m, &|walls| spread(walls.lowered.times))
        }),
        row("CPU of the database for each, with and without", &|m| {
            walled(m, &|walls| {
                let cpu = |listing: Listing| format!("{:.1}", listing.database_cpu_ms);
                format!("{} and {} ms", cpu(walls.up), cpu(walls.lowered))
            })
        }),
        row(
            "what the transaction that is admitted to the tenants adds to a read",
            &|m| walled(m, &|walls| microseconds(walls.admission_us)),
        ),
    ];
    let head = "| what protection costs | SQLite | PostgreSQL |\n|---|---|---|\n";
    format!("{head}{}", rows.concat())
}

/// What one refusal takes beyond another one. A database in the server's process has no share of
/// its own.
fn cpu(of: Refusal, beyond: Refusal) -> String {
    let server = of.server_cpu_us - beyond.server_cpu_us;
    let database = of.database_cpu_us - beyond.database_cpu_us;
    if of.database_cpu_us > 0.0 {
        format!("{server:.0} + {:.0} µs", database.max(0.0))
    } else {
        format!("{server:.0} µs")
    }
}

fn walled(measured: &Measured, show: &dyn Fn(&Walls) -> String) -> String {
    let walls = measured.walls.as_ref();
    walls.map_or_else(|| "has none".to_owned(), show)
}
