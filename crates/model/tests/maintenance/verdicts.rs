//! Verdicts and openings are those of the definition.

use crate::{
    oracle::{Answer, Minute, Oracle, ZONES, instant_of, minute_of, openings},
    rules::{Moment, RulesSeed, moment, rules},
};
use latarnik_model::{Because, Calendar, MaintenanceAction, Verdict, WindowStanding};
use proptest::{prelude::*, sample};

/// Days that are looked at, minute by minute.
const DAYS: i64 = 20;
const MINUTES: usize = 20 * 24 * 60;
const CASES: u32 = 128;

fn action() -> impl Strategy<Value = MaintenanceAction> {
    sample::select(&MaintenanceAction::ALL[..])
}

/// The minutes at which something begins or ends, the ones before them, and some others.
fn minutes(answers: &[Answer], others: &[usize]) -> Vec<usize> {
    let pairs = answers.windows(2).enumerate();
    let changes = pairs.filter(|(_, pair)| pair[0] != pair[1]);
    let around = changes.flat_map(|(before, _)| [before, before + 1]);
    around.chain(others.iter().copied()).collect()
}

fn verdict_is_right(
    (begin, answers): (Minute, &[Answer]),
    index: usize,
    verdict: Verdict,
) -> Result<(), TestCaseError> {
    let answer = &answers[index];
    let at = begin + i64::try_from(index).unwrap();
    let when = instant_of(at);
    prop_assert_eq!(verdict.open, answer.open, "at {}", when);
    prop_assert_eq!(verdict.because, answer.because, "at {}", when);
    match verdict.scope {
        Some(scope) => prop_assert!(answer.scopes.contains(&scope), "{scope:?} at {when}"),
        None => prop_assert!(answer.scopes.is_empty(), "at {when}"),
    }
    let until = verdict.until.map_or(Minute::MAX, minute_of);
    prop_assert!(at < until, "stands until {until} at {when}");
    let stands = usize::try_from(until - at).unwrap();
    let later = answers[index..].iter().take(stands);
    let same = later.take_while(|later| later.open == answer.open).count();
    prop_assert_eq!(same, stands.min(answers.len() - index), "from {}", when);
    Ok(())
}

/// Openings up to the end of what the definition was asked for.
fn openings_in(
    calendar: &Calendar<'_>,
    action: MaintenanceAction,
    range: std::ops::Range<Minute>,
) -> Vec<(Minute, Minute)> {
    let mut openings = Vec::new();
    for opening in calendar.openings(action, instant_of(range.start), 1000) {
        let start = minute_of(opening.start);
        if range.end <= start {
            break;
        }
        let end = opening.end.map_or(range.end, minute_of);
        openings.push((start, end.min(range.end)));
    }
    openings
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn verdicts_and_openings_are_those_of_the_definition(
        seed in rules(),
        moment in moment(),
        action in action(),
        others in prop::collection::vec(0..MINUTES, 8),
    ) {
        as_defined(&seed, &moment, action, &others)?;
    }
}

fn as_defined(
    seed: &RulesSeed,
    moment: &Moment,
    action: MaintenanceAction,
    others: &[usize],
) -> Result<(), TestCaseError> {
    let at = moment.in_zone(seed.zone());
    let rules = seed.rules(at);
    let zone = seed.device_zone.as_deref();
    let oracle = Oracle::new(&rules, zone, at..at + DAYS * 1440);
    let calendar = rules.calendar(zone, &ZONES);
    let answers = oracle.answers(action);
    for index in minutes(&answers, others) {
        let when = instant_of(at + i64::try_from(index).unwrap());
        let verdict = calendar.verdict(action, when);
        verdict_is_right((at, &answers), index, verdict)?;
    }
    let found = openings_in(&calendar, action, oracle.range.clone());
    prop_assert_eq!(found, openings(at, &answers));
    explanation_agrees(&calendar, action, at)
}

/// What an explanation says of single windows is what the verdict came from.
fn explanation_agrees(
    calendar: &Calendar<'_>,
    action: MaintenanceAction,
    at: Minute,
) -> Result<(), TestCaseError> {
    let at = instant_of(at);
    let verdict = calendar.verdict(action, at);
    let explanation = calendar.explain(action, at);
    prop_assert_eq!(explanation.open, verdict.open);
    prop_assert_eq!(explanation.because, verdict.because);
    prop_assert_eq!(explanation.scope, verdict.scope);
    let windows = &explanation.windows;
    let open = |standing: &WindowStanding| matches!(standing, WindowStanding::Open { .. });
    let closed = |standing: &WindowStanding| {
        matches!(
            standing,
            WindowStanding::Closed { .. } | WindowStanding::UnknownZone
        )
    };
    let in_scope = windows
        .iter()
        .filter(|one| Some(one.scope) == verdict.scope);
    let standings: Vec<_> = in_scope.map(|one| one.standing).collect();
    match verdict.because {
        Because::InWindow => prop_assert!(standings.iter().any(open)),
        Because::OutsideWindows => {
            prop_assert!(!standings.iter().any(open));
            prop_assert!(standings.iter().any(closed));
        }
        Because::WithoutWindow => prop_assert!(!windows.iter().any(|one| open(&one.standing))),
        Because::Blackout => {}
    }
    let listed: Vec<_> = explanation.openings.iter().map(|one| one.opening).collect();
    prop_assert_eq!(listed, calendar.openings(action, at, 5));
    Ok(())
}
