//! What it takes to work out the next openings of a thousand devices, each with rules of its own,
//! and what it takes for single devices whose rules are as unkind as rules can be.
//!
//! `cargo run --release -p latarnik-model --example next_openings`; prints lines of JSON, times in
//! milliseconds. The zones are those of the machine's database, or `UTC` where it has none.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot be made should fail at once, and its lines are the result"
)]

use jiff::{Timestamp, tz::TimeZoneDatabase};
use latarnik_model::{
    Blackout, BlackoutId, DeviceId, GroupId, MaintenanceAction, MaintenanceRules,
    MaintenanceWindow, MaintenanceWindowId, PolicyScope, ScopeMaintenance,
};
use serde_json::{Value, json};
use std::{fs, time::Instant};
use uuid::Uuid;

const DEVICES: usize = 1000;
const RUNS: usize = 9;
/// The system counts a processor's time in coarse ticks.
const TIMES: u32 = 20;
const ACTION: MaintenanceAction = MaintenanceAction::Update;

const ZONES: [&str; 12] = [
    "Europe/Warsaw",
    "Europe/London",
    "Europe/Lisbon",
    "Europe/Helsinki",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Auckland",
];
const DAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];
const NTH: [&str; 6] = ["first", "second", "third", "fourth", "fifth", "last"];

fn main() {
    let zones = TimeZoneDatabase::bundled();
    let from: Timestamp = "2026-11-27T10:00:00Z".parse().unwrap();
    let devices: Vec<_> = (0..DEVICES).map(device).collect();
    measure("next opening of 1000 devices", || {
        openings(&devices, &zones, from, 1)
    });
    measure("next five openings of 1000 devices", || {
        openings(&devices, &zones, from, 5)
    });
    measure("verdicts on 1000 devices", || {
        let verdict = |(zone, rules): &(&str, MaintenanceRules)| {
            let calendar = rules.calendar(Some(zone), &zones);
            usize::from(calendar.verdict(ACTION, from).open)
        };
        devices.iter().map(verdict).sum()
    });
    measure("explanations of 1000 devices", || {
        let explain = |(zone, rules): &(&str, MaintenanceRules)| {
            let calendar = rules.calendar(Some(zone), &zones);
            calendar.explain(ACTION, from).openings.len()
        };
        devices.iter().map(explain).sum()
    });
    for (name, rules) in unkind() {
        let device = [("Europe/Warsaw", rules)];
        measure(name, || openings(&device, &zones, from, 5));
    }
}

fn openings(
    devices: &[(&str, MaintenanceRules)],
    zones: &TimeZoneDatabase,
    from: Timestamp,
    most: usize,
) -> usize {
    let found = devices.iter().map(|(zone, rules)| {
        let calendar = rules.calendar(Some(zone), zones);
        calendar.openings(ACTION, from, most).len()
    });
    found.sum()
}

/// The median of several runs, after one that warms up.
fn measure(what: &str, mut work: impl FnMut() -> usize) {
    let found = work();
    let mut wall = Vec::new();
    let mut processor = Vec::new();
    for _ in 0..RUNS {
        let (begin, before) = (Instant::now(), processor_milliseconds());
        for _ in 0..TIMES {
            assert_eq!(work(), found);
        }
        wall.push(begin.elapsed().as_secs_f64() * 1000.0 / f64::from(TIMES));
        processor.push((processor_milliseconds() - before) / f64::from(TIMES));
    }
    let median = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        (times.get(RUNS / 2).unwrap() * 1000.0).round() / 1000.0
    };
    let (wall, processor) = (median(wall), median(processor));
    println!(
        "{}",
        json!({"what": what, "found": found, "wall": wall, "processor": processor})
    );
}

/// Time that this thread has spent on a processor; nothing where the system does not tell.
fn processor_milliseconds() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split(' ').next().and_then(|text| text.parse().ok());
    nanoseconds.unwrap_or(0.0) / 1_000_000.0
}

fn pick<T: Copy>(from: &[T], number: usize) -> T {
    *from.get(number % from.len()).unwrap()
}

fn window(number: usize, definition: Value) -> MaintenanceWindow {
    MaintenanceWindow {
        id: MaintenanceWindowId(Uuid::from_u128(u128::try_from(number).unwrap())),
        name: format!("window {number}"),
        enabled: true,
        definition: serde_json::from_value(definition).unwrap(),
    }
}

fn blackout(number: usize, period: Value) -> Blackout {
    Blackout {
        id: BlackoutId(Uuid::from_u128(u128::try_from(number).unwrap())),
        name: format!("blackout {number}"),
        definition: serde_json::from_value(json!({"period": period})).unwrap(),
    }
}

/// A device of an ordinary fleet: one to four windows in one to three scopes, up to three blackouts.
fn device(number: usize) -> (&'static str, MaintenanceRules) {
    let scopes = [
        PolicyScope::Device(DeviceId(Uuid::from_u128(u128::try_from(number).unwrap()))),
        PolicyScope::Group(GroupId(Uuid::from_u128(1))),
        PolicyScope::Tenant,
    ];
    let scopes = scopes.iter().skip(number % 3);
    let mut scopes: Vec<_> = scopes
        .map(|scope| ScopeMaintenance {
            scope: *scope,
            windows: Vec::new(),
            blackouts: Vec::new(),
        })
        .collect();
    let count = scopes.len();
    for index in 0..=number % 4 {
        let seed = number * 7 + index * 13;
        let actions = pick(
            &[&["update", "restart"][..], &["update"], &["backup"]],
            seed,
        );
        let recurrence = match seed % 3 {
            0 => {
                json!({"type": "monthly", "nth": pick(&NTH, seed), "weekday": pick(&DAYS, seed / 3),
                "offset_days": seed % 5})
            }
            _ => json!({"type": "weekly", "days": [pick(&DAYS, seed), pick(&DAYS, seed + 3)]}),
        };
        let mut definition = json!({
            "recurrence": recurrence,
            "start_time": format!("{:02}:{:02}", (20 + seed) % 24, seed % 4 * 15),
            "duration_minutes": 60 + seed % 8 * 45,
            "actions": actions,
        });
        let mut set = |field: &str, value: Value| {
            let fields = definition.as_object_mut().unwrap();
            fields.insert(field.to_owned(), value);
        };
        if seed.is_multiple_of(4) {
            set("time_zone", json!(pick(&ZONES, seed / 4)));
        }
        if seed.is_multiple_of(6) {
            set("valid_from", json!("2026-12-01"));
        }
        let window = window(seed, definition);
        scopes.get_mut(index % count).unwrap().windows.push(window);
    }
    for index in 0..number % 4 {
        let period = match (number + index) % 3 {
            0 => json!({"type": "monthly", "first_day": 20, "last_day": 25 + index}),
            1 => json!({"type": "yearly", "first": "12-20", "last": "01-06"}),
            _ => json!({"type": "once", "from": "2026-11-27T00:00:00Z",
                "until": format!("2026-11-{}T00:00:00Z", 28 + index)}),
        };
        let blackout = blackout(index, period);
        scopes.last_mut().unwrap().blackouts.push(blackout);
    }
    let rules = MaintenanceRules {
        tenant_zone: "Europe/Warsaw".to_owned(),
        scopes,
        without_windows: Default::default(),
    };
    (pick(&ZONES, number), rules)
}

fn of_one_scope(windows: Vec<MaintenanceWindow>, blackouts: Vec<Blackout>) -> MaintenanceRules {
    MaintenanceRules {
        tenant_zone: "Europe/Warsaw".to_owned(),
        scopes: vec![ScopeMaintenance {
            scope: PolicyScope::Tenant,
            windows,
            blackouts,
        }],
        without_windows: Default::default(),
    }
}

fn unkind() -> Vec<(&'static str, MaintenanceRules)> {
    let daily = |number: usize, minutes: usize| {
        let definition = json!({"recurrence": {"type": "weekly", "days": DAYS},
            "start_time": format!("{:02}:{:02}", number / 60 % 24, number % 60),
            "duration_minutes": minutes, "actions": ["update"]});
        window(number, definition)
    };
    let always = || {
        blackout(
            0,
            json!({"type": "monthly", "first_day": 1, "last_day": 31}),
        )
    };
    let every_day = || {
        let day = |day| json!({"type": "monthly", "first_day": day, "last_day": day});
        (1..=31).map(move |number| blackout(number, day(number)))
    };
    let first_week = json!({"recurrence": {"type": "monthly", "nth": "first", "weekday": "monday"},
        "start_time": "00:00", "duration_minutes": 15, "actions": ["update"]});
    let seven = blackout(0, json!({"type": "monthly", "first_day": 1, "last_day": 7}));
    vec![
        (
            "open day and night",
            of_one_scope(vec![daily(0, 1440)], vec![]),
        ),
        (
            "open day and night, seven times over",
            of_one_scope(vec![daily(0, 10080)], vec![]),
        ),
        (
            "daily, blackout on days 1 to 31",
            of_one_scope(vec![daily(0, 60)], vec![always()]),
        ),
        (
            "daily, a blackout for each of 31 days",
            of_one_scope(vec![daily(0, 60)], every_day().collect()),
        ),
        (
            "daily, ten blackouts for each of 31 days",
            of_one_scope(
                vec![daily(0, 60)],
                (0..10).flat_map(|_| every_day()).collect(),
            ),
        ),
        (
            "first Monday, blackout on days 1 to 7",
            of_one_scope(vec![window(0, first_week)], vec![seven]),
        ),
        (
            "96 windows of 15 minutes that follow each other",
            of_one_scope(
                (0..96).map(|number| daily(number * 15, 15)).collect(),
                vec![],
            ),
        ),
        (
            "a hundred windows of 15 minutes a day",
            of_one_scope(
                (0..100).map(|number| daily(number * 14, 15)).collect(),
                vec![],
            ),
        ),
    ]
}
