//! The `latarnik` program: the server with console and agent gateway, and its administration
//! commands.
//!
//! This crate wires the others together and owns what they are not allowed to know: the command
//! line, the configuration, the real clock, real randomness, and the life of the process. It holds
//! no rule of the product.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program talks to its terminal"
)]

mod arguments;
mod authority;
mod commands;
mod configuration;
mod health;
mod listener;
mod mail;
mod master_key;
mod openid;
mod serve;
mod system;
mod telemetry;
mod wiring;

use anyhow::Context;
use arguments::{
    Arguments, AuditCommand, Command, ConfigCommand, EnrollmentTokenCommand, GroupCommand,
    SecretsCommand, TenantCommand, UserCommand,
};
use clap::Parser;
use configuration::Configuration;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("latarnik: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    if matches!(arguments.command, Command::Openapi) {
        println!("{}", latarnik_api::openapi().to_pretty_json()?);
        return Ok(ExitCode::SUCCESS);
    }
    if let Command::Config(ConfigCommand::Check) = arguments.command {
        return Ok(configuration::check(&arguments.settings));
    }
    let configuration = Configuration::load(&arguments.settings)
        .context("the configuration is not usable; `latarnik config check` explains it")?;
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("a provider of cryptography is installed already"))?;
    telemetry::start(&configuration.log)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(execute(arguments.command, configuration))
}

async fn execute(command: Command, configuration: Configuration) -> anyhow::Result<ExitCode> {
    if let Command::Audit(AuditCommand::Verify { tenant }) = command {
        return commands::verify_audit(&configuration, tenant.as_deref()).await;
    }
    run_command(command, configuration).await?;
    Ok(ExitCode::SUCCESS)
}

async fn run_command(command: Command, configuration: Configuration) -> anyhow::Result<()> {
    match command {
        Command::Serve => serve::serve(configuration).await,
        Command::User(UserCommand::Create(user)) => {
            commands::create_user(&configuration, user).await
        }
        Command::User(UserCommand::ResetPassword { email }) => {
            commands::reset_password(&configuration, &email).await
        }
        Command::User(UserCommand::ResetSecondFactor { email }) => {
            commands::reset_second_factor(&configuration, &email).await
        }
        Command::Secrets(SecretsCommand::Rotate { new_key_file }) => {
            commands::rotate_master_key(&configuration, new_key_file.as_deref()).await
        }
        Command::Tenant(TenantCommand::Create { name }) => {
            commands::create_tenant(&configuration, &name).await
        }
        Command::Tenant(TenantCommand::List) => commands::list_tenants(&configuration).await,
        Command::Group(GroupCommand::Create { name, tenant }) => {
            commands::create_group(&configuration, &name, tenant.as_deref()).await
        }
        Command::EnrollmentToken(EnrollmentTokenCommand::Create(token)) => {
            commands::create_enrollment_token(&configuration, token).await
        }
        Command::Authority(command) => authority::run(&configuration, command).await,
        Command::Openapi | Command::Config(_) | Command::Audit(_) => {
            unreachable!("answered before")
        }
    }
}
