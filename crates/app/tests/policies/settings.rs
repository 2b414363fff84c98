//! How policies set up the source of updates on devices.

use crate::scene::Scene;
use latarnik_app::agents::{self, AgentIdentity, CheckIn, DeviceFacts};
use latarnik_model::{OsFamily, PolicyScope, SourceSettings, Switch, UpdatePolicy};
use latarnik_testkit::{facts, on_both_engines};

const NOTHING: SourceSettings = SourceSettings {
    microsoft_update: false,
    control_automatic_updates: false,
};

fn says(microsoft_update: Option<Switch>, automatic: Option<Switch>) -> UpdatePolicy {
    UpdatePolicy {
        microsoft_update,
        control_automatic_updates: automatic,
        ..UpdatePolicy::default()
    }
}

/// A machine with Windows.
async fn windows(scene: &Scene, hostname: &str) -> AgentIdentity {
    let agent = scene.device(hostname, None).await;
    let check_in = CheckIn {
        boot_id: "first".to_owned(),
        facts: Some(DeviceFacts {
            os_family: OsFamily::Windows,
            ..facts(hostname)
        }),
        ..CheckIn::default()
    };
    agents::check_in(&scene.office.app, &agent, check_in)
        .await
        .unwrap();
    agent
}

async fn settings(scene: &Scene, agent: &AgentIdentity) -> SourceSettings {
    let configuration = agents::configuration(&scene.office.app, agent).await;
    configuration.unwrap().source
}

on_both_engines! {
    async fn policies_set_up_windows_and_nothing_else(database: Database) {
        let scene = Scene::open(database).await;
        let (office, till) = (windows(&scene, "office").await, scene.device("till", None).await);
        assert_eq!(settings(&scene, &office).await, NOTHING, "nobody has said anything");
        scene.says(PolicyScope::Tenant, says(Some(Switch::On), None)).await;
        scene.policies_are_applied().await;
        let expected = SourceSettings { microsoft_update: true, ..NOTHING };
        assert_eq!(settings(&scene, &office).await, expected);
        assert_eq!(settings(&scene, &till).await, NOTHING);
    }

    async fn narrower_scope_turns_off_what_a_wider_one_turns_on(database: Database) {
        let scene = Scene::open(database).await;
        let (office, shop) = (windows(&scene, "office").await, windows(&scene, "shop").await);
        scene.says(PolicyScope::Tenant, says(Some(Switch::On), Some(Switch::On))).await;
        let own = PolicyScope::Device(shop.device_id);
        scene.says(own, says(None, Some(Switch::Off))).await;
        scene.policies_are_applied().await;
        let all = SourceSettings { microsoft_update: true, control_automatic_updates: true };
        assert_eq!(settings(&scene, &office).await, all);
        let expected = SourceSettings { microsoft_update: true, ..NOTHING };
        assert_eq!(settings(&scene, &shop).await, expected);
    }

    async fn what_a_policy_turned_on_is_off_without_it(database: Database) {
        let scene = Scene::open(database).await;
        let office = windows(&scene, "office").await;
        let policy = scene.says(PolicyScope::Tenant, says(None, Some(Switch::On))).await;
        scene.policies_are_applied().await;
        assert!(settings(&scene, &office).await.control_automatic_updates);
        let app = &scene.office.app;
        app.delete_update_policy(&scene.owner, policy.id).await.unwrap();
        scene.policies_are_applied().await;
        assert_eq!(settings(&scene, &office).await, NOTHING);
    }

    async fn settings_outlive_the_server_process(database: Database) {
        let scene = Scene::open(database).await;
        let office = windows(&scene, "office").await;
        scene.says(PolicyScope::Tenant, says(Some(Switch::On), None)).await;
        scene.policies_are_applied().await;
        let (tenant, device) = (office.tenant_id, office.device_id);
        let state = scene.office.store().agent_state(tenant, device).await.unwrap();
        assert!(state.unwrap().settings.microsoft_update);
    }
}
