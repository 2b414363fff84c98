//! The rules of a count-down, without a clock and without people: what an answer, a look at who is
//! signed in and the passing of time do to the instant of the restart. `docs/restarts.md` tells them
//! to people.

use crate::{Answer, Choice, Notice, PeopleError, Postponement, Session, state::Start};
use jiff::{SignedDuration, Timestamp};
use latarnik_model::Postponements;

/// The least that a person is told before: also by a restart "now".
pub(super) const SHORTEST_NOTICE: SignedDuration = SignedDuration::from_mins(1);
/// What a person is told again when the instant passed while nobody could see it: the machine slept,
/// the agent did not run, or a task was in the way.
pub(super) const LAST_NOTICE: SignedDuration = SignedDuration::from_mins(5);
/// How much later than its instant a restart may come without being told again.
const LATE: SignedDuration = SignedDuration::from_mins(1);
/// How long nobody is signed in before the rest of the time is let go: whoever changes accounts is
/// back by then.
const LEFT: SignedDuration = SignedDuration::from_mins(1);

/// Who is there to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    Nobody,
    One,
    Several,
    /// The system does not tell: somebody may be there.
    Unknown,
}

impl Presence {
    pub(super) fn of(sessions: &Result<Vec<Session>, PeopleError>) -> Self {
        match sessions.as_deref() {
            Ok([]) => Self::Nobody,
            Ok([_]) => Self::One,
            Ok(_) => Self::Several,
            Err(_) => Self::Unknown,
        }
    }
}

/// Whether something is to be written down and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Some,
    None,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CountDown {
    due: Timestamp,
    postponed: u8,
    allowance: Option<Postponements>,
    began_at: Timestamp,
    /// `None` before the first look.
    presence: Option<Presence>,
    empty_since: Option<Timestamp>,
    seen_at: Timestamp,
}

impl CountDown {
    /// Takes up a count-down where the disk has it.
    pub(super) fn take_up(start: &Start, allowance: Option<Postponements>, now: Timestamp) -> Self {
        Self {
            due: start.restart_at.unwrap_or(start.at),
            postponed: start.postponed,
            allowance,
            began_at: start.at,
            presence: None,
            empty_since: None,
            seen_at: now,
        }
    }

    /// Whether there is nobody to be told anything.
    pub(super) fn is_deserted(&self) -> bool {
        self.presence == Some(Presence::Nobody)
    }

    pub(super) const fn due(&self) -> Timestamp {
        self.due
    }

    pub(super) const fn postponed(&self) -> u8 {
        self.postponed
    }

    /// What people are shown; who asked for it is not known here.
    pub(super) fn notice(&self) -> Notice {
        Notice {
            created_by: None,
            until: self.due,
            postponement: self.postponement(),
            may_restart_now: self.presence == Some(Presence::One),
        }
    }

    /// Takes note of who is signed in. A delay is a courtesy to people: where nobody is signed in,
    /// it ends, at once at the beginning and after a minute later on.
    pub(super) fn meet(&mut self, presence: Presence, now: Timestamp) -> Change {
        let before = self.due;
        let first = self.presence.is_none();
        self.presence = Some(presence);
        if presence == Presence::Nobody {
            let empty_since = *self.empty_since.get_or_insert(now);
            if first || now.duration_since(empty_since) >= LEFT {
                self.due = self.due.min(now);
            }
        } else {
            self.empty_since = None;
            if first {
                self.due = self.due.max(later(self.began_at, SHORTEST_NOTICE));
            }
        }
        self.changed_since(before)
    }

    /// Does what a person wants, if they may have it.
    pub(super) fn answer(&mut self, answer: Answer, now: Timestamp) -> Change {
        let before = self.due;
        // It answers a notice that has been replaced, because another person was faster; or whoever
        // gave it has left.
        if answer.until != self.due || self.presence == Some(Presence::Nobody) {
            return Change::None;
        }
        match (answer.choice, self.postponement()) {
            (Choice::Postpone, Some(Postponement { minutes, .. })) => {
                self.postponed += 1;
                let by = SignedDuration::from_mins(minutes.into());
                self.due = later(self.due.max(now), by);
            }
            (Choice::RestartNow, _) if self.presence == Some(Presence::One) => {
                self.due = self.due.min(now);
                // Heard, also where its time had come already.
                return Change::Some;
            }
            (Choice::Postpone | Choice::RestartNow, _) => {}
        }
        self.changed_since(before)
    }

    /// Lets time pass. A clock that was set back does not prolong the wait; an instant that passed
    /// unseen is followed by a last notice.
    pub(super) fn pass(&mut self, now: Timestamp) -> Change {
        let before = self.due;
        let passed = now.duration_since(self.seen_at);
        self.seen_at = now;
        if passed < -LATE {
            self.due = self.due.checked_add(passed).unwrap_or(now);
            self.empty_since = self.empty_since.map(|_| now);
        }
        let late = now.duration_since(self.due) > LATE;
        if late && self.presence.is_some_and(|p| p != Presence::Nobody) {
            self.due = later(now, LAST_NOTICE);
        }
        self.changed_since(before)
    }

    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.due <= now
    }

    /// Whether the last minutes are running, in which no other task begins that would be in the way.
    pub(super) fn is_near(&self, now: Timestamp) -> bool {
        self.due.duration_since(now) <= LAST_NOTICE
    }

    fn postponement(&self) -> Option<Postponement> {
        let allowance = self.allowance?;
        let left = allowance.most().saturating_sub(self.postponed);
        (left > 0).then_some(Postponement {
            minutes: allowance.minutes(),
            left,
        })
    }

    fn changed_since(&self, due: Timestamp) -> Change {
        if self.due == due {
            Change::None
        } else {
            Change::Some
        }
    }
}

fn later(instant: Timestamp, by: SignedDuration) -> Timestamp {
    instant.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn started(restart_at: i64) -> Start {
        Start {
            at: at(0),
            boot_id: "boot".to_owned(),
            restart_at: Some(at(restart_at)),
            postponed: 0,
            restart_asked_at: None,
        }
    }

    fn counting(minutes: i64, most: u8, presence: Presence) -> CountDown {
        let allowance = Postponements::new(most, 15).ok();
        let mut count = CountDown::take_up(&started(minutes * 60), allowance, at(0));
        count.meet(presence, at(0));
        count
    }

    fn answer(count: &CountDown, choice: Choice) -> Answer {
        let until = count.due();
        Answer { until, choice }
    }

    #[test]
    fn where_nobody_is_signed_in_there_is_nothing_to_wait_for() {
        assert!(counting(60, 3, Presence::Nobody).is_due(at(0)));
    }

    #[test]
    fn a_restart_now_is_told_a_minute_before_where_somebody_is_signed_in() {
        for presence in [Presence::One, Presence::Several, Presence::Unknown] {
            assert_eq!(counting(0, 0, presence).due(), at(60), "{presence:?}");
        }
        assert!(counting(0, 0, Presence::Nobody).is_due(at(0)));
    }

    #[test]
    fn a_postponement_moves_the_instant_and_not_the_moment_of_the_answer() {
        let mut count = counting(60, 2, Presence::One);
        assert_eq!(
            count.answer(answer(&count, Choice::Postpone), at(30)),
            Change::Some
        );
        assert_eq!((count.due(), count.postponed()), (at(75 * 60), 1));
        let left = count.notice().postponement.map(|p| p.left);
        assert_eq!(left, Some(1));
    }

    #[test]
    fn two_people_who_answer_the_same_notice_use_one_postponement() {
        let mut count = counting(10, 5, Presence::Several);
        let both = answer(&count, Choice::Postpone);
        count.answer(both, at(1));
        assert_eq!(count.answer(both, at(2)), Change::None);
        assert_eq!(count.postponed(), 1);
    }

    #[test]
    fn beyond_the_allowance_nothing_is_postponed() {
        let mut count = counting(10, 1, Presence::One);
        count.answer(answer(&count, Choice::Postpone), at(1));
        assert_eq!(count.notice().postponement, None);
        assert_eq!(
            count.answer(answer(&count, Choice::Postpone), at(2)),
            Change::None
        );
        assert_eq!(count.postponed(), 1);
    }

    #[test]
    fn the_answer_of_somebody_who_has_left_counts_for_nothing() {
        let mut count = counting(10, 1, Presence::One);
        let late = answer(&count, Choice::Postpone);
        count.meet(Presence::Nobody, at(1));
        assert_eq!(count.answer(late, at(2)), Change::None);
    }

    #[test]
    fn one_of_several_people_does_not_restart_the_machine_of_the_others() {
        let mut alone = counting(10, 0, Presence::One);
        assert!(alone.notice().may_restart_now);
        alone.answer(answer(&alone, Choice::RestartNow), at(5));
        assert!(alone.is_due(at(5)));
        let mut shared = counting(10, 0, Presence::Several);
        assert!(!shared.notice().may_restart_now);
        assert_eq!(
            shared.answer(answer(&shared, Choice::RestartNow), at(5)),
            Change::None
        );
    }

    #[test]
    fn when_everybody_has_left_for_a_minute_the_rest_of_the_time_is_let_go() {
        let mut count = counting(60, 0, Presence::One);
        assert_eq!(count.meet(Presence::Nobody, at(100)), Change::None);
        assert_eq!(count.meet(Presence::One, at(130)), Change::None);
        assert_eq!(count.meet(Presence::Nobody, at(140)), Change::None);
        assert_eq!(count.meet(Presence::Nobody, at(199)), Change::None);
        assert_eq!(count.meet(Presence::Nobody, at(200)), Change::Some);
        assert!(count.is_due(at(200)));
    }

    #[test]
    fn an_instant_that_passed_unseen_is_followed_by_a_last_notice() {
        let mut slept = counting(10, 0, Presence::One);
        assert_eq!(slept.pass(at(9_000)), Change::Some);
        assert_eq!(slept.due(), at(9_300));
        let mut empty = counting(10, 0, Presence::One);
        empty.meet(Presence::Nobody, at(9_000));
        empty.pass(at(9_000));
        assert!(empty.is_due(at(9_000)), "nobody is there to be told");
    }

    #[test]
    fn a_clock_that_is_set_back_prolongs_nothing() {
        let mut count = counting(10, 0, Presence::One);
        count.pass(at(300));
        count.pass(at(300 - 3600));
        assert_eq!(count.due(), at(600 - 3600));
    }

    #[derive(Debug, Clone)]
    enum Event {
        Meet(Presence),
        Answer(Choice),
        OldAnswer(Choice),
        Pass(i64),
        AgentRestarts,
    }

    fn any_event() -> impl Strategy<Value = Event> {
        use Presence::{Nobody, One, Several, Unknown};
        let presence = prop::sample::select(vec![Nobody, One, Several, Unknown]);
        let choice = || prop::sample::select(vec![Choice::Postpone, Choice::RestartNow]);
        prop_oneof![
            presence.prop_map(Event::Meet),
            choice().prop_map(Event::Answer),
            choice().prop_map(Event::OldAnswer),
            (0i64..4000).prop_map(Event::Pass),
            Just(Event::AgentRestarts),
        ]
    }

    proptest! {
        /// Whatever people do, the restart comes: at the latest after its delay, every postponement
        /// and, for each time that it was missed, a last notice.
        #[test]
        fn no_sequence_of_events_puts_a_restart_off_for_ever(
            delay in 5i64..=60, most in 0u8..=10, events in prop::collection::vec(any_event(), 0..60),
        ) {
            let allowance = Postponements::new(most, 15).unwrap();
            let mut count = counting(delay, most, Presence::One);
            let mut now = at(0);
            let mut missed = 0;
            for event in events {
                match event {
                    Event::Meet(presence) => {
                        count.meet(presence, now);
                    }
                    Event::Answer(choice) => {
                        count.answer(answer(&count, choice), now);
                    }
                    Event::OldAnswer(choice) => {
                        let until = later(count.due(), SignedDuration::from_secs(1));
                        let old = count.clone();
                        count.answer(Answer { until, choice }, now);
                        prop_assert_eq!(&old, &count);
                    }
                    Event::Pass(seconds) => now = later(now, SignedDuration::from_secs(seconds)),
                    Event::AgentRestarts => {
                        let kept = Start {
                            restart_at: Some(count.due()),
                            postponed: count.postponed(),
                            ..started(0)
                        };
                        count = CountDown::take_up(&kept, Some(allowance), now);
                        count.meet(Presence::One, now);
                    }
                }
                // As the engine does before it hears the next answer.
                if count.pass(now) == Change::Some {
                    missed += 1;
                    prop_assert!(!count.is_due(now));
                }
                prop_assert!(count.postponed() <= most);
                if missed == 0 {
                    let longest = delay + i64::from(most) * 15;
                    // A postponement in the minute after the instant counts from its answer.
                    let slack = i64::from(most) + 1;
                    prop_assert!(count.due() <= at((longest + slack) * 60));
                }
            }
            let present = count.presence.unwrap_or(Presence::One);
            count.meet(present, now);
            prop_assert!(count.is_due(count.due()));
        }
    }
}
