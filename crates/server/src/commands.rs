//! Administration commands. They work on the database itself, beside a running server or without
//! one.

mod secrets;
mod users;

pub(crate) use secrets::{rotate_master_key, verify_audit};
pub(crate) use users::{create_user, reset_password, reset_second_factor};

use crate::{
    arguments::NewEnrollmentTokenArguments,
    configuration::Configuration,
    wiring::{self, Addresses},
};
use anyhow::{Context as _, bail};
use latarnik_app::{App, AppError, Context, NewEnrollmentToken, NewGroup, TenantRecord};
use serde::Deserialize;
use std::fs;

#[derive(Deserialize)]
struct Reachable {
    console_url: String,
    gateway_address: String,
}

async fn open(configuration: &Configuration) -> anyhow::Result<App> {
    Ok(wiring::open(configuration, addresses(configuration))
        .await?
        .app)
}

/// Where others reach the server: as configured, or as the running server says, or what it would
/// listen on.
pub(crate) fn addresses(configuration: &Configuration) -> Addresses {
    let running = fs::read_to_string(wiring::server_file(&configuration.data_folder))
        .ok()
        .and_then(|text| serde_json::from_str::<Reachable>(&text).ok());
    let (console, gateway) = match running {
        Some(running) => (running.console_url, running.gateway_address),
        None => (
            format!("http://{}", configuration.console.listen),
            configuration.gateway.listen.to_string(),
        ),
    };
    Addresses {
        gateway: configuration.gateway.address.clone().unwrap_or(gateway),
        console: configuration.console.public_url.clone().unwrap_or(console),
    }
}

/// What was wrong, for people at a terminal.
fn explain(error: AppError) -> anyhow::Error {
    match error {
        AppError::Invalid(fields) => {
            let fields: Vec<_> = fields
                .iter()
                .map(|field| format!("{}: {}", field.field, field.code.code()))
                .collect();
            anyhow::anyhow!("not usable: {}", fields.join(", "))
        }
        other => other.into(),
    }
}

async fn tenant_named(app: &App, name: Option<&str>) -> anyhow::Result<TenantRecord> {
    let context = Context::command_line();
    let tenant = app.tenant_named(&context, name).await?;
    tenant.with_context(|| {
        format!(
            "there is no tenant named {:?}; `latarnik tenant list` shows them",
            name.unwrap_or_default()
        )
    })
}

/// Makes a client tenant.
pub(crate) async fn create_tenant(configuration: &Configuration, name: &str) -> anyhow::Result<()> {
    let tenant = open(configuration)
        .await?
        .create_tenant(&Context::command_line(), name, None)
        .await
        .map_err(explain)?;
    println!("{}", tenant.record.id);
    Ok(())
}

/// Lists tenants.
pub(crate) async fn list_tenants(configuration: &Configuration) -> anyhow::Result<()> {
    let app = open(configuration).await?;
    for tenant in app.list_tenants(&Context::command_line()).await? {
        let tenant = tenant.record;
        let kind = if tenant.parent_id.is_none() {
            "provider"
        } else {
            "client"
        };
        println!("{}  {kind:8}  {}", tenant.id, tenant.name);
    }
    Ok(())
}

/// Makes a group.
pub(crate) async fn create_group(
    configuration: &Configuration,
    name: &str,
    tenant: Option<&str>,
) -> anyhow::Result<()> {
    let app = open(configuration).await?;
    let new = NewGroup {
        tenant_id: tenant_named(&app, tenant).await?.id,
        name: name.to_owned(),
        parent_id: None,
    };
    let group = app
        .create_group(&Context::command_line(), new)
        .await
        .map_err(explain)?;
    println!("{}", group.record.id);
    Ok(())
}

/// Makes an enrollment token; prints it alone.
pub(crate) async fn create_enrollment_token(
    configuration: &Configuration,
    arguments: NewEnrollmentTokenArguments,
) -> anyhow::Result<()> {
    let app = open(configuration).await?;
    let tenant = tenant_named(&app, arguments.tenant.as_deref()).await?;
    let group = match &arguments.group {
        Some(name) => match app.groups_named(tenant.id, name).await?.as_slice() {
            [group] => Some(group.id),
            [] => bail!("the tenant has no group named {name:?}"),
            _ => bail!("the tenant has several groups named {name:?}; use the console"),
        },
        None => None,
    };
    let new = NewEnrollmentToken {
        name: arguments.name,
        tenant_id: tenant.id,
        group_id: group,
        expires_in_hours: arguments.expires_in_hours,
        max_uses: arguments.max_uses,
    };
    let issued = app
        .create_enrollment_token(&Context::command_line(), new)
        .await
        .map_err(explain)?;
    eprintln!(
        "A token for {} until {}. On the machine: latarnik-agent install TOKEN",
        tenant.name, issued.record.expires_at
    );
    println!("{}", issued.token);
    Ok(())
}
