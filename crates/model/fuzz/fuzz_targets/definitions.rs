//! Whatever bytes a definition comes as: it is refused, or it survives being written and read again,
//! and a calendar with it has an answer at any instant.
#![no_main]

use jiff::{Timestamp, tz::TimeZoneDatabase};
use latarnik_model::{
    Blackout, BlackoutDefinition, BlackoutDraft, BlackoutId, MaintenanceAction, MaintenanceRules,
    MaintenanceWindow, MaintenanceWindowId, PolicyScope, ScopeMaintenance, WindowDefinition,
    WindowDraft, WithoutWindow, WithoutWindows,
};
use libfuzzer_sys::fuzz_target;
use serde::{Serialize, de::DeserializeOwned};
use std::{fmt::Debug, sync::LazyLock};
use uuid::Uuid;

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// Seconds since 1970: the first instant, two in this century, the last.
const INSTANTS: [i64; 4] = [-377_705_023_201, 1_793_000_000, 4_102_444_800, 253_402_207_200];

fuzz_target!(|bytes: &[u8]| {
    let windows: Vec<_> = window(bytes).into_iter().collect();
    let blackouts: Vec<_> = blackout(bytes).into_iter().collect();
    if windows.is_empty() && blackouts.is_empty() {
        return;
    }
    let rules = MaintenanceRules {
        tenant_zone: "Europe/Warsaw".to_owned(),
        scopes: vec![ScopeMaintenance {
            scope: PolicyScope::Tenant,
            windows,
            blackouts,
        }],
        without_windows: WithoutWindows {
            update: WithoutWindow::Run,
            ..WithoutWindows::default()
        },
    };
    let calendar = rules.calendar(Some("Australia/Lord_Howe"), &ZONES);
    for second in INSTANTS {
        let at = Timestamp::from_second(second).expect("the instant is one");
        for action in MaintenanceAction::ALL {
            for opening in calendar.explain(action, at).openings {
                assert!(opening.opening.end.is_none_or(|end| opening.opening.start < end));
            }
        }
    }
});

fn window(bytes: &[u8]) -> Option<MaintenanceWindow> {
    let draft: WindowDraft = serde_json::from_slice(bytes).ok()?;
    let definition = WindowDefinition::try_from(draft).ok()?;
    survives(&definition);
    Some(MaintenanceWindow {
        id: MaintenanceWindowId(Uuid::nil()),
        name: String::new(),
        enabled: true,
        definition,
    })
}

fn blackout(bytes: &[u8]) -> Option<Blackout> {
    let draft: BlackoutDraft = serde_json::from_slice(bytes).ok()?;
    let definition = BlackoutDefinition::try_from(draft).ok()?;
    survives(&definition);
    Some(Blackout {
        id: BlackoutId(Uuid::nil()),
        name: String::new(),
        definition,
    })
}

fn survives<T: Serialize + DeserializeOwned + PartialEq + Debug>(definition: &T) {
    let text = serde_json::to_string(definition).expect("a definition can be written");
    let read: T = serde_json::from_str(&text).expect("what was written can be read");
    assert_eq!(&read, definition);
}
