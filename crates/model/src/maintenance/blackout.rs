//! Definitions of blackouts, and the parser that reads them.

use super::{
    MaintenanceAction,
    definition::{DefinitionFaults, FaultKind, Reader, action_names},
};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt};

/// A definition as people and programs write it. Nothing is checked yet; [`BlackoutDefinition`] is
/// made of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = BlackoutDefinition))]
#[serde(deny_unknown_fields)]
pub struct BlackoutDraft {
    /// When it is.
    pub period: PeriodDraft,
    /// An IANA time zone such as `Europe/Warsaw`, in which its days are days; absent is each
    /// device's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// What may not run, at least one; absent is everything.
    #[serde(default = "every_action")]
    #[cfg_attr(feature = "schema", schema(value_type = Vec<MaintenanceAction>, min_items = 1))]
    pub actions: Vec<String>,
}

fn every_action() -> Vec<String> {
    action_names(&MaintenanceAction::ALL.into_iter().collect())
}

/// When a blackout is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = BlackoutPeriod))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum PeriodDraft {
    /// Once.
    Once {
        /// From this instant (RFC 3339).
        #[cfg_attr(feature = "schema", schema(format = "date-time"))]
        from: String,
        /// Until this instant, itself not included.
        #[cfg_attr(feature = "schema", schema(format = "date-time"))]
        until: String,
    },
    /// Every year.
    Yearly {
        /// The first day, as `MM-DD`; 29 February stands for 1 March in other years.
        #[cfg_attr(
            feature = "schema",
            schema(example = "12-20", pattern = r"^\d\d-\d\d$")
        )]
        first: String,
        /// The last day, as `MM-DD`, of the next year if it comes before the first; 29 February
        /// stands for 28 February in other years.
        #[cfg_attr(
            feature = "schema",
            schema(example = "01-06", pattern = r"^\d\d-\d\d$")
        )]
        last: String,
    },
    /// Every month.
    Monthly {
        /// The number of the first day, 1 to 31. Days that a month lacks do not occur.
        #[cfg_attr(feature = "schema", schema(minimum = 1, maximum = 31))]
        first_day: i64,
        /// The number of the last day, 1 to 31; of the next month if it comes before the first.
        #[cfg_attr(feature = "schema", schema(minimum = 1, maximum = 31))]
        last_day: i64,
    },
}

/// When nothing automatic may run. Always a usable one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "BlackoutDraft", into = "BlackoutDraft")]
pub struct BlackoutDefinition {
    period: BlackoutPeriod,
    time_zone: Option<String>,
    actions: BTreeSet<MaintenanceAction>,
}

impl BlackoutDefinition {
    /// When it is.
    #[must_use]
    pub const fn period(&self) -> &BlackoutPeriod {
        &self.period
    }

    /// Its IANA time zone; `None` is the device's own. Whether there is such a zone is not known
    /// here.
    #[must_use]
    pub fn time_zone(&self) -> Option<&str> {
        self.time_zone.as_deref()
    }

    /// What may not run.
    #[must_use]
    pub const fn actions(&self) -> &BTreeSet<MaintenanceAction> {
        &self.actions
    }
}

/// When a blackout is: whole days of its zone, or one span of instants.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum BlackoutPeriod {
    /// Once.
    Once {
        /// From this instant.
        from: Timestamp,
        /// Until this instant, itself not included.
        until: Timestamp,
    },
    /// Every year, wrapping over New Year if the last day comes before the first.
    Yearly {
        /// The first day.
        first: MonthDay,
        /// The last day.
        last: MonthDay,
    },
    /// Every month, wrapping over the month's end if the last day comes before the first.
    Monthly {
        /// The first day's number.
        first_day: u8,
        /// The last day's number.
        last_day: u8,
    },
}

/// A day of any year; 29 February is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MonthDay {
    month: i8,
    day: i8,
}

/// A year that has every day.
const LEAP_YEAR: i16 = 2000;

impl MonthDay {
    /// `MM-DD`.
    fn parse(text: &str) -> Option<Self> {
        let plain = |byte: &u8| byte.is_ascii_digit();
        let [a, b, b'-', c, d] = text.as_bytes() else {
            return None;
        };
        if ![a, b, c, d].into_iter().all(plain) {
            return None;
        }
        let month = text.get(..2)?.parse().ok()?;
        let day = text.get(3..)?.parse().ok()?;
        Date::new(LEAP_YEAR, month, day).ok()?;
        Some(Self { month, day })
    }

    /// The date in a year, as the first one of a span.
    pub(super) fn as_first_in(self, year: i16) -> Option<Date> {
        let stands_for = Date::new(year, 3, 1);
        Date::new(year, self.month, self.day).or(stands_for).ok()
    }

    /// The date in a year, as the last one of a span.
    pub(super) fn as_last_in(self, year: i16) -> Option<Date> {
        let stands_for = Date::new(year, 2, 28);
        Date::new(year, self.month, self.day).or(stands_for).ok()
    }
}

impl fmt::Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}

impl Reader {
    fn period(&mut self, draft: &PeriodDraft) -> Option<BlackoutPeriod> {
        match draft {
            PeriodDraft::Once { from, until } => {
                let from = self.take("from", FaultKind::Malformed, from.parse().ok());
                let until = self.take("until", FaultKind::Malformed, until.parse().ok());
                let (from, until): (Timestamp, Timestamp) = (from?, until?);
                if until <= from {
                    self.fault("until", FaultKind::NotAllowed);
                }
                Some(BlackoutPeriod::Once { from, until })
            }
            PeriodDraft::Yearly { first, last } => {
                let first = self.take("first", FaultKind::Malformed, MonthDay::parse(first));
                let last = self.take("last", FaultKind::Malformed, MonthDay::parse(last));
                Some(BlackoutPeriod::Yearly {
                    first: first?,
                    last: last?,
                })
            }
            PeriodDraft::Monthly {
                first_day,
                last_day,
            } => {
                let first = self.take("first_day", FaultKind::OutOfRange, day_number(*first_day));
                let last = self.take("last_day", FaultKind::OutOfRange, day_number(*last_day));
                Some(BlackoutPeriod::Monthly {
                    first_day: first?,
                    last_day: last?,
                })
            }
        }
    }
}

fn day_number(number: i64) -> Option<u8> {
    let day = u8::try_from(number).ok();
    day.filter(|day| (1..=31).contains(day))
}

impl TryFrom<BlackoutDraft> for BlackoutDefinition {
    type Error = DefinitionFaults;

    fn try_from(draft: BlackoutDraft) -> Result<Self, DefinitionFaults> {
        let mut reader = Reader::default();
        let period = reader.period(&draft.period);
        let time_zone = reader.zone(draft.time_zone);
        let actions = reader.actions(&draft.actions);
        reader.finish(period.map(|period| Self {
            period,
            time_zone,
            actions,
        }))
    }
}

impl From<BlackoutDefinition> for BlackoutDraft {
    fn from(definition: BlackoutDefinition) -> Self {
        let period = match definition.period {
            BlackoutPeriod::Once { from, until } => PeriodDraft::Once {
                from: from.to_string(),
                until: until.to_string(),
            },
            BlackoutPeriod::Yearly { first, last } => PeriodDraft::Yearly {
                first: first.to_string(),
                last: last.to_string(),
            },
            BlackoutPeriod::Monthly {
                first_day,
                last_day,
            } => PeriodDraft::Monthly {
                first_day: i64::from(first_day),
                last_day: i64::from(last_day),
            },
        };
        Self {
            period,
            time_zone: definition.time_zone,
            actions: action_names(&definition.actions),
        }
    }
}
