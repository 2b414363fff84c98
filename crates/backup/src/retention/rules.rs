//! The rules that people write, and what is wrong with them.

use super::SnapshotKind;
use jiff::Span;
use serde::{Deserialize, Serialize};
use std::{fmt, num::NonZeroU32, str::FromStr};

/// The largest number that a rule may keep.
pub const MOST_KEPT: u32 = 100_000;
/// The longest duration, in each of its units; more than a thousand years of any is a mistake.
const MOST_OF_A_UNIT: u32 = 10_000;

/// Rules for full and for incremental snapshots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "RetentionRulesDraft", into = "RetentionRulesDraft")]
pub struct RetentionRules {
    /// For full snapshots.
    pub full: KeepRules,
    /// For incremental snapshots.
    pub incremental: KeepRules,
}

impl RetentionRules {
    /// The rules for snapshots of a kind.
    #[must_use]
    pub const fn of(&self, kind: SnapshotKind) -> &KeepRules {
        match kind {
            SnapshotKind::Full => &self.full,
            SnapshotKind::Incremental => &self.incremental,
        }
    }
}

/// What to keep of one kind of snapshots. Without any rule, everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeepRules {
    /// So many of the newest.
    pub last: Option<NonZeroU32>,
    /// The newest of each of so many days.
    pub daily: Option<NonZeroU32>,
    /// The newest of each of so many ISO weeks, Monday to Sunday.
    pub weekly: Option<NonZeroU32>,
    /// The newest of each of so many months.
    pub monthly: Option<NonZeroU32>,
    /// The newest of each of so many years.
    pub yearly: Option<NonZeroU32>,
    /// All that are younger than this, counted back from the newest.
    pub within: Option<Within>,
}

impl KeepRules {
    /// Whether no rule is set, so that everything is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A duration as restic writes it: years, months, days and hours, such as `1y6m`, `14d` or `36h`.
///
/// Years, months and days follow the calendar and the clock on the wall; hours are elapsed time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Within {
    years: u32,
    months: u32,
    days: u32,
    hours: u32,
}

impl Within {
    /// The duration to count back.
    pub(super) fn span(self) -> Span {
        Span::new()
            .years(self.years)
            .months(self.months)
            .days(self.days)
            .hours(self.hours)
    }
}

impl FromStr for Within {
    type Err = RuleFaultCode;
    fn from_str(text: &str) -> Result<Self, RuleFaultCode> {
        let mut units = [('y', None), ('m', None), ('d', None), ('h', None)];
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.find(|c: char| !c.is_ascii_digit());
            let (digits, tail) = end
                .filter(|end| *end > 0)
                .and_then(|end| rest.split_at_checked(end))
                .ok_or(RuleFaultCode::Malformed)?;
            let mut letters = tail.chars();
            let letter = letters.next().ok_or(RuleFaultCode::Malformed)?;
            let (_, amount) = units
                .iter_mut()
                .find(|(unit, amount)| *unit == letter && amount.is_none())
                .ok_or(RuleFaultCode::Malformed)?;
            let number = digits.parse().ok().filter(|n| *n <= MOST_OF_A_UNIT);
            *amount = Some(number.ok_or(RuleFaultCode::OutOfRange)?);
            rest = letters.as_str();
        }
        let [years, months, days, hours] = units.map(|(_, amount)| amount);
        let is_named = [years, months, days, hours].iter().any(Option::is_some);
        let within = Self {
            years: years.unwrap_or(0),
            months: months.unwrap_or(0),
            days: days.unwrap_or(0),
            hours: hours.unwrap_or(0),
        };
        match (is_named, within.to_string().is_empty()) {
            (false, _) => Err(RuleFaultCode::Malformed),
            (true, true) => Err(RuleFaultCode::OutOfRange),
            (true, false) => Ok(within),
        }
    }
}

impl fmt::Display for Within {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [
            (self.years, 'y'),
            (self.months, 'm'),
            (self.days, 'd'),
            (self.hours, 'h'),
        ];
        units
            .into_iter()
            .filter(|(amount, _)| *amount > 0)
            .try_for_each(|(amount, unit)| write!(formatter, "{amount}{unit}"))
    }
}

/// Rules as people and programs write them. Nothing is checked yet; [`RetentionRules`] are made of
/// them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionRulesDraft {
    /// For full snapshots.
    pub full: KeepRulesDraft,
    /// For incremental snapshots.
    pub incremental: KeepRulesDraft,
}

/// Rules of one kind of snapshots, not checked yet.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeepRulesDraft {
    /// So many of the newest, 1 to 100000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<i64>,
    /// The newest of each of so many days, 1 to 100000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily: Option<i64>,
    /// The newest of each of so many ISO weeks, 1 to 100000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weekly: Option<i64>,
    /// The newest of each of so many months, 1 to 100000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly: Option<i64>,
    /// The newest of each of so many years, 1 to 100000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub yearly: Option<i64>,
    /// All that are younger than this, such as `1y6m`, `14d` or `36h`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
}

/// What is wrong with a rule. The console and the programs translate the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleFaultCode {
    /// Too small or too large; a rule that keeps nothing is left out instead.
    OutOfRange,
    /// No duration.
    Malformed,
}

impl RuleFaultCode {
    /// The code as it is written in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OutOfRange => "out_of_range",
            Self::Malformed => "malformed",
        }
    }
}

/// A rule that cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleFault {
    /// The field, such as `incremental.daily`.
    pub field: String,
    /// What is wrong with it.
    pub code: RuleFaultCode,
}

/// Everything that is wrong with rules, at least one thing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct RuleFaults(pub Vec<RuleFault>);

impl fmt::Display for RuleFaults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("invalid retention rules")?;
        for (index, fault) in self.0.iter().enumerate() {
            let before = if index == 0 { ": " } else { ", " };
            let code = fault.code.as_str();
            write!(formatter, "{before}{} ({code})", fault.field)?;
        }
        Ok(())
    }
}

impl TryFrom<RetentionRulesDraft> for RetentionRules {
    type Error = RuleFaults;
    fn try_from(draft: RetentionRulesDraft) -> Result<Self, RuleFaults> {
        let mut faults = Vec::new();
        let rules = Self {
            full: checked("full", &draft.full, &mut faults),
            incremental: checked("incremental", &draft.incremental, &mut faults),
        };
        if faults.is_empty() {
            Ok(rules)
        } else {
            Err(RuleFaults(faults))
        }
    }
}

fn checked(kind: &str, draft: &KeepRulesDraft, faults: &mut Vec<RuleFault>) -> KeepRules {
    let mut report = |rule: &str, code| {
        faults.push(RuleFault {
            field: format!("{kind}.{rule}"),
            code,
        });
    };
    let mut number = |rule: &str, amount: Option<i64>| {
        let amount = amount?;
        let valid = u32::try_from(amount).ok().filter(|n| *n <= MOST_KEPT);
        let valid = valid.and_then(NonZeroU32::new);
        if valid.is_none() {
            report(rule, RuleFaultCode::OutOfRange);
        }
        valid
    };
    KeepRules {
        last: number("last", draft.last),
        daily: number("daily", draft.daily),
        weekly: number("weekly", draft.weekly),
        monthly: number("monthly", draft.monthly),
        yearly: number("yearly", draft.yearly),
        within: draft
            .within
            .as_deref()
            .and_then(|text| text.parse().map_err(|code| report("within", code)).ok()),
    }
}

impl From<RetentionRules> for RetentionRulesDraft {
    fn from(rules: RetentionRules) -> Self {
        Self {
            full: rules.full.into(),
            incremental: rules.incremental.into(),
        }
    }
}

impl From<KeepRules> for KeepRulesDraft {
    fn from(rules: KeepRules) -> Self {
        let number = |amount: Option<NonZeroU32>| amount.map(|n| i64::from(n.get()));
        Self {
            last: number(rules.last),
            daily: number(rules.daily),
            weekly: number(rules.weekly),
            monthly: number(rules.monthly),
            yearly: number(rules.yearly),
            within: rules.within.map(|within| within.to_string()),
        }
    }
}
