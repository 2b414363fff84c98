//! Random rules, and instants at which they are worth asking.

use crate::oracle::{Clock, Minute, ZONES, instant_of, minute_of};
use jiff::{civil::Date, tz::TimeZone};
use latarnik_model::{
    Blackout, BlackoutDraft, BlackoutId, DeviceId, GroupId, MaintenanceAction, MaintenanceRules,
    MaintenanceWindow, MaintenanceWindowId, PeriodDraft, PolicyScope, RecurrenceDraft,
    ScopeMaintenance, WindowDraft, WithoutWindow, WithoutWindows,
};
use proptest::{collection::vec, option, prelude::*, sample};
use std::sync::LazyLock;
use uuid::Uuid;

/// Zones whose clocks do what others do not.
const REMARKABLE: [&str; 16] = [
    "Europe/Warsaw",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "Africa/Casablanca",
    "Antarctica/Troll",
    "America/St_Johns",
    "Asia/Gaza",
    "Pacific/Kwajalein",
    "America/Havana",
    "Asia/Beirut",
    "Antarctica/Casey",
    "Europe/Dublin",
    "America/Caracas",
    "Asia/Pyongyang",
];

/// In no database.
pub(crate) const UNKNOWN: &str = "Mars/Base";

pub(crate) static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let names = ZONES.available().map(|name| name.as_str().to_owned());
    names.filter(|name| name != "Etc/Unknown").collect()
});

pub(crate) fn zone() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => sample::select(&REMARKABLE[..]).prop_map(str::to_owned),
        2 => any::<sample::Index>().prop_map(|index| index.get(&NAMES).clone()),
    ]
}

fn fixed_zone() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        10 => Just(None),
        10 => zone().prop_map(Some),
        1 => Just(Some(UNKNOWN.to_owned())),
        1 => Just(Some("Etc/Unknown".to_owned())),
    ]
}

/// An instant between 2000 and 2100, often one at which the clock of the zone is about to change.
#[derive(Debug, Clone)]
pub(crate) struct Moment {
    anywhere: Minute,
    change: Option<sample::Index>,
    minutes_off: i64,
}

fn first() -> Minute {
    minute_of("2000-01-01T00:00Z".parse().unwrap())
}

fn last() -> Minute {
    minute_of("2100-12-01T00:00Z".parse().unwrap())
}

impl Moment {
    pub(crate) fn in_zone(&self, zone: &str) -> Minute {
        let changes = Clock::named(zone).map_or(&[][..], Clock::changes);
        let changes = changes.iter().map(|(at, _)| *at);
        let changes: Vec<_> = changes
            .filter(|at| (first()..last()).contains(at))
            .collect();
        match self.change {
            Some(index) if !changes.is_empty() => *index.get(&changes) + self.minutes_off,
            _ => self.anywhere,
        }
    }
}

pub(crate) fn moment() -> impl Strategy<Value = Moment> {
    let off = -9 * 1440..2 * 1440_i64;
    let change = option::weighted(0.75, any::<sample::Index>());
    (first()..last(), change, off).prop_map(|(anywhere, change, minutes_off)| Moment {
        anywhere,
        change,
        minutes_off,
    })
}

/// Dates and instants in it are relative to a moment that is not known yet.
#[derive(Debug, Clone)]
pub(crate) struct WindowSeed {
    pub(crate) draft: WindowDraft,
    enabled: bool,
    valid: (Option<i64>, Option<i64>),
}

fn time() -> impl Strategy<Value = String> {
    let minute = prop_oneof![
        2 => (0..16_u32).prop_map(|quarter| quarter * 15),
        1 => (0..96_u32).prop_map(|quarter| quarter * 15),
        1 => 0..1440_u32,
    ];
    minute.prop_map(|minute| format!("{:02}:{:02}", minute / 60, minute % 60))
}

fn duration() -> impl Strategy<Value = i64> {
    prop_oneof![
        4 => 15..=12 * 60_i64,
        2 => 15..=3 * 1440_i64,
        1 => sample::select(vec![15, 1440, 2880, 10080_i64]),
        1 => 15..=10080_i64,
    ]
}

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

fn recurrence() -> impl Strategy<Value = RecurrenceDraft> {
    let days = sample::subsequence(&DAYS[..], 1..=7);
    let offset = prop_oneof![Just(0), 0..=27_i64];
    let monthly = (sample::select(&NTH[..]), sample::select(&DAYS[..]), offset);
    prop_oneof![
        3 => days.prop_map(|days| RecurrenceDraft::Weekly {
            days: days.into_iter().map(str::to_owned).collect(),
        }),
        2 => monthly.prop_map(|(nth, weekday, offset_days)| RecurrenceDraft::Monthly {
            nth: nth.to_owned(),
            weekday: weekday.to_owned(),
            offset_days,
        }),
    ]
}

fn actions() -> impl Strategy<Value = Vec<String>> {
    let some = sample::subsequence(&MaintenanceAction::ALL[..], 1..=3);
    some.prop_map(|some| some.iter().map(|action| action.name().to_owned()).collect())
}

pub(crate) fn window() -> impl Strategy<Value = WindowSeed> {
    let valid = (
        option::weighted(0.2, -12..20_i64),
        option::weighted(0.2, -2..25_i64),
    );
    let what = (recurrence(), time(), duration(), fixed_zone(), actions());
    (what, valid, prop::bool::weighted(0.85)).prop_map(|(what, (from, until), enabled)| {
        let (recurrence, start_time, duration_minutes, time_zone, actions) = what;
        let until = until.map(|until| until.max(from.unwrap_or(until)));
        WindowSeed {
            draft: WindowDraft {
                recurrence,
                start_time,
                duration_minutes,
                time_zone,
                actions,
                valid_from: None,
                valid_until: None,
            },
            enabled,
            valid: (from, until),
        }
    })
}

#[derive(Debug, Clone)]
enum PeriodSeed {
    /// Minutes from the moment.
    Once(i64, i64),
    /// Days from the moment.
    YearlyNear(i64, i64),
    Yearly(String, String),
    Monthly(i64, i64),
}

fn period() -> impl Strategy<Value = PeriodSeed> {
    let month_day = || {
        prop_oneof![
            1 => sample::select(vec!["02-28", "02-29", "03-01", "12-31", "01-01", "10-25"])
                .prop_map(str::to_owned),
            1 => (1..=12_u8, 1..=28_u8).prop_map(|(month, day)| format!("{month:02}-{day:02}")),
        ]
    };
    prop_oneof![
        2 => (-5 * 1440..18 * 1440_i64, 1..4 * 1440_i64)
            .prop_map(|(from, length)| PeriodSeed::Once(from, from + length)),
        2 => (-4..18_i64, 0..5_i64)
            .prop_map(|(from, days)| PeriodSeed::YearlyNear(from, from + days)),
        1 => (month_day(), month_day()).prop_map(|(first, last)| PeriodSeed::Yearly(first, last)),
        2 => (1..=31_i64, 1..=31_i64).prop_map(|(first, last)| PeriodSeed::Monthly(first, last)),
        1 => (1..=31_i64).prop_map(|day| PeriodSeed::Monthly(day, day)),
    ]
}

type BlackoutSeed = (PeriodSeed, Option<String>, Vec<String>);

/// Rules that are made for a moment.
#[derive(Debug, Clone)]
pub(crate) struct RulesSeed {
    pub(crate) tenant_zone: String,
    pub(crate) device_zone: Option<String>,
    scopes: Vec<(Vec<WindowSeed>, Vec<BlackoutSeed>)>,
    without_windows: WithoutWindows,
}

pub(crate) fn rules() -> impl Strategy<Value = RulesSeed> {
    let blackout = (period(), fixed_zone(), actions());
    let scope = (vec(window(), 0..=3), vec(blackout, 0..=1));
    let setting = || {
        prop::bool::ANY.prop_map(|run| match run {
            true => WithoutWindow::Run,
            false => WithoutWindow::Hold,
        })
    };
    let without = (setting(), setting(), setting());
    let without = without.prop_map(|(update, restart, backup)| WithoutWindows {
        update,
        restart,
        backup,
    });
    let device_zone = prop_oneof![
        8 => zone().prop_map(Some),
        1 => Just(None),
        1 => Just(Some(UNKNOWN.to_owned())),
        1 => Just(Some("Etc/Unknown".to_owned())),
    ];
    (zone(), device_zone, vec(scope, 1..=4), without).prop_map(
        |(tenant_zone, device_zone, scopes, without_windows)| RulesSeed {
            tenant_zone,
            device_zone,
            scopes,
            without_windows,
        },
    )
}

/// The local date at which a moment lies, near enough for what is made relative to it.
fn date_at(at: Minute, days: i64) -> Date {
    TimeZone::UTC
        .to_datetime(instant_of(at + days * 1440))
        .date()
}

impl WindowSeed {
    pub(crate) fn window(&self, number: u128, at: Minute) -> MaintenanceWindow {
        let date = |days: i64| date_at(at, days).to_string();
        let mut draft = self.draft.clone();
        draft.valid_from = self.valid.0.map(date);
        draft.valid_until = self.valid.1.map(date);
        MaintenanceWindow {
            id: MaintenanceWindowId(Uuid::from_u128(number)),
            name: String::new(),
            enabled: self.enabled,
            definition: draft.try_into().unwrap(),
        }
    }
}

impl RulesSeed {
    /// The zone in which windows of this device are mostly read.
    pub(crate) fn zone(&self) -> &str {
        let own = self.device_zone.as_deref();
        own.filter(|name| Clock::named(name).is_some())
            .unwrap_or(&self.tenant_zone)
    }

    pub(crate) fn rules(&self, at: Minute) -> MaintenanceRules {
        let chain = [
            PolicyScope::Device(DeviceId(Uuid::from_u128(1))),
            PolicyScope::Group(GroupId(Uuid::from_u128(1))),
            PolicyScope::Group(GroupId(Uuid::from_u128(2))),
            PolicyScope::Tenant,
        ];
        let scopes = self.scopes.iter().zip(chain);
        let mut number = 0;
        let mut next = || {
            number += 1;
            number
        };
        let scopes = scopes.map(|((windows, blackouts), scope)| ScopeMaintenance {
            scope,
            windows: windows.iter().map(|seed| seed.window(next(), at)).collect(),
            blackouts: blackouts.iter().map(|seed| blackout(seed, at)).collect(),
        });
        MaintenanceRules {
            tenant_zone: self.tenant_zone.clone(),
            scopes: scopes.collect(),
            without_windows: self.without_windows,
        }
    }
}

fn blackout((period, time_zone, actions): &BlackoutSeed, at: Minute) -> Blackout {
    let period = match period {
        PeriodSeed::Once(from, until) => PeriodDraft::Once {
            from: instant_of(at + from).to_string(),
            until: instant_of(at + until).to_string(),
        },
        PeriodSeed::YearlyNear(first, last) => {
            let day = |days| date_at(at, days).strftime("%m-%d").to_string();
            PeriodDraft::Yearly {
                first: day(*first),
                last: day(*last),
            }
        }
        PeriodSeed::Yearly(first, last) => PeriodDraft::Yearly {
            first: first.clone(),
            last: last.clone(),
        },
        PeriodSeed::Monthly(first_day, last_day) => PeriodDraft::Monthly {
            first_day: *first_day,
            last_day: *last_day,
        },
    };
    let draft = BlackoutDraft {
        period,
        time_zone: time_zone.clone(),
        actions: actions.clone(),
    };
    Blackout {
        id: BlackoutId(Uuid::from_u128(1)),
        name: String::new(),
        definition: draft.try_into().unwrap(),
    }
}
