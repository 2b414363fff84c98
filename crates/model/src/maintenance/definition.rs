//! Definitions of windows, and the parser that reads them.

use super::MaintenanceAction;
use jiff::{
    SignedDuration,
    civil::{Date, Time, Weekday},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt};

/// Shortest window, in minutes.
pub const SHORTEST_WINDOW_MINUTES: u16 = 15;
/// Longest window, in minutes: seven days.
pub const LONGEST_WINDOW_MINUTES: u16 = 7 * 24 * 60;
/// Most days between the n-th weekday of a month and the start.
pub const MOST_OFFSET_DAYS: u8 = 27;
/// Names of zones are short; the longest is `America/Argentina/ComodRivadavia`.
const LONGEST_ZONE_NAME: usize = 64;

/// A definition as people and programs write it. Nothing is checked yet; [`WindowDefinition`] is
/// made of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = WindowDefinition))]
#[serde(deny_unknown_fields)]
pub struct WindowDraft {
    /// The days on which it starts.
    pub recurrence: RecurrenceDraft,
    /// When it starts on the wall clock of its zone, as `HH:MM`.
    #[cfg_attr(
        feature = "schema",
        schema(example = "22:00", pattern = r"^([01]\d|2[0-3]):[0-5]\d$")
    )]
    pub start_time: String,
    /// How long it lasts, in elapsed minutes: 15 to 10080 (7 days).
    #[cfg_attr(feature = "schema", schema(minimum = 15, maximum = 10080))]
    pub duration_minutes: i64,
    /// An IANA time zone such as `Europe/Warsaw`; absent is each device's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// What may run in it, at least one.
    #[cfg_attr(feature = "schema", schema(value_type = Vec<MaintenanceAction>, min_items = 1))]
    pub actions: Vec<String>,
    /// The first date on which it counts, in its zone; absent is any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(format = "date"))]
    pub valid_from: Option<String>,
    /// The last date on which it counts, in its zone; absent is any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(format = "date"))]
    pub valid_until: Option<String>,
}

/// The days on which a window starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = WindowRecurrence))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum RecurrenceDraft {
    /// Every week.
    Weekly {
        /// On these days, at least one.
        #[cfg_attr(feature = "schema", schema(value_type = Vec<WindowDay>, min_items = 1))]
        days: Vec<String>,
    },
    /// Every month that has such a day.
    Monthly {
        /// On the n-th of the weekday.
        #[cfg_attr(feature = "schema", schema(value_type = Nth))]
        nth: String,
        /// Which weekday.
        #[cfg_attr(feature = "schema", schema(value_type = WindowDay))]
        weekday: String,
        /// So many days after it, 0 to 27; absent is 0.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 27))]
        offset_days: i64,
    },
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = Weekday))]
#[serde(rename_all = "snake_case")]
pub enum WindowDay {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

const WEEK: [(Weekday, &str); 7] = [
    (Weekday::Monday, "monday"),
    (Weekday::Tuesday, "tuesday"),
    (Weekday::Wednesday, "wednesday"),
    (Weekday::Thursday, "thursday"),
    (Weekday::Friday, "friday"),
    (Weekday::Saturday, "saturday"),
    (Weekday::Sunday, "sunday"),
];

fn weekday(text: &str) -> Option<Weekday> {
    let found = WEEK.into_iter().find(|(_, name)| *name == text);
    found.map(|(day, _)| day)
}

fn weekday_name(day: Weekday) -> String {
    let found = WEEK.into_iter().find(|(known, _)| *known == day);
    found.map_or_else(String::new, |(_, name)| name.to_owned())
}

/// Which of a month's days of one weekday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = NthWeekday))]
#[serde(rename_all = "snake_case")]
pub enum Nth {
    /// The first.
    First,
    /// The second.
    Second,
    /// The third.
    Third,
    /// The fourth.
    Fourth,
    /// The fifth, in months that have one.
    Fifth,
    /// The last.
    Last,
}

impl Nth {
    const ALL: [(Self, &'static str); 6] = [
        (Self::First, "first"),
        (Self::Second, "second"),
        (Self::Third, "third"),
        (Self::Fourth, "fourth"),
        (Self::Fifth, "fifth"),
        (Self::Last, "last"),
    ];

    fn parse(text: &str) -> Option<Self> {
        let found = Self::ALL.into_iter().find(|(_, name)| *name == text);
        found.map(|(nth, _)| nth)
    }

    fn name(self) -> String {
        let found = Self::ALL.into_iter().find(|(known, _)| *known == self);
        found.map_or_else(String::new, |(_, name)| name.to_owned())
    }

    /// Counted from the month's first day, or -1 from its last.
    pub(super) const fn number(self) -> i8 {
        match self {
            Self::First => 1,
            Self::Second => 2,
            Self::Third => 3,
            Self::Fourth => 4,
            Self::Fifth => 5,
            Self::Last => -1,
        }
    }
}

/// The days on which a window starts: local dates of its zone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum WindowRecurrence {
    /// Every week.
    Weekly {
        /// On these days.
        days: Weekdays,
    },
    /// Every month that has such a day.
    Monthly {
        /// On the n-th of the weekday.
        nth: Nth,
        /// Which weekday.
        weekday: Weekday,
        /// So many days after it.
        offset_days: u8,
    },
}

/// Days of the week, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Weekdays(u8);

impl Weekdays {
    fn new(days: impl IntoIterator<Item = Weekday>) -> Option<Self> {
        let bits = days.into_iter().fold(0, |bits, day| bits | Self::bit(day));
        (bits != 0).then_some(Self(bits))
    }

    const fn bit(day: Weekday) -> u8 {
        1 << day.to_monday_zero_offset().unsigned_abs()
    }

    /// Whether a day is among them.
    #[must_use]
    pub const fn contains(self, day: Weekday) -> bool {
        self.0 & Self::bit(day) != 0
    }

    /// The days, from Monday on.
    pub fn iter(self) -> impl Iterator<Item = Weekday> {
        let days = WEEK.into_iter().map(|(day, _)| day);
        days.filter(move |day| self.contains(*day))
    }
}

/// When a window is open, and for what. Always a usable one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "WindowDraft", into = "WindowDraft")]
pub struct WindowDefinition {
    recurrence: WindowRecurrence,
    start_time: Time,
    duration_minutes: u16,
    time_zone: Option<String>,
    actions: BTreeSet<MaintenanceAction>,
    valid_from: Option<Date>,
    valid_until: Option<Date>,
}

impl WindowDefinition {
    /// The days on which it starts.
    #[must_use]
    pub const fn recurrence(&self) -> &WindowRecurrence {
        &self.recurrence
    }

    /// When it starts on the wall clock of its zone, to the minute.
    #[must_use]
    pub const fn start_time(&self) -> Time {
        self.start_time
    }

    /// How long it lasts, in elapsed time.
    #[must_use]
    pub fn duration(&self) -> SignedDuration {
        SignedDuration::from_mins(i64::from(self.duration_minutes))
    }

    /// Its IANA time zone; `None` is the device's own. Whether there is such a zone is not known
    /// here.
    #[must_use]
    pub fn time_zone(&self) -> Option<&str> {
        self.time_zone.as_deref()
    }

    /// What may run in it.
    #[must_use]
    pub const fn actions(&self) -> &BTreeSet<MaintenanceAction> {
        &self.actions
    }

    /// The first date on which it counts.
    #[must_use]
    pub const fn valid_from(&self) -> Option<Date> {
        self.valid_from
    }

    /// The last date on which it counts.
    #[must_use]
    pub const fn valid_until(&self) -> Option<Date> {
        self.valid_until
    }
}

/// What is wrong with one field of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DefinitionFault {
    /// The field's name.
    pub field: &'static str,
    /// What is wrong.
    pub kind: FaultKind,
}

/// What can be wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// It is empty.
    Required,
    /// It is outside its range.
    OutOfRange,
    /// It names something that is not there.
    Unknown,
    /// It is not of the form that it should have.
    Malformed,
    /// It does not go with another field.
    NotAllowed,
}

/// Everything that is wrong with a definition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct DefinitionFaults(pub Vec<DefinitionFault>);

impl fmt::Display for DefinitionFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the definition is not usable:")?;
        self.0
            .iter()
            .try_for_each(|fault| write!(f, " {} ({:?})", fault.field, fault.kind))
    }
}

/// Gathers what is wrong while a draft is read.
#[derive(Default)]
pub(super) struct Reader(Vec<DefinitionFault>);

impl Reader {
    pub(super) fn fault(&mut self, field: &'static str, kind: FaultKind) {
        self.0.push(DefinitionFault { field, kind });
    }

    /// Takes a value, or notes that there is none.
    pub(super) fn take<T>(
        &mut self,
        field: &'static str,
        kind: FaultKind,
        value: Option<T>,
    ) -> Option<T> {
        if value.is_none() {
            self.fault(field, kind);
        }
        value
    }

    pub(super) fn actions(&mut self, names: &[String]) -> BTreeSet<MaintenanceAction> {
        if names.is_empty() {
            self.fault("actions", FaultKind::Required);
        }
        let read: Result<_, _> = names.iter().map(|name| name.parse()).collect();
        let read = self.take("actions", FaultKind::Unknown, read.ok());
        read.unwrap_or_default()
    }

    /// A zone's name has the form of one; it may still not exist.
    pub(super) fn zone(&mut self, name: Option<String>) -> Option<String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/_+-".contains(c);
        let name = name?;
        if name.is_empty() {
            self.fault("time_zone", FaultKind::Required);
        } else if name.len() > LONGEST_ZONE_NAME || !name.chars().all(plain) {
            self.fault("time_zone", FaultKind::Unknown);
        }
        Some(name)
    }

    /// What was read, if nothing is wrong with it.
    pub(super) fn finish<T>(self, read: Option<T>) -> Result<T, DefinitionFaults> {
        match read {
            Some(read) if self.0.is_empty() => Ok(read),
            _ => Err(DefinitionFaults(self.0)),
        }
    }

    fn date(&mut self, field: &'static str, text: Option<String>) -> Option<Date> {
        self.take(field, FaultKind::Malformed, date(&text?))
    }

    fn recurrence(&mut self, draft: RecurrenceDraft) -> Option<WindowRecurrence> {
        match draft {
            RecurrenceDraft::Weekly { days } => {
                if days.is_empty() {
                    self.fault("days", FaultKind::Required);
                }
                let days: Option<Vec<_>> = days.iter().map(|day| weekday(day)).collect();
                let days = self.take("days", FaultKind::Unknown, days)?;
                Weekdays::new(days).map(|days| WindowRecurrence::Weekly { days })
            }
            RecurrenceDraft::Monthly {
                nth,
                weekday: day,
                offset_days,
            } => {
                let nth = self.take("nth", FaultKind::Unknown, Nth::parse(&nth));
                let day = self.take("weekday", FaultKind::Unknown, weekday(&day));
                let offset = u8::try_from(offset_days).ok();
                let offset = offset.filter(|days| *days <= MOST_OFFSET_DAYS);
                let offset = self.take("offset_days", FaultKind::OutOfRange, offset);
                Some(WindowRecurrence::Monthly {
                    nth: nth?,
                    weekday: day?,
                    offset_days: offset?,
                })
            }
        }
    }
}

/// `YYYY-MM-DD`, of the four digits that calendars on screens have.
pub(super) fn date(text: &str) -> Option<Date> {
    let dashed = text.len() == 10 && text.as_bytes().get(4) == Some(&b'-');
    dashed.then(|| text.parse().ok()).flatten()
}

/// `HH:MM`.
fn time_of_day(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let two = |digits: &str| {
        let plain = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| digits.parse::<i8>().ok()).flatten()
    };
    Time::new(two(hour)?, two(minute)?, 0, 0).ok()
}

impl TryFrom<WindowDraft> for WindowDefinition {
    type Error = DefinitionFaults;

    fn try_from(draft: WindowDraft) -> Result<Self, DefinitionFaults> {
        let mut reader = Reader::default();
        let recurrence = reader.recurrence(draft.recurrence);
        let start = time_of_day(&draft.start_time);
        let start_time = reader.take("start_time", FaultKind::Malformed, start);
        let range = SHORTEST_WINDOW_MINUTES..=LONGEST_WINDOW_MINUTES;
        let minutes = u16::try_from(draft.duration_minutes).ok();
        let minutes = minutes.filter(|minutes| range.contains(minutes));
        let duration = reader.take("duration_minutes", FaultKind::OutOfRange, minutes);
        let time_zone = reader.zone(draft.time_zone);
        let actions = reader.actions(&draft.actions);
        let valid_from = reader.date("valid_from", draft.valid_from);
        let valid_until = reader.date("valid_until", draft.valid_until);
        if valid_from
            .zip(valid_until)
            .is_some_and(|(from, until)| until < from)
        {
            reader.fault("valid_until", FaultKind::NotAllowed);
        }
        let read = || {
            Some(Self {
                recurrence: recurrence?,
                start_time: start_time?,
                duration_minutes: duration?,
                time_zone,
                actions,
                valid_from,
                valid_until,
            })
        };
        let read = read();
        reader.finish(read)
    }
}

impl From<WindowDefinition> for WindowDraft {
    fn from(definition: WindowDefinition) -> Self {
        let recurrence = match definition.recurrence {
            WindowRecurrence::Weekly { days } => RecurrenceDraft::Weekly {
                days: days.iter().map(weekday_name).collect(),
            },
            WindowRecurrence::Monthly {
                nth,
                weekday,
                offset_days,
            } => RecurrenceDraft::Monthly {
                nth: nth.name(),
                weekday: weekday_name(weekday),
                offset_days: i64::from(offset_days),
            },
        };
        let start = definition.start_time;
        Self {
            recurrence,
            start_time: format!("{:02}:{:02}", start.hour(), start.minute()),
            duration_minutes: i64::from(definition.duration_minutes),
            time_zone: definition.time_zone,
            actions: action_names(&definition.actions),
            valid_from: definition.valid_from.map(|date| date.to_string()),
            valid_until: definition.valid_until.map(|date| date.to_string()),
        }
    }
}

pub(super) fn action_names(actions: &BTreeSet<MaintenanceAction>) -> Vec<String> {
    let names = actions.iter().map(|action| action.name().to_owned());
    names.collect()
}
