//! The window gate: whether work that windows bind may begin, by the rules that the agent holds.
//!
//! Nothing here guesses. Without rules, with rules of a kind that this program does not know, and
//! without knowing the time, work holds.

use jiff::{SignedDuration, Timestamp, tz::TimeZoneDatabase};
use latarnik_model::{
    Because, BlackoutStanding, Calendar, Explanation, Fit, MaintenanceAction, MaintenanceRules,
    PolicyScope, WaitReason, When, WindowStanding,
};
use latarnik_protocol::{RawMaintenance, Task};
use std::fmt::Write;

/// The rules that the agent holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum KnownRules {
    /// None ever came, or the server says that there are none.
    #[default]
    Missing,
    /// They say something that this program does not know.
    Unreadable,
    /// They can be kept.
    Known(MaintenanceRules),
}

impl KnownRules {
    /// Reads what the server sent.
    #[must_use]
    pub fn of(raw: Option<&RawMaintenance>) -> Self {
        match raw.map(RawMaintenance::read) {
            None => Self::Missing,
            Some(Err(error)) => {
                tracing::warn!(
                    error = crate::engine::chain(&error),
                    "the maintenance rules cannot be read; work that they bind waits"
                );
                Self::Unreadable
            }
            Some(Ok(rules)) => Self::Known(rules),
        }
    }
}

/// The kind of work of a task that windows bind. What a person asked for at an instant begins
/// then, whatever the windows say, and a look for updates disturbs nobody.
#[must_use]
pub fn bound_by(task: &Task) -> Option<MaintenanceAction> {
    match task.when {
        When::Now | When::At { .. } => None,
        When::InWindow => MaintenanceAction::of(task.parameters.kind()),
    }
}

/// Whether work may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passage {
    /// It may, and is to be done by then; `None` if no end is in sight.
    Open {
        /// The end of the opening.
        until: Option<Timestamp>,
    },
    /// It waits.
    Closed {
        /// For what.
        reason: WaitReason,
        /// When it is expected to begin, if that is known.
        until: Option<Timestamp>,
        /// When to look again; `None` if nothing changes by itself.
        look_again: Option<Timestamp>,
    },
}

/// The rules in the machine's present time zone.
#[derive(Debug, Clone, Copy)]
pub struct WindowGate<'a> {
    /// The rules.
    pub rules: &'a KnownRules,
    /// The machine's IANA time zone, if it knows it.
    pub zone: Option<&'a str>,
    /// What is known of time zones.
    pub zones: &'a TimeZoneDatabase,
}

impl<'a> WindowGate<'a> {
    /// Whether work of this kind that needs so much time may begin at an instant; `None` is an
    /// instant that nobody knows.
    #[must_use]
    pub fn passage(
        &self,
        action: MaintenanceAction,
        now: Option<Timestamp>,
        need: SignedDuration,
    ) -> Passage {
        let Some(calendar) = self.calendar() else {
            return closed(WaitReason::RulesUnknown);
        };
        let Some(now) = now else {
            return closed(WaitReason::ClockUnknown);
        };
        let next = calendar.openings(action, now, 1).into_iter().next();
        let next_fits = next.map(|opening| opening.fits(need));
        if let Some(opening) = next
            && opening.start <= now
            && next_fits == Some(true)
        {
            return Passage::Open { until: opening.end };
        }
        let until = match (next, next_fits) {
            (Some(opening), Some(true)) => Some(opening.start),
            (None, _) => None,
            _ => match calendar.fit(action, now, need) {
                Fit::Now { until } => return Passage::Open { until },
                Fit::Later(at) => Some(at),
                Fit::Never => None,
            },
        };
        let verdict = calendar.verdict(action, now);
        let reason = match verdict.because {
            _ if next_fits == Some(false) => WaitReason::LongerWindow,
            Because::Blackout => WaitReason::Blackout,
            Because::InWindow | Because::OutsideWindows => WaitReason::Window,
            Because::WithoutWindow => WaitReason::WindowDefinition,
        };
        Passage::Closed {
            reason,
            until,
            look_again: verdict.until.into_iter().chain(until).min(),
        }
    }

    /// The reasoning behind the verdict, if there are rules.
    #[must_use]
    pub fn explain(&self, action: MaintenanceAction, at: Timestamp) -> Option<Explanation> {
        self.calendar().map(|calendar| calendar.explain(action, at))
    }

    fn calendar(&self) -> Option<Calendar<'a>> {
        match self.rules {
            KnownRules::Known(rules) => Some(rules.calendar(self.zone, self.zones)),
            KnownRules::Missing | KnownRules::Unreadable => None,
        }
    }
}

const fn closed(reason: WaitReason) -> Passage {
    Passage::Closed {
        reason,
        until: None,
        look_again: None,
    }
}

/// An explanation in one line, for the agent's log and for people at the machine.
#[must_use]
pub fn verdict_line(explanation: &Explanation) -> String {
    let mut line = String::from(if explanation.open { "open" } else { "closed" });
    let add = |line: &mut String, text: std::fmt::Arguments<'_>| {
        // Writing to a string does not fail.
        let _ = line.write_fmt(text);
    };
    match explanation.because {
        Because::Blackout => {
            for blackout in &explanation.blackouts {
                if let BlackoutStanding::On { until } = blackout.standing {
                    let (name, scope) = (&blackout.name, scope(blackout.scope));
                    add(
                        &mut line,
                        format_args!(", {scope} blackout {name:?} until {until}"),
                    );
                }
            }
        }
        Because::InWindow => {
            for window in &explanation.windows {
                if let WindowStanding::Open { until } = window.standing {
                    let (name, scope) = (&window.name, scope(window.scope));
                    add(
                        &mut line,
                        format_args!(", {scope} window {name:?} until {until}"),
                    );
                }
            }
        }
        Because::OutsideWindows => {
            for window in &explanation.windows {
                if let WindowStanding::Closed { next } = window.standing {
                    let (name, scope) = (&window.name, scope(window.scope));
                    match next {
                        Some(next) => add(
                            &mut line,
                            format_args!(", {scope} window {name:?} opens {next}"),
                        ),
                        None => add(
                            &mut line,
                            format_args!(", {scope} window {name:?} does not open again"),
                        ),
                    }
                }
            }
        }
        Because::WithoutWindow => line.push_str(", no window is in force"),
    }
    if !explanation.open
        && let Some(next) = explanation.openings.first()
    {
        let (at, zone) = (next.local_start(), &explanation.time_zone);
        add(&mut line, format_args!(", next opening {at} ({zone})"));
    }
    line
}

const fn scope(scope: PolicyScope) -> &'static str {
    match scope {
        PolicyScope::Tenant => "tenant's",
        PolicyScope::Group(_) => "group's",
        PolicyScope::Device(_) => "device's",
    }
}

#[cfg(test)]
pub(crate) mod generated;
#[cfg(test)]
mod tests;
