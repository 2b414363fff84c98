//! The definition of windows, written the slow and obvious way: it asks for every minute. It shares
//! nothing with what it is compared with but the table of a zone's clock changes.

use jiff::{
    Timestamp,
    tz::{TimeZone, TimeZoneDatabase},
};
use latarnik_model::{
    Because, BlackoutDraft, MaintenanceAction, MaintenanceRules, PeriodDraft, PolicyScope,
    RecurrenceDraft, WindowDraft, WithoutWindow,
};
use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex},
};

/// Minutes since 1970 UTC.
pub(crate) type Minute = i64;
/// Days since 1970-01-01.
type Day = i64;

const DAY: i64 = 24 * 60;

pub(crate) fn minute_of(at: Timestamp) -> Minute {
    at.as_second().div_euclid(60)
}

pub(crate) fn instant_of(minute: Minute) -> Timestamp {
    Timestamp::from_second(minute * 60).unwrap()
}

/// From when on which offset holds, in minutes, from 1998 to 2103.
#[derive(Debug)]
pub(crate) struct Clock(Vec<(Minute, i64)>);

impl Clock {
    fn new(zone: &TimeZone) -> Self {
        let offset = |at: Timestamp| i64::from(zone.to_offset(at).seconds()).div_euclid(60);
        let first: Timestamp = "1998-01-01T00:00Z".parse().unwrap();
        let last: Timestamp = "2103-01-01T00:00Z".parse().unwrap();
        let mut changes = vec![(Minute::MIN, offset(first))];
        let later = zone.following(first).map(|change| change.timestamp());
        for at in later.take_while(|at| *at < last) {
            assert_eq!(at.as_second() % 60, 0);
            changes.push((minute_of(at), offset(at)));
        }
        Self(changes)
    }

    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        static KNOWN: LazyLock<Mutex<HashMap<String, Option<&'static Clock>>>> =
            LazyLock::new(Mutex::default);
        let mut known = KNOWN.lock().unwrap();
        let clock = || {
            let zone = ZONES.get(name).ok()?;
            (!zone.is_unknown()).then(|| &*Box::leak(Box::new(Self::new(&zone))))
        };
        *known.entry(name.to_owned()).or_insert_with(clock)
    }

    /// The changes of this clock.
    pub(crate) fn changes(&self) -> &[(Minute, i64)] {
        &self.0[1..]
    }

    /// What the clock shows, in minutes since 1970 on its face.
    fn face(&self, at: Minute) -> i64 {
        let changes = self.0.partition_point(|(from, _)| *from <= at);
        at + self.0[changes - 1].1
    }

    /// The first minute at which the clock shows this much or more.
    pub(crate) fn first_showing(&self, face: i64) -> Minute {
        let offsets = || self.0.iter().map(|(_, offset)| *offset);
        let (least, most) = (offsets().min().unwrap(), offsets().max().unwrap());
        let mut minutes = face - most..=face - least;
        minutes.find(|minute| face <= self.face(*minute)).unwrap()
    }

    fn midnight(&self, day: Day) -> Minute {
        self.first_showing(day * DAY)
    }

    fn day(&self, at: Minute) -> Day {
        self.face(at).div_euclid(DAY)
    }
}

/// The bundled database, so that the tests say the same on every machine.
pub(crate) static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// Year, month and day, by counting.
fn civil(day: Day) -> (i64, i64, i64) {
    let (mut year, mut left) = (1970, day);
    while left < 0 {
        year -= 1;
        left += days_of_year(year);
    }
    while days_of_year(year) <= left {
        left -= days_of_year(year);
        year += 1;
    }
    let mut month = 1;
    while days_of_month(year, month) <= left {
        left -= days_of_month(year, month);
        month += 1;
    }
    (year, month, left + 1)
}

fn is_leap(year: i64) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

fn days_of_year(year: i64) -> i64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

const WEEK: [&str; 7] = [
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "monday",
    "tuesday",
    "wednesday",
];

/// 1970-01-01 was a Thursday.
fn weekday(day: Day) -> &'static str {
    WEEK[usize::try_from(day.rem_euclid(7)).unwrap()]
}

fn starts_on(recurrence: &RecurrenceDraft, day: Day) -> bool {
    match recurrence {
        RecurrenceDraft::Weekly { days } => days.iter().any(|name| name == weekday(day)),
        RecurrenceDraft::Monthly {
            nth,
            weekday: name,
            offset_days,
        } => {
            let origin = day - offset_days;
            let (year, month, number) = civil(origin);
            let left = days_of_month(year, month) - number;
            let counts = match nth.as_str() {
                "first" => (1..=7).contains(&number),
                "second" => (8..=14).contains(&number),
                "third" => (15..=21).contains(&number),
                "fourth" => (22..=28).contains(&number),
                "fifth" => 29 <= number,
                "last" => left < 7,
                other => panic!("{other}"),
            };
            counts && weekday(origin) == name
        }
    }
}

fn is_blacked(period: &PeriodDraft, day: Day) -> bool {
    let (year, month, number) = civil(day);
    match period {
        PeriodDraft::Once { .. } => false,
        PeriodDraft::Yearly { first, last } => {
            let read = |text: &str| -> (i64, i64) {
                (text[..2].parse().unwrap(), text[3..].parse().unwrap())
            };
            let in_year = |text: &str, otherwise| match read(text) {
                (2, 29) if !is_leap(year) => otherwise,
                day => day,
            };
            let after = in_year(first, (3, 1)) <= (month, number);
            let before = (month, number) <= in_year(last, (2, 28));
            if read(first) <= read(last) {
                after && before
            } else {
                after || before
            }
        }
        PeriodDraft::Monthly {
            first_day,
            last_day,
        } => {
            let (after, before) = (*first_day <= number, number <= *last_day);
            if first_day <= last_day {
                after && before
            } else {
                after || before
            }
        }
    }
}

/// For every minute of a range, whether something is the case.
#[derive(Debug, Clone)]
struct Minutes {
    begin: Minute,
    on: Vec<bool>,
}

impl Minutes {
    fn none(range: &std::ops::Range<Minute>) -> Self {
        let length = usize::try_from(range.end - range.start).unwrap();
        Self {
            begin: range.start,
            on: vec![false; length],
        }
    }

    fn paint(&mut self, from: Minute, until: Minute) {
        let end = self.begin + i64::try_from(self.on.len()).unwrap();
        let (from, until) = (from.max(self.begin), until.min(end));
        if from < until {
            let index = |minute: Minute| usize::try_from(minute - self.begin).unwrap();
            let (from, until) = (index(from), index(until));
            self.on[from..until].fill(true);
        }
    }

    fn at(&self, minute: Minute) -> bool {
        self.on[usize::try_from(minute - self.begin).unwrap()]
    }
}

struct Window {
    distance: usize,
    enabled: bool,
    actions: Vec<String>,
    valid: Minutes,
    open: Minutes,
}

struct Blackout {
    scope: PolicyScope,
    actions: Vec<String>,
    on: Minutes,
}

/// What the definition says of one minute.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) open: bool,
    pub(crate) because: Because,
    /// The scopes that may be named as the one that decided: one of the blackouts' if several are
    /// on, none for the tenant's setting.
    pub(crate) scopes: Vec<PolicyScope>,
}

/// The definition, for every minute of a range.
pub(crate) struct Oracle<'a> {
    pub(crate) range: std::ops::Range<Minute>,
    rules: &'a MaintenanceRules,
    windows: Vec<Window>,
    blackouts: Vec<Blackout>,
}

impl<'a> Oracle<'a> {
    pub(crate) fn new(
        rules: &'a MaintenanceRules,
        device_zone: Option<&str>,
        range: std::ops::Range<Minute>,
    ) -> Self {
        let own = device_zone.and_then(Clock::named);
        let own = own.or_else(|| Clock::named(&rules.tenant_zone));
        let clock = |name: Option<&String>| name.map_or(own, |name| Clock::named(name));
        let mut oracle = Self {
            range: range.clone(),
            rules,
            windows: Vec::new(),
            blackouts: Vec::new(),
        };
        for (distance, scope) in rules.scopes.iter().enumerate() {
            for window in &scope.windows {
                let draft = WindowDraft::from(window.definition.clone());
                let clock = clock(draft.time_zone.as_ref());
                oracle.windows.push(Window {
                    distance,
                    enabled: window.enabled,
                    valid: valid(&draft, clock, &range),
                    open: open(&draft, clock, &range),
                    actions: draft.actions,
                });
            }
            for blackout in &scope.blackouts {
                let draft = BlackoutDraft::from(blackout.definition.clone());
                let clock = clock(draft.time_zone.as_ref());
                oracle.blackouts.push(Blackout {
                    scope: scope.scope,
                    on: blacked(&draft, clock, &range),
                    actions: draft.actions,
                });
            }
        }
        oracle
    }

    /// The answer for every minute of the range.
    pub(crate) fn answers(&self, action: MaintenanceAction) -> Vec<Answer> {
        let concerns = |actions: &[String]| actions.iter().any(|name| name == action.name());
        let on = self.blackouts.iter().filter(|one| concerns(&one.actions));
        let on: Vec<_> = on.collect();
        let windows = self.windows.iter();
        let windows: Vec<_> = windows
            .filter(|one| one.enabled && concerns(&one.actions))
            .collect();
        let minutes = self.range.clone();
        minutes
            .map(|at| self.answer(action, &on, &windows, at))
            .collect()
    }

    fn answer(
        &self,
        action: MaintenanceAction,
        blackouts: &[&Blackout],
        windows: &[&Window],
        at: Minute,
    ) -> Answer {
        let on = blackouts.iter().filter(|one| one.on.at(at));
        let on: Vec<_> = on.map(|one| one.scope).collect();
        if !on.is_empty() {
            return Answer {
                open: false,
                because: Because::Blackout,
                scopes: on,
            };
        }
        for (distance, scope) in self.rules.scopes.iter().enumerate() {
            let of_scope = windows.iter().filter(|one| one.distance == distance);
            let in_force: Vec<_> = of_scope.filter(|one| one.valid.at(at)).collect();
            if !in_force.is_empty() {
                let open = in_force.iter().any(|one| one.open.at(at));
                return Answer {
                    open,
                    because: match open {
                        true => Because::InWindow,
                        false => Because::OutsideWindows,
                    },
                    scopes: vec![scope.scope],
                };
            }
        }
        Answer {
            open: self.rules.without_windows.of(action) == WithoutWindow::Run,
            because: Because::WithoutWindow,
            scopes: Vec::new(),
        }
    }
}

/// The maximal intervals of open minutes.
pub(crate) fn openings(begin: Minute, answers: &[Answer]) -> Vec<(Minute, Minute)> {
    let mut openings: Vec<(Minute, Minute)> = Vec::new();
    let minutes = (begin..).zip(answers);
    for (at, _) in minutes.filter(|(_, answer)| answer.open) {
        match openings.last_mut() {
            Some((_, end)) if *end == at => *end = at + 1,
            _ => openings.push((at, at + 1)),
        }
    }
    openings
}

fn valid(draft: &WindowDraft, clock: Option<&Clock>, range: &std::ops::Range<Minute>) -> Minutes {
    let mut valid = Minutes::none(range);
    let Some(clock) = clock else {
        valid.paint(range.start, range.end);
        return valid;
    };
    let read = |text: &String| -> Day {
        let date: jiff::civil::Date = text.parse().unwrap();
        let first: jiff::civil::Date = "1970-01-01".parse().unwrap();
        date.duration_since(first).as_hours() / 24
    };
    let from = draft.valid_from.as_ref().map(read);
    let until = draft.valid_until.as_ref().map(read);
    valid.paint(
        from.map_or(range.start, |day| clock.midnight(day)),
        until.map_or(range.end, |day| clock.midnight(day + 1)),
    );
    valid
}

/// Every date on which it may start so that it reaches into the range, one after the other. Minutes
/// before and after its validity do not matter: there it is not in force.
fn open(draft: &WindowDraft, clock: Option<&Clock>, range: &std::ops::Range<Minute>) -> Minutes {
    let mut open = Minutes::none(range);
    let Some(clock) = clock else {
        return open;
    };
    let (hour, minute) = draft.start_time.split_once(':').unwrap();
    let start: i64 = hour.parse::<i64>().unwrap() * 60 + minute.parse::<i64>().unwrap();
    for day in clock.day(range.start) - 10..=clock.day(range.end) + 2 {
        if starts_on(&draft.recurrence, day) {
            let begin = clock.first_showing(day * DAY + start);
            open.paint(begin, begin + draft.duration_minutes);
        }
    }
    open
}

fn blacked(
    draft: &BlackoutDraft,
    clock: Option<&Clock>,
    range: &std::ops::Range<Minute>,
) -> Minutes {
    let mut on = Minutes::none(range);
    let Some(clock) = clock else {
        on.paint(range.start, range.end);
        return on;
    };
    if let PeriodDraft::Once { from, until } = &draft.period {
        let minute = |text: &String| minute_of(text.parse().unwrap());
        on.paint(minute(from), minute(until));
    }
    for day in clock.day(range.start) - 2..=clock.day(range.end) + 2 {
        if is_blacked(&draft.period, day) {
            on.paint(clock.midnight(day), clock.midnight(day + 1));
        }
    }
    on
}
