//! `latarnik config check`.

use super::{Configuration, ConsoleTransport};
use crate::arguments::SettingArguments;
use std::process::ExitCode;

/// Explains every mistake, or shows what counts.
pub(crate) fn check(arguments: &SettingArguments) -> ExitCode {
    match Configuration::load(arguments) {
        Ok(configuration) => {
            print!("{}", describe(&configuration));
            ExitCode::SUCCESS
        }
        Err(mistakes) => {
            eprintln!("The configuration has {} mistake(s):", mistakes.0.len());
            for mistake in &mistakes.0 {
                eprintln!("- {mistake}");
            }
            ExitCode::FAILURE
        }
    }
}

fn describe(configuration: &Configuration) -> String {
    let console = &configuration.console;
    let transport = match &console.transport {
        ConsoleTransport::Loopback => "plain HTTP on loopback".to_owned(),
        ConsoleTransport::BehindProxy => "plain HTTP behind a proxy".to_owned(),
        ConsoleTransport::Tls { certificate, .. } => {
            format!("TLS with {}", certificate.display())
        }
    };
    let programs = configuration
        .agent_programs
        .as_ref()
        .map_or_else(|| "none".to_owned(), |folder| folder.display().to_string());
    let gateway = &configuration.gateway;
    let address = gateway
        .address
        .clone()
        .unwrap_or_else(|| gateway.listen.to_string());
    format!(
        "The configuration is usable.\n\
         data folder     {}\n\
         database        {} (up to {} connections)\n\
         console         {} ({transport})\n\
         public URL      {}\n\
         gateway         {} (agents connect to {address})\n\
         agent programs  {programs}\n\
         second factor   {}\n\
         master key      {:?}\n\
         mail            {}\n\
         limits          {} a second and address, {} a second and caller\n\
         log             {}, {:?}\n",
        configuration.data_folder.display(),
        configuration.database.address.redacted(),
        configuration.database.max_connections,
        console.listen,
        console
            .public_url
            .as_deref()
            .unwrap_or("as the browser's request says"),
        gateway.listen,
        if configuration.sign_in.require_second_factor {
            "required of owners and admins"
        } else {
            "optional"
        },
        configuration.secrets.master_key,
        configuration
            .mail
            .as_ref()
            .map_or_else(|| "none".to_owned(), |mail| format!("{mail:?}")),
        configuration.limits.address.per_second,
        configuration.limits.caller.per_second,
        configuration.log.filter,
        configuration.log.format,
    )
}
