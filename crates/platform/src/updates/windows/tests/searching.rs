//! What a search finds, and what its failures are called.

use super::*;

#[test]
fn an_update_is_read_whole() {
    let _world = World::with_two(
        &json!({
            "articles": ["5070001"], "severity": "Critical", "categories": [SECURITY],
            "size_bytes": 6_442_450_944_u64, "date": 46_340.75, "reboot_behavior": 2,
        }),
        &json!({"categories": [DEFINITION]}),
    );
    let found = scan().unwrap();
    let update = &found[0];
    assert_eq!(update.key, A_KEY);
    assert_eq!(update.update_id.as_deref(), Some(&A_KEY[..36]));
    assert_eq!(update.revision, Some(200));
    assert_eq!(update.kb.as_deref(), Some("KB5070001"));
    assert_eq!(update.category, UpdateCategory::Security);
    assert_eq!(update.severity, Some(Severity::Critical));
    assert_eq!(update.size_bytes, Some(6_442_450_944));
    assert_eq!(
        update.released_at.unwrap().to_string(),
        "2026-11-14T18:00:00Z"
    );
    assert_eq!(update.restart, RestartBehavior::CanRequest);
    let other = &found[1];
    assert_eq!(
        (other.key.as_str(), other.category),
        (B_KEY, UpdateCategory::Definition)
    );
    assert_eq!(
        (&other.kb, other.severity, other.size_bytes),
        (&None, None, None)
    );
}

#[test]
fn keys_do_not_depend_on_the_language() {
    let polish = World::with_two(&json!({}), &json!({}));
    let in_polish: Vec<_> = scan()
        .unwrap()
        .into_iter()
        .map(|update| update.key)
        .collect();
    drop(polish);
    let _english = World::with_two(&json!({"title": "Cumulative"}), &json!({"title": "Defs"}));
    let in_english: Vec<_> = scan()
        .unwrap()
        .into_iter()
        .map(|update| update.key)
        .collect();
    assert_eq!(in_polish, in_english);
}

#[test]
fn drivers_and_optional_updates_are_told_apart_and_hidden_ones_are_not_offered() {
    let _world = World::new(&json!({"updates": [
        {"id": A, "is_driver": true}, {"id": B, "browse_only": true, "categories": [SECURITY]},
        {"id": "c", "is_hidden": true},
    ]}));
    let categories: Vec<_> = scan()
        .unwrap()
        .iter()
        .map(|update| update.category)
        .collect();
    assert_eq!(
        categories,
        [UpdateCategory::Driver, UpdateCategory::Optional]
    );
}

#[test]
fn a_busy_update_agent_is_asked_again() {
    let world = World::new(&json!({
        "updates": [{"id": A, "revision": 200}],
        "search_hresult": "0x80240016", "search_failures": 2,
    }));
    assert_eq!(keys(&scan().unwrap()), [A_KEY]);
    assert_eq!(world.calls().matches("Search").count(), 3);
}

#[test]
fn an_update_agent_that_stays_busy_is_told_as_busy() {
    let world = World::new(&json!({"search_hresult": "0x80240009"}));
    let error = scan().unwrap_err();
    assert_eq!(error.reason, ReasonCode::WindowsUpdateBusy);
    assert_eq!(error.detail.as_deref(), Some("0x80240009"));
    assert_eq!(world.calls().matches("Search").count(), 4);
}

#[test]
fn a_search_that_fails_is_never_up_to_date() {
    for (code, reason) in [
        ("0x8024402C", ReasonCode::NetworkUnreachable),
        ("0x80070005", ReasonCode::AccessDenied),
        ("0x8024500C", ReasonCode::WindowsUpdateError),
    ] {
        let _world = World::new(&json!({"search_hresult": code}));
        let error = scan().unwrap_err();
        assert_eq!(
            (error.reason, error.detail.as_deref()),
            (reason, Some(code))
        );
    }
    let _world = World::new(&json!({"updates": [], "search_result_code": 3}));
    let error = scan().unwrap_err();
    assert_eq!(error.detail.as_deref(), Some("result code 3"));
}

#[test]
fn drivers_and_new_releases_of_windows_are_known_by_their_identifiers() {
    const UPGRADE: &str = "3689BDC8-B205-4AF4-8D4A-A63924C5E9D5";
    const DRIVER: &str = "EBFC1FC5-71A4-4F7B-9ACA-3B9A503104A0";
    let _world = World::new(&json!({"updates": [
        {"id": A, "categories": [UPGRADE], "title": "Sterownik"},
        {"id": B, "categories": [DRIVER], "title": "Windows 11, wersja 25H2"},
    ]}));
    let categories: Vec<_> = scan()
        .unwrap()
        .iter()
        .map(|update| update.category)
        .collect();
    assert_eq!(
        categories,
        [UpdateCategory::FeatureUpdate, UpdateCategory::Driver]
    );
}
