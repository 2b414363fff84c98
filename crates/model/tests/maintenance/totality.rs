//! Whatever is asked has an answer.

use crate::{
    oracle::{ZONES, minute_of},
    rules::rules,
};
use jiff::{SignedDuration, Timestamp};
use latarnik_model::{
    Because, Calendar, Fit, MaintenanceAction, MaintenanceRules, ScopeMaintenance,
};
use proptest::prelude::*;

const ACTION: MaintenanceAction = MaintenanceAction::Update;

fn instants() -> impl Strategy<Value = Timestamp> {
    let (first, last) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    let anywhere = (first..last, 0..1_000_000_000_i32);
    let anywhere = anywhere.prop_map(|(second, nanosecond)| {
        let at = Timestamp::new(second, nanosecond.min(999_999_999));
        at.unwrap_or(Timestamp::MAX)
    });
    let century =
        (946_684_800..4_102_444_800_i64).prop_map(|second| Timestamp::from_second(second).unwrap());
    let bounds = (0..40_000_000_i64).prop_flat_map(|off| {
        prop_oneof![
            Just(
                Timestamp::MIN
                    .saturating_add(SignedDuration::from_secs(off))
                    .unwrap()
            ),
            Just(
                Timestamp::MAX
                    .saturating_sub(SignedDuration::from_secs(off))
                    .unwrap()
            ),
        ]
    });
    prop_oneof![2 => anywhere, 2 => century, 1 => bounds]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_rules_have_an_answer_at_any_instant(seed in rules(), at in instants()) {
        let rules = seed.rules(minute_of(at.clamp(
            "0001-01-01T00:00Z".parse().unwrap(),
            "9990-01-01T00:00Z".parse().unwrap(),
        )));
        let calendar = rules.calendar(seed.device_zone.as_deref(), &ZONES);
        for action in MaintenanceAction::ALL {
            answers_agree(&calendar, action, at)?;
        }
    }
}

fn answers_agree(
    calendar: &Calendar<'_>,
    action: MaintenanceAction,
    at: Timestamp,
) -> Result<(), TestCaseError> {
    let verdict = calendar.verdict(action, at);
    prop_assert!(verdict.until.is_none_or(|until| at < until));
    let openings = calendar.openings(action, at, 3);
    for pair in openings.windows(2) {
        prop_assert!(pair[0].end.is_some_and(|end| end < pair[1].start));
    }
    for opening in &openings {
        prop_assert!(opening.end.is_none_or(|end| opening.start < end));
        prop_assert!(calendar.verdict(action, opening.start).open);
        if let Some(end) = opening.end {
            prop_assert!(!calendar.verdict(action, end).open);
        }
        let _ = calendar.local(*opening).local_end();
    }
    let fit = calendar.fit(action, at, SignedDuration::ZERO);
    let expected = match openings.first() {
        Some(first) if first.start == at => Fit::Now { until: first.end },
        Some(first) => Fit::Later(first.start),
        None => Fit::Never,
    };
    prop_assert_eq!(fit, expected);
    let _ = calendar.explain(action, at);
    Ok(())
}

#[test]
fn work_fits_into_an_opening_that_is_long_enough() {
    use crate::hard_cases::{at, rules, window};
    use serde_json::json;
    let night = |day: &str, minutes: u32| {
        json!({"recurrence": {"type": "weekly", "days": [day]}, "start_time": "22:00",
            "duration_minutes": minutes, "actions": ["update"]})
    };
    let windows = vec![
        window(1, night("friday", 60)),
        window(2, night("sunday", 240)),
    ];
    let rules: MaintenanceRules = rules(vec![ScopeMaintenance {
        scope: latarnik_model::PolicyScope::Tenant,
        windows,
        blackouts: Vec::new(),
    }]);
    let calendar = rules.calendar(Some("Europe/Warsaw"), &ZONES);
    // A Friday, 22:30 in Warsaw: half an hour is left.
    let when = at("2026-11-27T21:30Z");
    let fit = |minutes| calendar.fit(ACTION, when, SignedDuration::from_mins(minutes));
    let until = Some(at("2026-11-27T22:00Z"));
    assert_eq!(fit(30), Fit::Now { until });
    assert_eq!(fit(31), Fit::Later(at("2026-11-29T21:00Z")));
    assert_eq!(fit(240), Fit::Later(at("2026-11-29T21:00Z")));
    assert_eq!(fit(241), Fit::Never);
}

#[test]
fn hopeless_rules_have_no_opening() {
    use crate::hard_cases::{at, blackout, rules, window};
    use serde_json::json;
    let week = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    let daily = json!({"recurrence": {"type": "weekly", "days": week}, "start_time": "22:00",
        "duration_minutes": 60, "actions": ["update"]});
    let day = |day: u8| {
        blackout(json!({"period": {"type": "monthly", "first_day": day, "last_day": day}}))
    };
    let rules = rules(vec![ScopeMaintenance {
        scope: latarnik_model::PolicyScope::Tenant,
        windows: vec![window(1, daily)],
        blackouts: (1..=31).map(day).collect(),
    }]);
    let calendar = rules.calendar(Some("Europe/Warsaw"), &ZONES);
    let when = at("2026-11-27T21:30Z");
    assert_eq!(calendar.openings(ACTION, when, 5), []);
    assert_eq!(calendar.verdict(ACTION, when).because, Because::Blackout);
}
