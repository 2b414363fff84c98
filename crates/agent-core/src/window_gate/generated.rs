//! Rules, instants and zones for properties.

use jiff::Timestamp;
use latarnik_model::MaintenanceRules;
use proptest::prelude::*;
use serde_json::{Value, json};

const DAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// Between 2025 and 2028.
pub(crate) fn instant() -> impl Strategy<Value = Timestamp> {
    (1_735_689_600_i64..1_830_297_600).prop_map(|second| Timestamp::from_second(second).unwrap())
}

pub(crate) fn zone() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "UTC",
        "Europe/Warsaw",
        "America/St_Johns",
        "Pacific/Apia",
        "Australia/Lord_Howe",
        "Middle/Earth",
    ])
}

fn actions() -> impl Strategy<Value = Vec<&'static str>> {
    prop::sample::subsequence(vec!["update", "restart", "backup"], 1..=3)
}

fn window() -> impl Strategy<Value = Value> {
    let days = prop::sample::subsequence(DAYS.to_vec(), 1..=7);
    let minutes = prop::sample::select(vec![15, 30, 60, 240, 1_440, 10_080]);
    let own_zone = prop::option::of(zone());
    (
        days,
        0..24,
        0..60,
        minutes,
        own_zone,
        actions(),
        any::<bool>(),
    )
        .prop_map(|(days, hour, minute, duration, zone, actions, enabled)| {
            let mut definition = json!({
                "recurrence": {"type": "weekly", "days": days},
                "start_time": format!("{hour:02}:{minute:02}"),
                "duration_minutes": duration,
                "actions": actions,
            });
            if let Some(zone) = zone {
                definition["time_zone"] = zone.into();
            }
            json!({
                "id": "019aa000-0000-7000-8000-0000000000a1",
                "name": "Night",
                "enabled": enabled,
                "definition": definition,
            })
        })
}

fn blackout() -> impl Strategy<Value = Value> {
    (1u8..=28, 1u8..=28, actions()).prop_map(|(first, last, actions)| {
        json!({
            "id": "019aa000-0000-7000-8000-0000000000b1",
            "name": "Month end",
            "definition": {
                "period": {"type": "monthly", "first_day": first, "last_day": last},
                "actions": actions,
            },
        })
    })
}

/// Rules of a device and its tenant.
pub(crate) fn rules() -> impl Strategy<Value = MaintenanceRules> {
    let windows = || prop::collection::vec(window(), 0..3);
    let blackouts = || prop::collection::vec(blackout(), 0..2);
    let settings = prop::sample::select(vec!["run", "hold"]);
    let scope = |kind: Value, windows: Vec<Value>, blackouts: Vec<Value>| json!({"scope": kind, "windows": windows, "blackouts": blackouts});
    (windows(), blackouts(), windows(), blackouts(), settings).prop_map(
        move |(own, own_blackouts, tenants, tenants_blackouts, setting)| {
            let device = json!({"kind": "device", "id": "019aa000-0000-7000-8000-0000000000d0"});
            let rules = json!({
                "tenant_zone": "Europe/Warsaw",
                "scopes": [
                    scope(device, own, own_blackouts),
                    scope(json!({"kind": "tenant"}), tenants, tenants_blackouts),
                ],
                "without_windows": {"update": setting, "restart": setting, "backup": setting},
            });
            serde_json::from_value(rules).unwrap()
        },
    )
}
