//! People: the first owner, and those who are locked out.

use super::{explain, open, tenant_named};
use crate::{arguments::NewUserArguments, configuration::Configuration, system::SystemRandomness};
use anyhow::{Context as _, bail};
use latarnik_app::{App, Context, Delivery, NewUser, Password};
use latarnik_model::UserId;
use std::{fs, io::Read, path::Path};

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
    let new = NewUser {
        tenant_id: tenant_named(&app, arguments.tenant.as_deref()).await?.id,
        email: arguments.email.clone(),
        name: arguments.name,
        role: arguments.role,
        password: password.clone(),
    };
    app.create_user(&Context::command_line(), new)
        .await
        .map_err(explain)?;
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

/// Makes a link with which somebody chooses a new password; prints it unless it was mailed.
pub(crate) async fn reset_password(
    configuration: &Configuration,
    email: &str,
) -> anyhow::Result<()> {
    let app = open(configuration).await?;
    let user = user_with_email(&app, email).await?;
    let issued = app
        .create_password_reset(&Context::command_line(), user)
        .await
        .map_err(explain)?;
    match &issued.delivery {
        Delivery::Mailed => eprintln!("A mail is on its way to {email}."),
        Delivery::ByHand { link } | Delivery::MailFailed { link } => {
            eprintln!("The link works once, until {}:", issued.expires_at);
            println!("{link}");
        }
    }
    Ok(())
}

/// Takes away the second factor of somebody who has lost it.
pub(crate) async fn reset_second_factor(
    configuration: &Configuration,
    email: &str,
) -> anyhow::Result<()> {
    let app = open(configuration).await?;
    let user = user_with_email(&app, email).await?;
    app.reset_second_factor(&Context::command_line(), user)
        .await
        .map_err(explain)?;
    eprintln!("{email} has no second factor any more, and is signed out everywhere.");
    Ok(())
}

async fn user_with_email(app: &App, email: &str) -> anyhow::Result<UserId> {
    let user = app.user_with_email(&Context::command_line(), email).await?;
    let user = user.with_context(|| format!("nobody has the e-mail address {email}"))?;
    Ok(user.id)
}
