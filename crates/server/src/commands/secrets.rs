//! Keys of secrets at rest, and the audit that they seal.

use super::{open, tenant_named};
use crate::{
    configuration::{Configuration, MasterKeyPlace},
    master_key,
    system::SystemRandomness,
};
use anyhow::bail;
use latarnik_app::{Context, hex};
use std::{path::Path, process::ExitCode};

/// Wraps the keys of all secrets with another master key.
pub(crate) async fn rotate_master_key(
    configuration: &Configuration,
    new_key_file: Option<&Path>,
) -> anyhow::Result<()> {
    let app = open(configuration).await?;
    let place = &configuration.secrets.master_key;
    match (place, new_key_file) {
        (MasterKeyPlace::DataFolder(path), None) => {
            let next = master_key::next_to(path, &SystemRandomness)?;
            let rotated = app.rotate_master_key(&next).await?;
            master_key::take_over(path)?;
            eprintln!(
                "{rotated} keys are wrapped with the new master key {} in {}. Back it up: without \
                 it no secret in the database can be read.",
                next.id(),
                path.display()
            );
        }
        (_, Some(path)) => {
            let next = master_key::read_or_create(path, &SystemRandomness)?;
            let rotated = app.rotate_master_key(&next).await?;
            eprintln!(
                "{rotated} keys are wrapped with the new master key {} in {}. A running server \
                 keeps working; give it that key (secrets.master_key_file or LATARNIK_MASTER_KEY) \
                 before its next start.",
                next.id(),
                path.display()
            );
        }
        (_, None) => bail!(
            "the master key is not in the data folder; name the file of the new one with \
             --new-key-file"
        ),
    }
    Ok(())
}

/// Verifies the audit of one tenant or of all; fails if any is broken.
pub(crate) async fn verify_audit(
    configuration: &Configuration,
    tenant: Option<&str>,
) -> anyhow::Result<ExitCode> {
    let app = open(configuration).await?;
    let context = Context::command_line();
    let tenants = match tenant {
        Some(_) => vec![tenant_named(&app, tenant).await?],
        None => {
            let tenants = app.list_tenants(&context).await?;
            tenants.into_iter().map(|tenant| tenant.record).collect()
        }
    };
    let mut code = ExitCode::SUCCESS;
    for tenant in tenants {
        let found = app.verify_audit(&context, tenant.id).await?;
        let verdict = match found.broken {
            None => "intact".to_owned(),
            Some(broken) => {
                code = ExitCode::FAILURE;
                let place = broken
                    .sequence()
                    .map_or_else(String::new, |sequence| format!(" at {sequence}"));
                format!("BROKEN: {}{place}", broken.code())
            }
        };
        println!(
            "{}  {verdict}  events {} to {}, last hash {}",
            tenant.name,
            found.first_sequence,
            found.last_sequence,
            hex(&found.last_hash)
        );
    }
    Ok(code)
}
