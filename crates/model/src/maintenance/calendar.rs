//! What the rules come to on one device: verdicts and openings.

use super::{
    Blackout, MaintenanceAction, MaintenanceRules, MaintenanceWindow, WithoutWindow, ZoneSource,
    occurrence::{Occurrences, Phase, blackout_phase},
};
use crate::PolicyScope;
use jiff::{
    SignedDuration, Timestamp,
    civil::date,
    tz::{TimeZone, TimeZoneDatabase},
};

/// The end of a longer opening is not looked for.
pub const LONGEST_OPENING: SignedDuration = SignedDuration::from_hours(366 * 24);

/// The rules of one device in its time zone.
#[derive(Debug)]
pub struct Calendar<'a> {
    pub(super) rules: &'a MaintenanceRules,
    pub(super) zone: Zone,
    pub(super) windows: Vec<Window<'a>>,
    pub(super) blackouts: Vec<BlackoutInZone<'a>>,
}

/// The time zone that counts as the device's.
#[derive(Debug)]
pub(super) struct Zone {
    pub(super) name: String,
    /// `None` if nothing is known about a zone of that name.
    pub(super) zone: Option<TimeZone>,
    pub(super) source: ZoneSource,
}

#[derive(Debug)]
pub(super) struct Window<'a> {
    pub(super) scope: PolicyScope,
    /// 0 is the narrowest.
    pub(super) distance: usize,
    pub(super) window: &'a MaintenanceWindow,
    /// `None` if nothing is known about its zone: then it is in force and never open, so that
    /// nothing runs at a time that nobody meant.
    pub(super) occurrences: Option<Occurrences<'a>>,
}

#[derive(Debug)]
pub(super) struct BlackoutInZone<'a> {
    pub(super) scope: PolicyScope,
    pub(super) blackout: &'a Blackout,
    /// `None` if nothing is known about its zone: then it never ends.
    pub(super) zone: Option<TimeZone>,
}

/// Whether automatic work may run at an instant, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it may.
    pub open: bool,
    /// Why.
    pub because: Because,
    /// The scope that decided: of the blackout, or of the windows. `None` where the tenant's setting
    /// did.
    pub scope: Option<PolicyScope>,
    /// The verdict stands at least until then; `None` is for good.
    pub until: Option<Timestamp>,
}

/// Why automatic work may or may not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// A blackout is on.
    Blackout,
    /// A window of the scope that decides is open.
    InWindow,
    /// All windows of the scope that decides are closed.
    OutsideWindows,
    /// No window is in force, and the tenant's setting decides.
    WithoutWindow,
}

/// A maximal interval in which work may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Opening {
    /// Its first instant, or the one from which openings were asked for.
    pub start: Timestamp,
    /// The first instant after it; `None` if it lasts longer than [`LONGEST_OPENING`].
    pub end: Option<Timestamp>,
}

impl Opening {
    /// Whether work of this length that begins at its start ends within it.
    #[must_use]
    pub fn fits(&self, need: SignedDuration) -> bool {
        let length = self.end.map(|end| end.duration_since(self.start));
        length.is_none_or(|length| need <= length)
    }
}

/// When work that needs some time may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// At once; `None` if there is no end in sight.
    Now {
        /// When it has to be done.
        until: Option<Timestamp>,
    },
    /// With a later opening.
    Later(Timestamp),
    /// In none of the openings ahead.
    Never,
}

/// Openings that are looked at for one that is long enough.
const LOOKED_AT: usize = 64;

impl MaintenanceRules {
    /// The rules in the time zone of a device.
    #[must_use]
    pub fn calendar(&self, device_zone: Option<&str>, zones: &TimeZoneDatabase) -> Calendar<'_> {
        let zone = Zone::of(device_zone, &self.tenant_zone, zones);
        let in_zone = |name: Option<&str>| match name {
            Some(name) => zones.get(name).ok(),
            None => zone.zone.clone(),
        };
        let mut windows = Vec::new();
        let mut blackouts = Vec::new();
        for (distance, scope) in self.scopes.iter().enumerate() {
            windows.extend(scope.windows.iter().map(|window| {
                Window {
                    scope: scope.scope,
                    distance,
                    window,
                    occurrences: in_zone(window.definition.time_zone())
                        .map(|zone| Occurrences::new(&window.definition, zone)),
                }
            }));
            let blacked = scope.blackouts.iter().map(|blackout| BlackoutInZone {
                scope: scope.scope,
                blackout,
                zone: in_zone(blackout.definition.time_zone()),
            });
            blackouts.extend(blacked);
        }
        Calendar {
            rules: self,
            zone,
            windows,
            blackouts,
        }
    }
}

impl Zone {
    fn of(device: Option<&str>, tenant: &str, zones: &TimeZoneDatabase) -> Self {
        let known = device.and_then(|name| Some((name, zones.get(name).ok()?)));
        match known {
            Some((name, zone)) => Self {
                name: name.to_owned(),
                zone: Some(zone),
                source: ZoneSource::Device,
            },
            None => Self {
                name: tenant.to_owned(),
                zone: zones.get(tenant).ok(),
                source: ZoneSource::Tenant,
            },
        }
    }
}

impl Window<'_> {
    /// Whether it counts for the action at all, at some instant.
    pub(super) fn concerns(&self, action: MaintenanceAction) -> bool {
        self.window.enabled && self.window.definition.actions().contains(&action)
    }

    pub(super) fn in_force(&self, at: Timestamp) -> bool {
        self.occurrences
            .as_ref()
            .is_none_or(|occurrences| occurrences.is_valid(at))
    }

    pub(super) fn phase(&self, at: Timestamp) -> Phase {
        self.occurrences
            .as_ref()
            .map_or(Phase::Over, |occurrences| occurrences.phase(at))
    }

    /// The next instant at which it comes into force or goes out of it.
    fn next_bound(&self, at: Timestamp) -> Option<Timestamp> {
        let (from, until) = self.occurrences.as_ref()?.valid();
        [from, until].into_iter().find(|bound| at < *bound)
    }
}

impl BlackoutInZone<'_> {
    pub(super) fn concerns(&self, action: MaintenanceAction) -> bool {
        self.blackout.definition.actions().contains(&action)
    }

    pub(super) fn phase(&self, at: Timestamp) -> Phase {
        self.zone.as_ref().map_or(
            Phase::On {
                until: Timestamp::MAX,
            },
            |zone| blackout_phase(&self.blackout.definition, zone, at),
        )
    }
}

impl Calendar<'_> {
    /// Whether automatic work of this kind may run at an instant.
    #[must_use]
    pub fn verdict(&self, action: MaintenanceAction, at: Timestamp) -> Verdict {
        let (mut covered, mut next_blackout) = (None, None);
        for blackout in self.blackouts.iter().filter(|one| one.concerns(action)) {
            match blackout.phase(at) {
                Phase::On { until } => covered = covered.max(Some((until, blackout.scope))),
                Phase::Off { next } => next_blackout = earliest(next_blackout, Some(next)),
                Phase::Over => {}
            }
        }
        if let Some((until, scope)) = covered {
            return Verdict {
                open: false,
                because: Because::Blackout,
                scope: Some(scope),
                until: (until < Timestamp::MAX).then_some(until),
            };
        }
        let mut verdict = self.by_windows(action, at);
        if verdict.open {
            verdict.until = earliest(verdict.until, next_blackout);
        }
        verdict
    }

    /// What the windows say, whatever blackouts there are.
    fn by_windows(&self, action: MaintenanceAction, at: Timestamp) -> Verdict {
        let concerned = || self.windows.iter().filter(|one| one.concerns(action));
        let bounds = concerned().filter_map(|window| window.next_bound(at));
        let bound = bounds.filter(|bound| *bound < Timestamp::MAX).min();
        let in_force = || concerned().filter(|window| window.in_force(at));
        let Some(narrowest) = in_force().min_by_key(|window| window.distance) else {
            return Verdict {
                open: self.rules.without_windows.of(action) == WithoutWindow::Run,
                because: Because::WithoutWindow,
                scope: None,
                until: bound,
            };
        };
        let (mut until, mut next) = (None, None);
        for window in in_force().filter(|window| window.distance == narrowest.distance) {
            match window.phase(at) {
                Phase::On { until: end } => until = until.max(Some(end)),
                Phase::Off { next: start } => next = earliest(next, Some(start)),
                Phase::Over => {}
            }
        }
        Verdict {
            open: until.is_some(),
            because: match until {
                Some(_) => Because::InWindow,
                None => Because::OutsideWindows,
            },
            scope: Some(narrowest.scope),
            until: earliest(until.or(next), bound),
        }
    }

    /// The next openings, at most `most` of them. One that is open at `from` is the first, and
    /// begins there. After one without an end in sight there is none.
    #[must_use]
    pub fn openings(
        &self,
        action: MaintenanceAction,
        from: Timestamp,
        most: usize,
    ) -> Vec<Opening> {
        let mut openings = Vec::new();
        let mut at = from;
        while openings.len() < most && at < last_instant() {
            let verdict = self.verdict(action, at);
            if verdict.open {
                let end = self.end_of_opening(action, at, verdict);
                openings.push(Opening { start: at, end });
                match end {
                    Some(end) => at = end,
                    None => break,
                }
            } else {
                match verdict.until {
                    Some(until) => at = until,
                    None => break,
                }
            }
        }
        openings
    }

    fn end_of_opening(
        &self,
        action: MaintenanceAction,
        start: Timestamp,
        mut verdict: Verdict,
    ) -> Option<Timestamp> {
        loop {
            let until = verdict.until?;
            if LONGEST_OPENING < until.duration_since(start) {
                return None;
            }
            verdict = self.verdict(action, until);
            if !verdict.open {
                return Some(until);
            }
        }
    }

    /// When work that needs so much time may begin.
    #[must_use]
    pub fn fit(&self, action: MaintenanceAction, at: Timestamp, need: SignedDuration) -> Fit {
        let openings = self.openings(action, at, LOOKED_AT);
        match openings.into_iter().find(|opening| opening.fits(need)) {
            Some(opening) if opening.start <= at => Fit::Now { until: opening.end },
            Some(opening) => Fit::Later(opening.start),
            None => Fit::Never,
        }
    }
}

fn earliest(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}

/// Openings are looked for until then.
fn last_instant() -> Timestamp {
    let end = date(2101, 1, 1).to_zoned_datetime(TimeZone::UTC);
    end.map_or(Timestamp::MAX, |end| end.timestamp())
}
