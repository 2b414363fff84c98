//! What the rules come to on one device: verdicts and openings.

use super::{
    Blackout, MaintenanceAction, MaintenanceRules, MaintenanceWindow, ZoneSource,
    occurrence::{Intervals, Occurrences, blackout_intervals},
    reading::Reading,
};
use crate::PolicyScope;
use jiff::{
    SignedDuration, Timestamp,
    tz::{TimeZone, TimeZoneDatabase},
};
use std::iter::{empty, once};

/// The end of a longer opening is not looked for.
pub const LONGEST_OPENING: SignedDuration = SignedDuration::from_hours(366 * 24);

/// The search for an opening ends after so many changes of the verdict that bring none: from one
/// blackout to another, or from closed windows to a blackout. With one every day that is 27 years
/// ahead, with one every month the end of the century.
pub const MOST_CHANGES: usize = 10_000;

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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = MaintenanceBecause))]
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
            Some(name) => known(name, zones),
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

/// `Etc/Unknown` is what programs say that could not find out.
fn known(name: &str, zones: &TimeZoneDatabase) -> Option<TimeZone> {
    let zone = zones.get(name).ok()?;
    (!zone.is_unknown()).then_some(zone)
}

impl Zone {
    fn of(device: Option<&str>, tenant: &str, zones: &TimeZoneDatabase) -> Self {
        let own = device.and_then(|name| Some((name, known(name, zones)?)));
        match own {
            Some((name, zone)) => Self {
                name: name.to_owned(),
                zone: Some(zone),
                source: ZoneSource::Device,
            },
            None => Self {
                name: tenant.to_owned(),
                zone: known(tenant, zones),
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

    /// When it is open, from an instant on.
    pub(super) fn intervals(&self, from: Timestamp) -> Intervals<'_> {
        match &self.occurrences {
            Some(occurrences) => occurrences.intervals(from),
            None => Box::new(empty()),
        }
    }

    /// The next instant at which it comes into force or goes out of it.
    pub(super) fn next_bound(&self, at: Timestamp) -> Option<Timestamp> {
        let (from, until) = self.occurrences.as_ref()?.valid();
        [from, until].into_iter().find(|bound| at < *bound)
    }
}

impl BlackoutInZone<'_> {
    pub(super) fn concerns(&self, action: MaintenanceAction) -> bool {
        self.blackout.definition.actions().contains(&action)
    }

    /// When it is on, from an instant on.
    pub(super) fn intervals(&self, from: Timestamp) -> Intervals<'_> {
        match &self.zone {
            Some(zone) => blackout_intervals(&self.blackout.definition, zone, from),
            None => Box::new(once((Timestamp::MIN, Timestamp::MAX))),
        }
    }
}

impl Calendar<'_> {
    /// Whether automatic work of this kind may run at an instant.
    #[must_use]
    pub fn verdict(&self, action: MaintenanceAction, at: Timestamp) -> Verdict {
        Reading::new(self, action, at).verdict(at)
    }

    /// The next openings, at most `most` of them. One that is open at `from` is the first, and
    /// begins there. After one without an end in sight there is none, and none begins after the
    /// year 2100. A search ends that meets [`MOST_CHANGES`] changes and no opening.
    #[must_use]
    pub fn openings(
        &self,
        action: MaintenanceAction,
        from: Timestamp,
        most: usize,
    ) -> Vec<Opening> {
        let openings = Reading::new(self, action, from).openings(from);
        openings.take(most).collect()
    }

    /// When work that needs so much time may begin.
    #[must_use]
    pub fn fit(&self, action: MaintenanceAction, at: Timestamp, need: SignedDuration) -> Fit {
        let openings = Reading::new(self, action, at).openings(at);
        match openings.take(LOOKED_AT).find(|opening| opening.fits(need)) {
            Some(opening) if opening.start <= at => Fit::Now { until: opening.end },
            Some(opening) => Fit::Later(opening.start),
            None => Fit::Never,
        }
    }
}
