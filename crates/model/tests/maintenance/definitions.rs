//! The parser of definitions: what it reads, what it refuses, and that it never breaks.

use latarnik_model::{
    BlackoutDefinition, BlackoutDraft, DefinitionFault, DefinitionFaults, FaultKind, PeriodDraft,
    RecurrenceDraft, WindowDefinition, WindowDraft,
};
use proptest::{collection::vec, option, prelude::*, sample};
use serde_json::{Value, json};

const WINDOW_FIELDS: [&str; 10] = [
    "days",
    "nth",
    "weekday",
    "offset_days",
    "start_time",
    "duration_minutes",
    "time_zone",
    "actions",
    "valid_from",
    "valid_until",
];
const BLACKOUT_FIELDS: [&str; 8] = [
    "from",
    "until",
    "first",
    "last",
    "first_day",
    "last_day",
    "time_zone",
    "actions",
];

/// What fields of drafts may hold: what is meant, what nearly is, and anything.
fn text() -> impl Strategy<Value = String> {
    let known = [
        "monday",
        "sunday",
        "Monday",
        "first",
        "last",
        "fifth",
        "sixth",
        "update",
        "restart",
        "backup",
        "scan",
        "22:00",
        "00:00",
        "23:59",
        "24:00",
        "7:00",
        "07:60",
        "２２:00",
        "2026-11-27",
        "2026-02-30",
        "2024-02-29",
        "0000-01-01",
        "9999-12-31",
        "2026-W48-5",
        "20261127",
        "12-20",
        "02-29",
        "02-30",
        "13-01",
        "1-1",
        "Europe/Warsaw",
        "../etc",
        "UTC",
        "2026-11-27T22:00:00Z",
        "2026-11-27T22:00:00+01:00",
        "2026-11-27",
        "2026-11-27T22:00:00.123456789Z",
        "9999-12-30T22:00:00Z",
        "-009999-01-02T01:59:59Z",
        "",
    ];
    prop_oneof![
        6 => sample::select(known.to_vec()).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => "[0-9:+TZ/.-]{0,24}",
    ]
}

fn number() -> impl Strategy<Value = i64> {
    prop_oneof![
        3 => 0..40_i64,
        2 => 0..12_000_i64,
        1 => sample::select(vec![14, 15, 10_080, 10_081, i64::MIN, i64::MAX, -1, 65_536 + 15]),
        1 => any::<i64>(),
    ]
}

fn window_draft() -> impl Strategy<Value = WindowDraft> {
    let recurrence = prop_oneof![
        vec(text(), 0..4).prop_map(|days| RecurrenceDraft::Weekly { days }),
        (text(), text(), number()).prop_map(|(nth, weekday, offset_days)| {
            RecurrenceDraft::Monthly {
                nth,
                weekday,
                offset_days,
            }
        }),
    ];
    let zone = option::of(text());
    let dates = (option::of(text()), option::of(text()));
    (recurrence, text(), number(), zone, vec(text(), 0..4), dates).prop_map(
        |(recurrence, start_time, duration_minutes, time_zone, actions, dates)| WindowDraft {
            recurrence,
            start_time,
            duration_minutes,
            time_zone,
            actions,
            valid_from: dates.0,
            valid_until: dates.1,
        },
    )
}

fn blackout_draft() -> impl Strategy<Value = BlackoutDraft> {
    let period = prop_oneof![
        (text(), text()).prop_map(|(from, until)| PeriodDraft::Once { from, until }),
        (text(), text()).prop_map(|(first, last)| PeriodDraft::Yearly { first, last }),
        (number(), number()).prop_map(|(first_day, last_day)| PeriodDraft::Monthly {
            first_day,
            last_day,
        }),
    ];
    (period, option::of(text()), vec(text(), 0..4)).prop_map(|(period, time_zone, actions)| {
        BlackoutDraft {
            period,
            time_zone,
            actions,
        }
    })
}

fn faults_name_fields(faults: &DefinitionFaults, fields: &[&str]) -> Result<(), TestCaseError> {
    prop_assert!(!faults.0.is_empty());
    for fault in &faults.0 {
        prop_assert!(fields.contains(&fault.field), "{fault:?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn any_window_is_read_or_its_faults_are_named(draft in window_draft()) {
        match WindowDefinition::try_from(draft) {
            Ok(definition) => {
                let text = serde_json::to_string(&definition).unwrap();
                prop_assert_eq!(serde_json::from_str::<WindowDefinition>(&text).unwrap(), definition);
            }
            Err(faults) => faults_name_fields(&faults, &WINDOW_FIELDS)?,
        }
    }

    #[test]
    fn any_blackout_is_read_or_its_faults_are_named(draft in blackout_draft()) {
        match BlackoutDefinition::try_from(draft) {
            Ok(definition) => {
                let text = serde_json::to_string(&definition).unwrap();
                let read = serde_json::from_str::<BlackoutDefinition>(&text).unwrap();
                prop_assert_eq!(read, definition);
            }
            Err(faults) => faults_name_fields(&faults, &BLACKOUT_FIELDS)?,
        }
    }

    #[test]
    fn good_windows_are_read(seed in crate::rules::window()) {
        let definition = WindowDefinition::try_from(seed.draft.clone()).unwrap();
        prop_assert_eq!(definition.start_time().strftime("%H:%M").to_string(), seed.draft.start_time);
        prop_assert_eq!(definition.duration().as_mins(), seed.draft.duration_minutes);
        prop_assert_eq!(definition.time_zone(), seed.draft.time_zone.as_deref());
    }
}

fn good() -> Value {
    json!({"recurrence": {"type": "weekly", "days": ["monday"]}, "start_time": "22:00",
        "duration_minutes": 60, "actions": ["update"]})
}

fn nth() -> Value {
    let mut definition = good();
    definition["recurrence"] =
        json!({"type": "monthly", "nth": "second", "weekday": "tuesday", "offset_days": 2});
    definition
}

fn faults_of(definition: Value) -> Vec<(&'static str, FaultKind)> {
    let draft: WindowDraft = serde_json::from_value(definition).unwrap();
    named(WindowDefinition::try_from(draft).err())
}

fn blackout_faults(period: Value) -> Vec<(&'static str, FaultKind)> {
    let draft: BlackoutDraft = serde_json::from_value(json!({"period": period})).unwrap();
    named(BlackoutDefinition::try_from(draft).err())
}

fn named(faults: Option<DefinitionFaults>) -> Vec<(&'static str, FaultKind)> {
    let faults = faults.map_or_else(Vec::new, |faults| faults.0);
    let pair = |DefinitionFault { field, kind }| (field, kind);
    faults.into_iter().map(pair).collect()
}

fn with(mut definition: Value, field: &str, value: Value) -> Value {
    definition[field] = value;
    definition
}

#[test]
fn start_is_a_time_of_day_to_the_minute() {
    for time in [
        "24:00", "7:00", "07:60", "22:00:00", "22", "2200", "", "+7:00", " 22:00", "-1:00", "22:0",
    ] {
        let found = faults_of(with(good(), "start_time", json!(time)));
        assert_eq!(found, [("start_time", FaultKind::Malformed)], "{time:?}");
    }
    for time in ["00:00", "23:59"] {
        assert_eq!(faults_of(with(good(), "start_time", json!(time))), []);
    }
}

#[test]
fn duration_is_from_a_quarter_of_an_hour_to_a_week() {
    for minutes in [14_i64, 10_081, 0, -60, i64::MAX, i64::MIN, 65_536 + 60] {
        let found = faults_of(with(good(), "duration_minutes", json!(minutes)));
        assert_eq!(found, [("duration_minutes", FaultKind::OutOfRange)]);
    }
    for minutes in [15, 10_080] {
        assert_eq!(
            faults_of(with(good(), "duration_minutes", json!(minutes))),
            []
        );
    }
}

#[test]
fn dates_exist_and_are_in_order() {
    for date in [
        "2026-02-30",
        "2025-02-29",
        "2026-13-01",
        "26-01-01",
        "20260101",
        "2026-1-1",
        "",
        "2026-W48-5",
        "2026-11-27T00:00",
        "+02026-1-1",
        "2026-11-2７",
    ] {
        let found = faults_of(with(good(), "valid_from", json!(date)));
        assert_eq!(found, [("valid_from", FaultKind::Malformed)], "{date:?}");
    }
    let from = with(good(), "valid_from", json!("2026-11-27"));
    let before = with(from.clone(), "valid_until", json!("2026-11-26"));
    assert_eq!(faults_of(before), [("valid_until", FaultKind::NotAllowed)]);
    assert_eq!(
        faults_of(with(from, "valid_until", json!("2026-11-27"))),
        []
    );
}

#[test]
fn zones_have_the_form_of_names() {
    let long = "x".repeat(65);
    for zone in [
        "../etc",
        "Europe Warsaw",
        "Europe/Warsaw\0",
        "Łódź",
        long.as_str(),
    ] {
        let found = faults_of(with(good(), "time_zone", json!(zone)));
        assert_eq!(found, [("time_zone", FaultKind::Unknown)], "{zone:?}");
    }
    let found = faults_of(with(good(), "time_zone", json!("")));
    assert_eq!(found, [("time_zone", FaultKind::Required)]);
    for zone in [
        "Europe/Warsaw",
        "Etc/GMT+3",
        "America/Argentina/ComodRivadavia",
        "Mars/Base",
    ] {
        assert_eq!(faults_of(with(good(), "time_zone", json!(zone))), []);
    }
}

#[test]
fn actions_are_known_and_at_least_one() {
    let found = faults_of(with(good(), "actions", json!([])));
    assert_eq!(found, [("actions", FaultKind::Required)]);
    let found = faults_of(with(good(), "actions", json!(["update", "scan"])));
    assert_eq!(found, [("actions", FaultKind::Unknown)]);
}

#[test]
fn days_are_known_and_at_least_one() {
    let weekly = |days: Value| {
        with(
            good(),
            "recurrence",
            json!({"type": "weekly", "days": days}),
        )
    };
    assert_eq!(
        faults_of(weekly(json!([]))),
        [("days", FaultKind::Required)]
    );
    for day in ["Monday", "mon", "", "8"] {
        assert_eq!(
            faults_of(weekly(json!([day]))),
            [("days", FaultKind::Unknown)]
        );
    }
}

#[test]
fn nth_weekday_is_a_known_one_and_its_offset_in_range() {
    let set = |field: &str, value: Value| {
        let mut definition = nth();
        definition["recurrence"][field] = value;
        faults_of(definition)
    };
    assert_eq!(set("nth", json!("sixth")), [("nth", FaultKind::Unknown)]);
    assert_eq!(
        set("weekday", json!("day")),
        [("weekday", FaultKind::Unknown)]
    );
    for days in [28, -1, 256, 1000] {
        let found = set("offset_days", json!(days));
        assert_eq!(found, [("offset_days", FaultKind::OutOfRange)]);
    }
    assert_eq!(set("offset_days", json!(27)), []);
    assert_eq!(set("offset_days", json!(0)), []);
}

#[test]
fn every_fault_is_told_at_once() {
    let definition = json!({"recurrence": {"type": "monthly", "nth": "0", "weekday": "x",
        "offset_days": 99}, "start_time": "x", "duration_minutes": 0, "actions": ["x"],
        "time_zone": "", "valid_from": "x", "valid_until": "x"});
    let fields: Vec<_> = faults_of(definition)
        .into_iter()
        .map(|fault| fault.0)
        .collect();
    assert_eq!(fields, &WINDOW_FIELDS[1..]);
}

#[test]
fn span_of_a_blackout_has_two_instants_in_order() {
    let once = |from: &str, until: &str| {
        blackout_faults(json!({"type": "once", "from": from, "until": until}))
    };
    let (early, late) = ("2026-11-27T00:00:00Z", "2026-11-28T00:00:00+01:00");
    assert_eq!(once(early, late), []);
    assert_eq!(once(late, early), [("until", FaultKind::NotAllowed)]);
    assert_eq!(once(early, early), [("until", FaultKind::NotAllowed)]);
    for text in [
        "2026-11-27",
        "2026-11-27T00:00:00",
        "2026-02-30T00:00:00Z",
        "soon",
        "",
    ] {
        assert_eq!(
            once(text, late),
            [("from", FaultKind::Malformed)],
            "{text:?}"
        );
        assert_eq!(
            once(early, text),
            [("until", FaultKind::Malformed)],
            "{text:?}"
        );
    }
}

#[test]
fn days_of_a_year_exist_in_some_year() {
    let yearly =
        |first: &str| blackout_faults(json!({"type": "yearly", "first": first, "last": "01-06"}));
    for day in [
        "02-30", "13-01", "00-01", "01-00", "1-1", "12-2", "12.20", "--12", "", "１2-20",
    ] {
        assert_eq!(yearly(day), [("first", FaultKind::Malformed)], "{day:?}");
    }
    assert_eq!(yearly("02-29"), []);
    assert_eq!(yearly("12-31"), []);
}

#[test]
fn days_of_a_month_have_numbers_that_some_month_has() {
    let monthly = |first: i64, last: i64| {
        blackout_faults(json!({"type": "monthly", "first_day": first, "last_day": last}))
    };
    assert_eq!(monthly(1, 31), []);
    assert_eq!(monthly(31, 1), []);
    for number in [0, 32, -1, 257] {
        assert_eq!(monthly(number, 5), [("first_day", FaultKind::OutOfRange)]);
        assert_eq!(monthly(5, number), [("last_day", FaultKind::OutOfRange)]);
    }
}

#[test]
fn blackout_of_no_actions_is_refused_and_of_none_given_is_of_all() {
    let period = json!({"type": "monthly", "first_day": 1, "last_day": 1});
    let read = serde_json::from_value::<BlackoutDefinition>;
    let all = read(json!({"period": period})).unwrap();
    assert_eq!(all.actions().len(), 3);
    assert!(read(json!({"period": period, "actions": []})).is_err());
}

#[test]
fn fields_that_are_not_known_are_refused() {
    let window = serde_json::from_value::<WindowDraft>;
    assert!(window(good()).is_ok());
    assert!(window(with(good(), "colour", json!("red"))).is_err());
    let mut weekly = good();
    weekly["recurrence"]["offset_days"] = json!(1);
    assert!(window(weekly).is_err());
    let mut monthly = nth();
    monthly["recurrence"]["days"] = json!(["monday"]);
    assert!(window(monthly).is_err());
    let blackout = serde_json::from_value::<BlackoutDraft>;
    let period = json!({"type": "monthly", "first_day": 1, "last_day": 1});
    assert!(blackout(json!({"period": period})).is_ok());
    assert!(blackout(json!({"period": period, "name": "x"})).is_err());
    assert!(blackout(json!({"period": with(period, "first", json!("01-01"))})).is_err());
}
