//! What a demonstration shows besides devices: maintenance windows and a blackout as a provider
//! would have them. Nothing runs because of them: no policy installs anything.

use crate::{http::Client, json};
use anyhow::{Context, Result};
use serde_json::{Value, json as object};

/// Sets up windows and blackouts of the tenant that the devices are in.
pub(crate) fn set_up(client: &Client) -> Result<()> {
    let devices = client.get("/devices?limit=1")?;
    let tenant = devices
        .pointer("/items/0/tenant/id")
        .context("the simulated devices are not there")?;
    set_up_in(client, tenant)
}

/// The same in this tenant, whose id it is.
pub(crate) fn set_up_in(client: &Client, tenant: &Value) -> Result<()> {
    for (name, body) in definitions(tenant) {
        let key = format!("demonstration {}", json::field(&body, "name"));
        client.post(name, &key, &body)?;
    }
    Ok(())
}

fn definitions(tenant: &Value) -> [(&'static str, Value); 4] {
    let window = |name: &str, recurrence: Value, start: &str, minutes: u32, actions: &[&str]| {
        object!({
            "tenant_id": tenant, "name": name, "enabled": true,
            "definition": {
                "recurrence": recurrence, "start_time": start, "duration_minutes": minutes,
                "actions": actions,
            },
        })
    };
    let nights = object!({
        "type": "weekly", "days": ["monday", "tuesday", "wednesday", "thursday"],
    });
    let sunday = object!({ "type": "weekly", "days": ["sunday"] });
    let after_patch_day = object!({
        "type": "monthly", "nth": "second", "weekday": "tuesday", "offset_days": 4,
    });
    let taxes = object!({
        "tenant_id": tenant, "name": "Tax days",
        "definition": {
            "period": { "type": "monthly", "first_day": 20, "last_day": 25 },
            "actions": ["restart"],
        },
    });
    [
        (
            "/maintenance-windows",
            window("Weeknights", nights, "22:00", 6 * 60, &["update"]),
        ),
        (
            "/maintenance-windows",
            window(
                "Sunday morning",
                sunday,
                "03:00",
                180,
                &["update", "restart"],
            ),
        ),
        (
            "/maintenance-windows",
            window(
                "After patch day",
                after_patch_day,
                "20:00",
                10 * 60,
                &["restart"],
            ),
        ),
        ("/blackouts", taxes),
    ]
}
