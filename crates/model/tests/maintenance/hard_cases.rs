//! Cases worked out by hand: what clocks and calendars do that people do not expect.

use crate::oracle::ZONES;
use jiff::Timestamp;
use latarnik_model::{
    Blackout, BlackoutId, MaintenanceAction, MaintenanceRules, MaintenanceWindow,
    MaintenanceWindowId, PolicyScope, ScopeMaintenance, WithoutWindow, WithoutWindows,
};
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const UPDATE: MaintenanceAction = MaintenanceAction::Update;

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn window(number: u128, definition: Value) -> MaintenanceWindow {
    MaintenanceWindow {
        id: MaintenanceWindowId(Uuid::from_u128(number)),
        name: format!("window {number}"),
        enabled: true,
        definition: serde_json::from_value(definition).unwrap(),
    }
}

pub(crate) fn blackout(definition: Value) -> Blackout {
    Blackout {
        id: BlackoutId(Uuid::from_u128(1)),
        name: "blackout".to_owned(),
        definition: serde_json::from_value(definition).unwrap(),
    }
}

pub(crate) fn rules(scopes: Vec<ScopeMaintenance>) -> MaintenanceRules {
    MaintenanceRules {
        tenant_zone: "Europe/Warsaw".to_owned(),
        scopes,
        without_windows: WithoutWindows::default(),
    }
}

fn of_tenant(windows: Vec<MaintenanceWindow>, blackouts: Vec<Blackout>) -> ScopeMaintenance {
    ScopeMaintenance {
        scope: PolicyScope::Tenant,
        windows,
        blackouts,
    }
}

fn weekly(day: &str, start_time: &str, minutes: u32) -> Value {
    json!({"recurrence": {"type": "weekly", "days": [day]}, "start_time": start_time,
        "duration_minutes": minutes, "actions": ["update"]})
}

fn monthly(nth: &str, weekday: &str, offset_days: u8) -> Value {
    let recurrence = json!({"type": "monthly", "nth": nth, "weekday": weekday,
        "offset_days": offset_days});
    json!({"recurrence": recurrence, "start_time": "22:00", "duration_minutes": 60,
        "actions": ["update"]})
}

fn shown(rules: &MaintenanceRules, zone: &str, from: &str, most: usize) -> Vec<(String, String)> {
    let calendar = rules.calendar(Some(zone), &ZONES);
    let openings = calendar.openings(UPDATE, at(from), most);
    let local = openings.into_iter().map(|opening| calendar.local(opening));
    local
        .map(|local| (local.local_start(), local.local_end().unwrap_or_default()))
        .collect()
}

/// The openings of one window are these, in device time.
fn opens(definition: Value, zone: &str, from: &str, expected: &[(&str, &str)]) {
    let rules = rules(vec![of_tenant(vec![window(1, definition)], Vec::new())]);
    compare(&shown(&rules, zone, from, expected.len()), expected);
}

/// Work of this kind may run at any time but in these spans, in device time.
fn blacks_out(definition: Value, zone: &str, from: &str, expected: &[(&str, &str)]) {
    let mut rules = rules(vec![of_tenant(Vec::new(), vec![blackout(definition)])]);
    rules.without_windows.update = WithoutWindow::Run;
    let openings = shown(&rules, zone, from, expected.len() + 1);
    let pairs = openings.windows(2);
    let closed: Vec<_> = pairs
        .map(|pair| (pair[0].1.clone(), pair[1].0.clone()))
        .collect();
    compare(&closed, expected);
}

fn compare(found: &[(String, String)], expected: &[(&str, &str)]) {
    let found: Vec<_> = found
        .iter()
        .map(|(start, end)| (start.as_str(), end.as_str()))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn night_of_spring_is_an_hour_shorter_on_the_wall() {
    // 2026-03-29, Warsaw: 02:00+01:00 is 03:00+02:00. Four hours from 22:00 end before it, six
    // hours do not: on the wall they end at 05:00.
    opens(
        weekly("saturday", "22:00", 360),
        "Europe/Warsaw",
        "2026-03-28T12:00Z",
        &[("2026-03-28T22:00:00+01:00", "2026-03-29T05:00:00+02:00")],
    );
}

#[test]
fn night_of_autumn_is_an_hour_longer_on_the_wall() {
    // 2026-10-25, Warsaw: 03:00+02:00 is 02:00+01:00. Six hours from 22:00 end at 03:00.
    opens(
        weekly("saturday", "22:00", 360),
        "Europe/Warsaw",
        "2026-10-24T12:00Z",
        &[("2026-10-24T22:00:00+02:00", "2026-10-25T03:00:00+01:00")],
    );
}

#[test]
fn window_that_starts_in_the_gap_starts_after_it() {
    // 02:30 does not happen on 2026-03-29: the window starts at 03:00+02:00 and lasts its hour.
    opens(
        weekly("sunday", "02:30", 60),
        "Europe/Warsaw",
        "2026-03-28T12:00Z",
        &[
            ("2026-03-29T03:00:00+02:00", "2026-03-29T04:00:00+02:00"),
            ("2026-04-05T02:30:00+02:00", "2026-04-05T03:30:00+02:00"),
        ],
    );
}

#[test]
fn window_that_starts_in_the_doubled_hour_starts_once_at_the_first() {
    // 02:30 happens at 00:30Z and at 01:30Z: one window, from the first, and its hour of elapsed
    // time ends when the clock shows 02:30 again.
    opens(
        weekly("sunday", "02:30", 60),
        "Europe/Warsaw",
        "2026-10-24T12:00Z",
        &[
            ("2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"),
            ("2026-11-01T02:30:00+01:00", "2026-11-01T03:30:00+01:00"),
        ],
    );
}

#[test]
fn window_of_seven_days_never_closes_if_it_is_weekly() {
    let week = weekly("monday", "08:00", 7 * 24 * 60);
    let rules = rules(vec![of_tenant(vec![window(1, week)], Vec::new())]);
    let calendar = rules.calendar(Some("Asia/Tokyo"), &ZONES);
    // Tokyo's clock never changes: the weeks join.
    let openings = calendar.openings(UPDATE, at("2026-11-27T00:00Z"), 5);
    assert_eq!(openings.len(), 1);
    assert_eq!(openings[0].end, None);
}

#[test]
fn window_of_seven_days_closes_for_the_hour_that_autumn_adds() {
    // Seven elapsed days from Monday 2026-10-19 08:00+02:00 end on 2026-10-26 at 07:00+01:00, and
    // the next week starts at 08:00. In spring the weeks overlap by an hour.
    let week = weekly("monday", "08:00", 7 * 24 * 60);
    let from = "2026-10-20T00:00Z";
    let rules = rules(vec![of_tenant(vec![window(1, week)], Vec::new())]);
    let openings = shown(&rules, "Europe/Warsaw", from, 2);
    assert_eq!(openings[0].1, "2026-10-26T07:00:00+01:00");
    assert_eq!(openings[1].0, "2026-10-26T08:00:00+01:00");
    // It closes again on 2027-11-01, 371 days later: further than ends are looked for.
    assert_eq!(openings[1].1, "");
}

#[test]
fn lord_howe_changes_by_half_an_hour() {
    // 2026-10-04: 02:00+10:30 is 02:30+11:00, so 02:15 stands for 02:30. 2026-04-05: 02:00+11:00
    // is 01:30+10:30, so 01:45 happens twice.
    let night = |time: &str| weekly("sunday", time, 60);
    opens(
        night("02:15"),
        "Australia/Lord_Howe",
        "2026-10-03T00:00Z",
        &[("2026-10-04T02:30:00+11:00", "2026-10-04T03:30:00+11:00")],
    );
    opens(
        night("01:45"),
        "Australia/Lord_Howe",
        "2026-04-04T00:00Z",
        &[("2026-04-05T01:45:00+11:00", "2026-04-05T02:15:00+10:30")],
    );
}

#[test]
fn day_that_apia_skipped_starts_and_ends_at_the_next_midnight() {
    // Friday 2011-12-30 did not happen in Apia: 2011-12-29 24:00-10:00 was 2011-12-31 00:00+14:00.
    // A window of that Friday starts with the Saturday; a blackout of that day has no length.
    opens(
        weekly("friday", "22:00", 120),
        "Pacific/Apia",
        "2011-12-28T12:00Z",
        &[
            ("2011-12-31T00:00:00+14:00", "2011-12-31T02:00:00+14:00"),
            ("2012-01-06T22:00:00+14:00", "2012-01-07T00:00:00+14:00"),
        ],
    );
    blacks_out(
        json!({"period": {"type": "monthly", "first_day": 30, "last_day": 30}}),
        "Pacific/Apia",
        "2011-12-28T12:00Z",
        &[("2012-01-30T00:00:00+14:00", "2012-01-31T00:00:00+14:00")],
    );
    // One that lasts over it has that day less.
    blacks_out(
        json!({"period": {"type": "monthly", "first_day": 29, "last_day": 31}}),
        "Pacific/Apia",
        "2011-12-28T12:00Z",
        &[("2011-12-29T00:00:00-10:00", "2012-01-01T00:00:00+14:00")],
    );
}

#[test]
fn kathmandu_is_three_quarters_of_an_hour_off() {
    // 22:00+05:45 is 16:15Z.
    let rules = rules(vec![of_tenant(
        vec![window(1, weekly("friday", "22:00", 60))],
        Vec::new(),
    )]);
    let calendar = rules.calendar(Some("Asia/Kathmandu"), &ZONES);
    let openings = calendar.openings(UPDATE, at("2026-11-27T00:00Z"), 1);
    assert_eq!(openings[0].start, at("2026-11-27T16:15Z"));
    assert_eq!(openings[0].end, Some(at("2026-11-27T17:15Z")));
}

#[test]
fn zone_that_changes_its_rules_on_a_night_of_change_keeps_its_clock() {
    // Nuuk has been at -02:00 since March 2023, and Europe's summer time ended on 2023-10-29 at
    // 01:00Z without a change there: 23:30 on the evening before is 01:30Z.
    opens(
        weekly("saturday", "23:30", 60),
        "America/Nuuk",
        "2023-10-28T12:00Z",
        &[("2023-10-28T23:30:00-02:00", "2023-10-29T00:30:00-02:00")],
    );
}

#[test]
fn month_without_a_fifth_monday_has_none() {
    // Mondays of 2026-12: 7, 14, 21, 28. Of 2027-01: 4, 11, 18, 25. Of 2027-02: four. Of 2027-03:
    // 1, 8, 15, 22, 29.
    opens(
        monthly("fifth", "monday", 0),
        "Europe/Warsaw",
        "2026-12-01T00:00Z",
        &[
            ("2027-03-29T22:00:00+02:00", "2027-03-29T23:00:00+02:00"),
            ("2027-05-31T22:00:00+02:00", "2027-05-31T23:00:00+02:00"),
        ],
    );
}

#[test]
fn days_after_a_weekday_of_the_month_lead_over_its_end() {
    // Two days after the second Tuesday: 2026-12-08 and 10, 2027-01-12 and 14.
    opens(
        monthly("second", "tuesday", 2),
        "Europe/Warsaw",
        "2026-12-01T00:00Z",
        &[
            ("2026-12-10T22:00:00+01:00", "2026-12-10T23:00:00+01:00"),
            ("2027-01-14T22:00:00+01:00", "2027-01-14T23:00:00+01:00"),
        ],
    );
    // Two days after the last Saturday of 2026-10 (the 31st) is 2026-11-02, and of 2026-11 (the
    // 28th) the 30th: two in one month, none in October.
    opens(
        monthly("last", "saturday", 2),
        "Europe/Warsaw",
        "2026-10-01T00:00Z",
        &[
            ("2026-11-02T22:00:00+01:00", "2026-11-02T23:00:00+01:00"),
            ("2026-11-30T22:00:00+01:00", "2026-11-30T23:00:00+01:00"),
        ],
    );
    // 27 days after the last Thursday of 2026 (the 31st) is 2027-01-27.
    opens(
        monthly("last", "thursday", 27),
        "Europe/Warsaw",
        "2026-12-24T00:00Z",
        &[("2027-01-27T22:00:00+01:00", "2027-01-27T23:00:00+01:00")],
    );
}

#[test]
fn last_weekday_of_the_month_is_the_fourth_or_the_fifth() {
    // Fridays: 2026-11-27 is the fourth and last; 2027-01-29 the fifth and last.
    opens(
        monthly("last", "friday", 0),
        "Europe/Warsaw",
        "2026-11-01T00:00Z",
        &[
            ("2026-11-27T22:00:00+01:00", "2026-11-27T23:00:00+01:00"),
            ("2026-12-25T22:00:00+01:00", "2026-12-25T23:00:00+01:00"),
            ("2027-01-29T22:00:00+01:00", "2027-01-29T23:00:00+01:00"),
        ],
    );
}

fn yearly(first: &str, last: &str) -> Value {
    json!({"period": {"type": "yearly", "first": first, "last": last}})
}

#[test]
fn leap_day_as_first_day_stands_for_the_first_of_march() {
    blacks_out(
        yearly("02-29", "03-02"),
        "Europe/Warsaw",
        "2027-01-01T00:00Z",
        &[
            ("2027-03-01T00:00:00+01:00", "2027-03-03T00:00:00+01:00"),
            ("2028-02-29T00:00:00+01:00", "2028-03-03T00:00:00+01:00"),
        ],
    );
}

#[test]
fn leap_day_as_last_day_stands_for_the_day_before() {
    blacks_out(
        yearly("02-27", "02-29"),
        "Europe/Warsaw",
        "2027-01-01T00:00Z",
        &[
            ("2027-02-27T00:00:00+01:00", "2027-03-01T00:00:00+01:00"),
            ("2028-02-27T00:00:00+01:00", "2028-03-01T00:00:00+01:00"),
        ],
    );
}

#[test]
fn leap_day_alone_comes_in_leap_years() {
    // 2100 is none: after 2096 it would come in 2104.
    let rules = {
        let definition = yearly("02-29", "02-29");
        let mut rules = rules(vec![of_tenant(Vec::new(), vec![blackout(definition)])]);
        rules.without_windows.update = WithoutWindow::Run;
        rules
    };
    let calendar = rules.calendar(Some("Europe/Warsaw"), &ZONES);
    let verdict = calendar.verdict(UPDATE, at("2028-02-29T12:00Z"));
    assert!(!verdict.open);
    assert_eq!(verdict.until, Some(at("2028-02-29T23:00Z")));
    let after = calendar.verdict(UPDATE, at("2096-03-01T12:00Z"));
    assert_eq!(after.until, Some(at("2104-02-28T23:00Z")));
}

#[test]
fn year_that_wraps_over_new_year_is_one_span() {
    blacks_out(
        yearly("12-20", "01-06"),
        "Europe/Warsaw",
        "2026-11-27T00:00Z",
        &[
            ("2026-12-20T00:00:00+01:00", "2027-01-07T00:00:00+01:00"),
            ("2027-12-20T00:00:00+01:00", "2028-01-07T00:00:00+01:00"),
        ],
    );
}

#[test]
fn days_that_a_month_lacks_do_not_occur() {
    let days = |first: u8, last: u8| json!({"period": {"type": "monthly", "first_day": first, "last_day": last}});
    // February 2027 has 28 days: nothing from the 29th on, and April has no 31st.
    blacks_out(
        days(29, 31),
        "Europe/Warsaw",
        "2027-01-15T00:00Z",
        &[
            ("2027-01-29T00:00:00+01:00", "2027-02-01T00:00:00+01:00"),
            ("2027-03-29T00:00:00+02:00", "2027-04-01T00:00:00+02:00"),
            ("2027-04-29T00:00:00+02:00", "2027-05-01T00:00:00+02:00"),
        ],
    );
    // In a leap year the 29th of February is one.
    blacks_out(
        days(29, 31),
        "Europe/Warsaw",
        "2028-02-15T00:00Z",
        &[("2028-02-29T00:00:00+01:00", "2028-03-01T00:00:00+01:00")],
    );
    // From the 30th to the 2nd: what wraps has days at both ends of each month.
    blacks_out(
        days(30, 2),
        "Europe/Warsaw",
        "2027-01-15T00:00Z",
        &[
            ("2027-01-30T00:00:00+01:00", "2027-02-03T00:00:00+01:00"),
            ("2027-03-01T00:00:00+01:00", "2027-03-03T00:00:00+01:00"),
            ("2027-03-30T00:00:00+02:00", "2027-04-03T00:00:00+02:00"),
        ],
    );
}

#[test]
fn device_that_moves_inside_an_open_window_is_judged_by_its_new_clock() {
    // Friday 22:00 to 24:00 in device time. At 21:30Z it is 22:30 in Warsaw: open until 23:00Z. In
    // Lisbon it is 21:30: closed, and the window opens at 22:00Z. In Tokyo it is Saturday.
    let rules = rules(vec![of_tenant(
        vec![window(1, weekly("friday", "22:00", 120))],
        Vec::new(),
    )]);
    let when = at("2026-11-27T21:30Z");
    let verdict = |zone| rules.calendar(Some(zone), &ZONES).verdict(UPDATE, when);
    let warsaw = verdict("Europe/Warsaw");
    assert_eq!(
        (warsaw.open, warsaw.until),
        (true, Some(at("2026-11-27T23:00Z")))
    );
    let lisbon = verdict("Europe/Lisbon");
    assert_eq!(
        (lisbon.open, lisbon.until),
        (false, Some(at("2026-11-27T22:00Z")))
    );
    let tokyo = verdict("Asia/Tokyo");
    assert_eq!(
        (tokyo.open, tokyo.until),
        (false, Some(at("2026-12-04T13:00Z")))
    );
}

#[test]
fn date_whose_midnight_is_skipped_begins_after_the_gap() {
    // Sao Paulo, 2018-11-04: 00:00-03:00 is 01:00-02:00. A window that is valid from that date and
    // was open since the day before begins at 01:00, a blackout of that day too.
    let mut definition = weekly("saturday", "22:00", 600);
    definition["valid_from"] = json!("2018-11-04");
    opens(
        definition,
        "America/Sao_Paulo",
        "2018-11-03T12:00Z",
        &[("2018-11-04T01:00:00-02:00", "2018-11-04T09:00:00-02:00")],
    );
    blacks_out(
        json!({"period": {"type": "yearly", "first": "11-04", "last": "11-04"}}),
        "America/Sao_Paulo",
        "2018-11-01T12:00Z",
        &[("2018-11-04T01:00:00-02:00", "2018-11-05T00:00:00-02:00")],
    );
}

#[test]
fn date_that_has_two_midnights_begins_with_the_first() {
    // Havana, 2024-11-03: 01:00-04:00 is 00:00-05:00, so midnight happens twice.
    blacks_out(
        json!({"period": {"type": "monthly", "first_day": 3, "last_day": 3}}),
        "America/Havana",
        "2024-10-15T12:00Z",
        &[("2024-11-03T00:00:00-04:00", "2024-11-04T00:00:00-05:00")],
    );
    // Last valid date 2024-11-02: it ends with the first midnight.
    let mut definition = weekly("saturday", "22:00", 600);
    definition["valid_until"] = json!("2024-11-02");
    opens(
        definition,
        "America/Havana",
        "2024-11-02T12:00Z",
        &[("2024-11-02T22:00:00-04:00", "2024-11-03T00:00:00-04:00")],
    );
}
