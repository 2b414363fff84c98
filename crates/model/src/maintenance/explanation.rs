//! The whole reasoning behind a verdict: one structure, from which the API, the console and the
//! agent's log speak.

use super::{
    Because, Calendar, MaintenanceAction, Opening, WithoutWindow,
    calendar::{BlackoutInZone, Verdict, Window},
    occurrence::{Course, Phase},
};
use crate::{BlackoutId, MaintenanceWindowId, PolicyScope};
use jiff::{
    Timestamp,
    tz::{Offset, TimeZone},
};

/// Openings that an explanation lists.
const OPENINGS: usize = 5;

/// Why automatic work of one kind may or may not run on a device at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The kind of work.
    pub action: MaintenanceAction,
    /// The instant.
    pub at: Timestamp,
    /// Whether windows and blackouts let it run. What else is in its way is in `blockers`.
    pub open: bool,
    /// Why.
    pub because: Because,
    /// The scope that decided; `None` where the tenant's setting did.
    pub scope: Option<PolicyScope>,
    /// The tenant's setting for this kind of work.
    pub without_window: WithoutWindow,
    /// The IANA time zone that counts as the device's.
    pub time_zone: String,
    /// Whose it is.
    pub zone_source: ZoneSource,
    /// Every window of the device's scopes, from the device outwards.
    pub windows: Vec<WindowReview>,
    /// Every blackout of the device's scopes, from the device outwards.
    pub blackouts: Vec<BlackoutReview>,
    /// What else is in its way. The rules know nothing of that: whoever asks adds it.
    pub blockers: Vec<Blocker>,
    /// The next openings from the instant on, at most five.
    pub openings: Vec<LocalOpening>,
}

/// Whose time zone counts as the device's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ZoneSource {
    /// Its own.
    Device,
    /// Its tenant's: its own is unknown.
    Tenant,
}

/// A window, and what it has to do with the verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowReview {
    /// Which window.
    pub id: MaintenanceWindowId,
    /// What people call it.
    pub name: String,
    /// Whose it is.
    pub scope: PolicyScope,
    /// What it has to do with the verdict.
    pub standing: WindowStanding,
}

/// What a window has to do with a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WindowStanding {
    /// It decides, and is open.
    Open {
        /// Until when.
        until: Timestamp,
    },
    /// It decides, and is closed.
    Closed {
        /// When it opens; `None` if never again.
        next: Option<Timestamp>,
    },
    /// A window of a narrower scope decides.
    Overruled {
        /// Which scope.
        by: PolicyScope,
    },
    /// It is not enabled.
    Disabled,
    /// It does not allow this kind of work.
    OtherActions,
    /// It does not count yet.
    NotYetValid {
        /// From when on it does.
        from: Timestamp,
    },
    /// It does not count any more.
    NoLongerValid {
        /// Since when.
        since: Timestamp,
    },
    /// Nothing is known about its time zone, so it does not open.
    UnknownZone,
}

/// A blackout, and what it has to do with the verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlackoutReview {
    /// Which blackout.
    pub id: BlackoutId,
    /// What people call it.
    pub name: String,
    /// Whose it is.
    pub scope: PolicyScope,
    /// What it has to do with the verdict.
    pub standing: BlackoutStanding,
}

/// What a blackout has to do with a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BlackoutStanding {
    /// It is on.
    On {
        /// At least until then.
        until: Timestamp,
    },
    /// It comes.
    Off {
        /// When.
        next: Timestamp,
    },
    /// It does not come again.
    Over,
    /// It forbids other kinds of work.
    OtherActions,
    /// Nothing is known about its time zone, so it does not end.
    UnknownZone,
}

/// What is in the way of work besides windows and blackouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Blocker {
    /// The device is out of contact.
    Offline {
        /// When it was last heard of.
        since: Option<Timestamp>,
    },
    /// The machine has to restart before anything more can be installed.
    RestartPending,
    /// Nothing asks for a restart.
    NoRestartPending,
    /// No policy installs what is pending, and nobody asked for it.
    NotApproved,
    /// Nothing is there to be done.
    NothingPending,
    /// Another task runs.
    Busy,
    /// The opening that it has, or the next one, is shorter than what the work needs.
    TooShort {
        /// How long it needs, in seconds; `None` where its agent has not told.
        needs_seconds: Option<u32>,
        /// How much is left of the opening that it has, in seconds; `None` outside of openings.
        left_seconds: Option<u32>,
        /// When an opening begins that is long enough; `None` if none is in sight, or if it is not
        /// known how long that is.
        fits_at: Option<Timestamp>,
    },
    /// The agent has never learned what time it is at the server.
    ClockUnknown,
    /// The agent does not understand the rules: it is older than they are.
    RulesUnknown,
}

/// An opening as the device's clock shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalOpening {
    /// From when to when.
    pub opening: Opening,
    /// The offset of the device's clock from UTC at its start.
    pub start_offset: Offset,
    /// The same at its end.
    pub end_offset: Option<Offset>,
}

impl LocalOpening {
    /// Its start in device time with the offset, such as `2026-11-27T22:00:00+01:00`.
    #[must_use]
    pub fn local_start(&self) -> String {
        with_offset(self.opening.start, self.start_offset)
    }

    /// Its end likewise; `None` without an end in sight.
    #[must_use]
    pub fn local_end(&self) -> Option<String> {
        let end = self.opening.end.zip(self.end_offset);
        end.map(|(end, offset)| with_offset(end, offset))
    }
}

fn with_offset(at: Timestamp, offset: Offset) -> String {
    at.display_with_offset(offset).to_string()
}

impl Calendar<'_> {
    /// Why automatic work of this kind may or may not run at an instant.
    #[must_use]
    pub fn explain(&self, action: MaintenanceAction, at: Timestamp) -> Explanation {
        let verdict = self.verdict(action, at);
        let deciding = self.deciding(action, at);
        let windows = self.windows.iter().map(|window| WindowReview {
            id: window.window.id,
            name: window.window.name.clone(),
            scope: window.scope,
            standing: standing(window, action, at, deciding),
        });
        let blackouts = self.blackouts.iter().map(|blackout| BlackoutReview {
            id: blackout.blackout.id,
            name: blackout.blackout.name.clone(),
            scope: blackout.scope,
            standing: blackout_standing(blackout, action, at),
        });
        let Verdict {
            open,
            because,
            scope,
            ..
        } = verdict;
        Explanation {
            action,
            at,
            open,
            because,
            scope,
            without_window: self.rules.without_windows.of(action),
            time_zone: self.zone.name.clone(),
            zone_source: self.zone.source,
            windows: windows.collect(),
            blackouts: blackouts.collect(),
            blockers: Vec::new(),
            openings: self
                .openings(action, at, OPENINGS)
                .into_iter()
                .map(|opening| self.local(opening))
                .collect(),
        }
    }

    /// An opening as the device's clock shows it.
    #[must_use]
    pub fn local(&self, opening: Opening) -> LocalOpening {
        let offset = |at| {
            let zone: Option<&TimeZone> = self.zone.zone.as_ref();
            zone.map_or(Offset::UTC, |zone| zone.to_offset(at))
        };
        LocalOpening {
            opening,
            start_offset: offset(opening.start),
            end_offset: opening.end.map(offset),
        }
    }

    /// The scope whose windows decide, unless a blackout does.
    fn deciding(&self, action: MaintenanceAction, at: Timestamp) -> Option<(usize, PolicyScope)> {
        self.windows
            .iter()
            .filter(|window| window.concerns(action) && window.in_force(at))
            .map(|window| (window.distance, window.scope))
            .min_by_key(|(distance, _)| *distance)
    }
}

fn standing(
    window: &Window<'_>,
    action: MaintenanceAction,
    at: Timestamp,
    deciding: Option<(usize, PolicyScope)>,
) -> WindowStanding {
    if !window.window.definition.actions().contains(&action) {
        return WindowStanding::OtherActions;
    }
    if !window.window.enabled {
        return WindowStanding::Disabled;
    }
    let Some(occurrences) = &window.occurrences else {
        return WindowStanding::UnknownZone;
    };
    let (from, until) = occurrences.valid();
    match deciding {
        _ if at < from => WindowStanding::NotYetValid { from },
        _ if until <= at => WindowStanding::NoLongerValid { since: until },
        Some((distance, by)) if distance != window.distance => WindowStanding::Overruled { by },
        _ => match Course::new([window.intervals(at)]).phase(at) {
            Phase::On { until, .. } => WindowStanding::Open { until },
            Phase::Off { next } => WindowStanding::Closed { next: Some(next) },
            Phase::Over => WindowStanding::Closed { next: None },
        },
    }
}

fn blackout_standing(
    blackout: &BlackoutInZone<'_>,
    action: MaintenanceAction,
    at: Timestamp,
) -> BlackoutStanding {
    if !blackout.concerns(action) {
        return BlackoutStanding::OtherActions;
    }
    if blackout.zone.is_none() {
        return BlackoutStanding::UnknownZone;
    }
    match Course::new([blackout.intervals(at)]).phase(at) {
        Phase::On { until, .. } => BlackoutStanding::On { until },
        Phase::Off { next } => BlackoutStanding::Off { next },
        Phase::Over => BlackoutStanding::Over,
    }
}
