//! Administration commands. They work on the database itself, beside a running server or without
//! one.

use crate::{
    arguments::{NewEnrollmentTokenArguments, NewUserArguments},
    configuration::Configuration,
    system::SystemRandomness,
    wiring,
};
use anyhow::{Context as _, bail};
use latarnik_app::{App, Context, NewEnrollmentToken, NewUser, Password};
use serde::Deserialize;
use std::{fs, io::Read, path::Path};

#[derive(Deserialize)]
struct Reachable {
    gateway_address: String,
}

async fn open(configuration: &Configuration) -> anyhow::Result<App> {
    Ok(wiring::open(configuration, gateway_address(configuration))
        .await?
        .app)
}

/// Where agents reach the gateway: as configured, or as the running server says, or what it would
/// listen on.
fn gateway_address(configuration: &Configuration) -> String {
    if let Some(address) = &configuration.gateway.address {
        return address.clone();
    }
    fs::read_to_string(wiring::server_file(&configuration.data_folder))
        .ok()
        .and_then(|text| serde_json::from_str::<Reachable>(&text).ok())
        .map_or_else(
            || configuration.gateway.listen.to_string(),
            |server| server.gateway_address,
        )
}

/// Makes a user; prints the password if there was none.
pub(crate) async fn create_user(
    configuration: &Configuration,
    arguments: NewUserArguments,
) -> anyhow::Result<()> {
    let given = arguments
        .password_file
        .as_deref()
        .map(read_password)
        .transpose()?;
    let generated = given.is_none();
    let password = given.unwrap_or_else(|| Password::generate(&SystemRandomness));
    let app = open(configuration).await?;
    app.create_user(
        &Context::command_line(),
        NewUser {
            tenant: arguments.tenant,
            email: arguments.email.clone(),
            name: arguments.name,
            role: arguments.role,
            password: password.clone(),
        },
    )
    .await?;
    eprintln!("Created {} as {}.", arguments.email, arguments.role.name());
    if generated {
        eprintln!("The password, shown this once:");
        println!("{}", password.reveal());
    }
    Ok(())
}

fn read_password(path: &Path) -> anyhow::Result<Password> {
    let text = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .context("cannot read standard input")?;
        text
    } else {
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?
    };
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.contains('\n') {
        bail!("the password has more than one line");
    }
    Ok(Password::new(line.to_owned())?)
}

/// Makes a client tenant.
pub(crate) async fn create_tenant(configuration: &Configuration, name: &str) -> anyhow::Result<()> {
    let tenant = open(configuration)
        .await?
        .create_tenant(&Context::command_line(), name)
        .await?;
    println!("{}", tenant.id);
    Ok(())
}

/// Lists tenants.
pub(crate) async fn list_tenants(configuration: &Configuration) -> anyhow::Result<()> {
    let app = open(configuration).await?;
    for tenant in app.list_tenants(&Context::command_line()).await? {
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
    let group = app
        .create_group(&Context::command_line(), tenant, name)
        .await?;
    println!("{}", group.id);
    Ok(())
}

/// Makes an enrollment token; prints it alone.
pub(crate) async fn create_enrollment_token(
    configuration: &Configuration,
    arguments: NewEnrollmentTokenArguments,
) -> anyhow::Result<()> {
    let app = open(configuration).await?;
    let tenant = app.tenant_or_provider(arguments.tenant.as_deref()).await?;
    let group = match &arguments.group {
        Some(name) => Some(app.group_named(tenant.id, name).await?.id),
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
        .context("cannot make the token (name of 1 to 100 characters, 1 to 8760 hours, 1 to 100,000 uses)")?;
    eprintln!(
        "A token for {} until {}. On the machine: latarnik-agent install TOKEN",
        tenant.name, issued.record.expires_at
    );
    println!("{}", issued.token);
    Ok(())
}
