//! Services and languages, as the server wants them.

use super::*;
use windows_registry::{Key, LOCAL_MACHINE};

const MICROSOFT_UPDATE: &str = "7971f918-a847-4430-9279-4a52d1efe18d";

/// An update of Windows in two languages, and one of Office, which Microsoft Update alone offers.
fn windows_and_office() -> World {
    World::with_two(
        &json!({"titles": {"1033": "Cumulative Update (KB5070001)"}}),
        &json!({"title": "Office", "service": MICROSOFT_UPDATE}),
    )
}

fn wanting(microsoft_update: bool, languages: &[&str]) -> UpdateSettings {
    UpdateSettings {
        microsoft_update,
        control_automatic_updates: false,
        title_languages: languages.iter().map(|&name| name.to_owned()).collect(),
    }
}

fn found_by(updates: &WindowsUpdates) -> Vec<Update> {
    updates
        .scan(&Told::default(), &CancelSignal::default())
        .unwrap()
}

#[test]
fn microsoft_update_is_registered_searched_and_taken_back() {
    let world = windows_and_office();
    let updates = updates();
    assert_eq!(keys(&found_by(&updates)), [A_KEY]);
    updates.apply(&wanting(true, &[])).unwrap();
    updates.apply(&wanting(true, &[])).unwrap();
    assert_eq!(world.calls().matches("AddService2").count(), 1);
    let registered = format!("AddService2 {MICROSOFT_UPDATE} 7\n");
    assert!(world.calls().contains(&registered), "{}", world.calls());
    assert_eq!(keys(&found_by(&updates)), [A_KEY, B_KEY]);
    let search = format!("Search in {MICROSOFT_UPDATE} IsInstalled=0 and IsHidden=0");
    assert!(world.calls().contains(&search), "{}", world.calls());
    updates.apply(&wanting(false, &[])).unwrap();
    updates.apply(&wanting(false, &[])).unwrap();
    assert_eq!(world.calls().matches("RemoveService").count(), 1);
    assert_eq!(keys(&found_by(&updates)), [A_KEY]);
}

/// A machine that takes its updates from WSUS, until this is dropped.
struct OwnServer(Key);

impl OwnServer {
    fn new() -> Self {
        let policies = r"SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate\AU";
        let key = LOCAL_MACHINE.create(policies).unwrap();
        key.set_u32("UseWUServer", 1).unwrap();
        Self(key)
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        let _ = self.0.remove_value("UseWUServer");
    }
}

#[test]
fn a_machine_with_an_update_server_of_its_own_stays_with_it() {
    let world = windows_and_office();
    let updates = updates();
    let own_server = OwnServer::new();
    updates.apply(&wanting(true, &[])).unwrap();
    assert_eq!(keys(&found_by(&updates)), [A_KEY]);
    let calls = world.calls();
    assert!(!calls.contains("AddService2") && !calls.contains(MICROSOFT_UPDATE));
    // It begins while Microsoft Update is in use.
    drop(own_server);
    updates.apply(&wanting(true, &[])).unwrap();
    assert_eq!(keys(&found_by(&updates)), [A_KEY, B_KEY]);
    let _own_server = OwnServer::new();
    assert_eq!(keys(&found_by(&updates)), [A_KEY]);
    updates.apply(&wanting(true, &[])).unwrap();
    assert_eq!(world.calls().matches("RemoveService").count(), 1);
}

#[test]
fn a_service_that_somebody_else_registered_stays() {
    let mut scenario = json!({"updates": [
        {"id": A, "revision": 200}, {"id": B, "service": MICROSOFT_UPDATE},
    ]});
    scenario["services"] = json!([MICROSOFT_UPDATE]);
    let world = World::new(&scenario);
    let updates = updates();
    updates.apply(&wanting(true, &[])).unwrap();
    assert_eq!(keys(&found_by(&updates)), [A_KEY, B_KEY]);
    updates.apply(&wanting(false, &[])).unwrap();
    let calls = world.calls();
    assert!(!calls.contains("AddService2") && !calls.contains("RemoveService"));
}

#[test]
fn a_service_that_cannot_be_registered_is_told_and_windows_searched_all_the_same() {
    let mut scenario = json!({"updates": [{"id": A, "revision": 200}]});
    scenario["add_service_hresult"] = json!("0x8024402C");
    let _world = World::new(&scenario);
    let updates = updates();
    let error = updates.apply(&wanting(true, &[])).unwrap_err();
    assert_eq!(
        (error.reason, error.detail.as_deref()),
        (ReasonCode::NetworkUnreachable, Some("0x8024402C"))
    );
    assert_eq!(keys(&found_by(&updates)), [A_KEY]);
    updates.apply(&wanting(false, &[])).unwrap();
}

#[test]
fn titles_come_in_the_languages_that_are_asked_for_and_keys_in_none() {
    let world = windows_and_office();
    let updates = updates();
    updates
        .apply(&wanting(false, &["en", "pl", "x-nobody"]))
        .unwrap();
    let found = found_by(&updates);
    assert_eq!(keys(&found), [A_KEY]);
    assert_eq!(found[0].title, "Aktualizacja zbiorcza (KB5070001)");
    let titles = found[0].titles.clone().unwrap();
    assert_eq!(
        titles.into_iter().collect::<Vec<_>>(),
        [
            ("en".to_owned(), "Cumulative Update (KB5070001)".to_owned()),
            (
                "pl".to_owned(),
                "Aktualizacja zbiorcza (KB5070001)".to_owned()
            ),
        ]
    );
    let calls = world.calls();
    assert_eq!(calls.matches("Search offline").count(), 2, "{calls}");
    assert!(calls.contains("UserLocale 1033") && calls.contains("UserLocale 1045"));
}

#[test]
fn titles_that_say_nothing_new_are_left_out() {
    let _world = windows_and_office();
    let updates = updates();
    assert_eq!(found_by(&updates)[0].titles, None);
    updates.apply(&wanting(false, &["pl"])).unwrap();
    assert_eq!(found_by(&updates)[0].titles, None);
}

#[test]
fn what_is_left_after_an_installation_has_its_titles_too() {
    let _world = World::with_two(&json!({"titles": {"1033": "Cumulative"}}), &json!({}));
    let updates = updates();
    updates.apply(&wanting(false, &["en"])).unwrap();
    let request = request(Some(&[B_KEY]), Duration::from_secs(60));
    let report = updates.install(&request, &Told::default(), &CancelSignal::default());
    let remaining = report.unwrap().remaining.unwrap();
    assert_eq!(remaining[0].titles.as_ref().unwrap()["en"], "Cumulative");
}
