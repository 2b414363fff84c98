//! What the agent knows of its maintenance windows, for whoever decides.

use super::shared::Shared;
use crate::{
    KnownRules, Needs, Part, Passage, WindowGate,
    state::{JournalEntry, Wait},
    verdict_line,
};
use jiff::{SignedDuration, Timestamp, tz::TimeZoneDatabase};
use latarnik_model::{Clock, MaintenanceAction, WaitReason};
use latarnik_protocol::AgentConfig;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The rules, the machine's time zone and what work needs, as they are now.
#[derive(Clone)]
pub(super) struct Maintenance {
    pub(super) rules: Arc<KnownRules>,
    pub(super) rules_since: Option<Timestamp>,
    pub(super) zone: Option<String>,
    pub(super) needs: Needs,
    pub(super) zones: &'static TimeZoneDatabase,
}

impl Maintenance {
    fn gate(&self) -> WindowGate<'_> {
        WindowGate {
            rules: &self.rules,
            zone: self.zone.as_deref(),
            zones: self.zones,
        }
    }
}

/// All that decides on tasks, at one instant.
#[derive(Clone)]
pub(super) struct View {
    /// The server's clock, as well as it is known.
    pub(super) now: Timestamp,
    /// The same where it is no guess.
    pub(super) known_now: Option<Timestamp>,
    pub(super) maintenance: Maintenance,
}

impl View {
    /// Whether work of this kind that needs so much time may begin.
    pub(super) fn passage(&self, action: MaintenanceAction, need: SignedDuration) -> Passage {
        self.maintenance
            .gate()
            .passage(action, self.known_now, need)
    }

    /// Whether a task may begin or go on.
    pub(super) fn passage_of(&self, entry: &JournalEntry, action: MaintenanceAction) -> Passage {
        let need = self.maintenance.needs.to_begin(&entry.task.parameters);
        let not_before = entry
            .earlier
            .as_ref()
            .and_then(|earlier| earlier.not_before);
        let Some(from) = not_before.filter(|from| self.known_now.is_some_and(|now| now < *from))
        else {
            return self.passage(action, need);
        };
        match self.maintenance.gate().passage(action, Some(from), need) {
            Passage::Open { .. } => Passage::Closed {
                reason: WaitReason::Window,
                until: Some(from),
                look_again: Some(from),
            },
            closed @ Passage::Closed { .. } => closed,
        }
    }

    /// The verdict and its reasons in one line.
    pub(super) fn line(&self, action: MaintenanceAction) -> String {
        let Some(now) = self.known_now else {
            return "the time is not known".to_owned();
        };
        match (
            self.maintenance.gate().explain(action, now),
            &*self.maintenance.rules,
        ) {
            (Some(explanation), _) => verdict_line(&explanation),
            (None, KnownRules::Unreadable) => "the rules cannot be read".to_owned(),
            (None, _) => "no rules are known".to_owned(),
        }
    }

    pub(super) fn gate(&self) -> WindowGate<'_> {
        self.maintenance.gate()
    }
}

/// Holds it for the loops.
pub(super) struct Knowledge(Mutex<Maintenance>);

impl Knowledge {
    pub(super) fn new(maintenance: Maintenance) -> Self {
        Self(Mutex::new(maintenance))
    }

    pub(super) fn now(&self) -> Maintenance {
        self.lock().clone()
    }

    /// Takes the rules of a configuration that came just now.
    pub(super) fn take_rules(&self, config: &AgentConfig, since: Option<Timestamp>) {
        let rules = KnownRules::of(config.maintenance.as_ref());
        let mut known = self.lock();
        known.rules_since = since;
        if *known.rules != rules {
            tracing::info!("the maintenance rules have changed");
            known.rules = Arc::new(rules);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Maintenance> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    pub(super) fn view(&self) -> View {
        View {
            now: self.clock.now(),
            known_now: self.clock.known_now(),
            maintenance: self.knowledge.now(),
        }
    }

    /// The same in the time zone in which the machine is now. A move decides everything anew.
    pub(super) async fn fresh_view(&self) -> View {
        let machine = self.ports.machine.clone();
        let zone = tokio::task::spawn_blocking(move || machine.time_zone()).await;
        if let Ok(zone) = zone {
            let moved = {
                let mut known = self.knowledge.lock();
                let moved = known.zone != zone;
                known.zone.clone_from(&zone);
                moved
            };
            if moved {
                tracing::info!(?zone, "the machine is in another time zone");
                self.notices.queue.notify_one();
            }
        }
        self.view()
    }

    /// Learns how long a part of work took.
    pub(super) async fn learn(&self, figures: Vec<(Part, Duration)>) {
        if figures.is_empty() {
            return;
        }
        let (needs, is_news) = {
            let mut known = self.knowledge.lock();
            let before = known.needs.in_all();
            for (part, took) in figures {
                known.needs.learn(part, took);
            }
            (known.needs.clone(), known.needs.in_all() != before)
        };
        self.insist(move |state| state.set_needs(&needs)).await;
        if is_news {
            self.notices.change.notify_one();
        }
    }
}

/// What is told of a task that goes back to waiting. Where a window has opened in the meantime it
/// goes on at once.
pub(super) const fn wait(passage: Passage) -> Wait {
    let (reason, until) = match passage {
        Passage::Open { .. } => (WaitReason::Window, None),
        Passage::Closed { reason, until, .. } => (reason, until),
    };
    Wait {
        until,
        reason: Some(reason),
    }
}
