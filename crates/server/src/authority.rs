//! `latarnik authority`: replacing the certificate authority while everything runs.

use crate::{
    arguments::AuthorityCommand,
    commands::addresses,
    configuration::Configuration,
    system::SystemClock,
    wiring::{self, Parts},
};
use anyhow::{Context as _, bail};
use latarnik_app::{
    Context,
    agents::{AuthorityCoverage, AuthorityStep},
};
use latarnik_gateway::{Authorities, Authority};
use latarnik_model::Clock;
use std::fmt::Write;

/// Runs one of the commands.
pub(crate) async fn run(
    configuration: &Configuration,
    command: AuthorityCommand,
) -> anyhow::Result<()> {
    // No token is made here, so it does not matter where agents reach the gateway.
    let parts = wiring::open(configuration, addresses(configuration)).await?;
    match command {
        AuthorityCommand::Show => show(&parts).await,
        AuthorityCommand::Rotate => rotate(&parts).await,
        AuthorityCommand::Finish { force } => finish(&parts, force).await,
    }
}

async fn show(parts: &Parts) -> anyhow::Result<()> {
    let coverage = match parts.authorities.next() {
        Some(next) => Some(coverage(parts, &next).await?),
        None => None,
    };
    print!("{}", describe(&parts.authorities, coverage.as_ref()));
    Ok(())
}

async fn rotate(parts: &Parts) -> anyhow::Result<()> {
    let next = parts.authorities.rotate(SystemClock.now())?;
    audit(parts, AuthorityStep::Rotate, &next).await?;
    eprintln!(
        "The next authority is ready, and trusted beside the present one. A running server takes it \
         up within seconds, and its agents renew their certificates over the time that \
         gateway.renewal_spread_seconds says. Back up the folder `authority` again now. \
         `latarnik authority show` says how far the devices are; `latarnik authority finish` then \
         gives the present one up."
    );
    println!("{}", next.fingerprint());
    Ok(())
}

async fn finish(parts: &Parts, force: bool) -> anyhow::Result<()> {
    let Some(next) = parts.authorities.next() else {
        // Says that there is nothing to finish.
        parts.authorities.finish(SystemClock.now())?;
        return Ok(());
    };
    let coverage = coverage(parts, &next).await?;
    let given_up = coverage.uncovered.len();
    let step = last_step(&coverage, force)?;
    let present = parts.authorities.finish(SystemClock.now())?;
    audit(parts, step, &present).await?;
    eprintln!(
        "The next authority is in force, and the one before counts no longer. A running server takes \
         that up within seconds. Enrollment tokens that were made before do not work any more: make \
         new ones."
    );
    if given_up > 0 {
        eprintln!("{given_up} devices were given up and have to be enrolled again.");
    }
    println!("{}", present.fingerprint());
    Ok(())
}

async fn coverage(parts: &Parts, next: &Authority) -> anyhow::Result<AuthorityCoverage> {
    parts
        .app
        .authority_coverage(&Context::command_line(), *next.fingerprint().as_bytes())
        .await
        .context("cannot find out how far the devices are")
}

async fn audit(parts: &Parts, step: AuthorityStep, authority: &Authority) -> anyhow::Result<()> {
    let audited = async {
        let provider = parts.app.provider().await?.id;
        let context = Context::command_line();
        let authority = authority.fingerprint().to_string();
        parts
            .app
            .audit_authority_step(&context, provider, step, authority)
            .await?;
        anyhow::Ok(())
    };
    audited
        .await
        .context("the step is done, but could not be written into the audit trail")
}

/// How the rotation may be ended, if it may.
fn last_step(coverage: &AuthorityCoverage, force: bool) -> anyhow::Result<AuthorityStep> {
    let (missing, all) = (coverage.uncovered.len(), coverage.devices);
    match (missing, force) {
        (0, _) => Ok(AuthorityStep::Finish),
        (_, true) => Ok(AuthorityStep::FinishByForce),
        (_, false) => bail!(
            "{missing} of {all} devices have not connected with a certificate of the next authority \
             yet, and would have to be enrolled again. `latarnik authority show` lists them: wait \
             for them, remove those that are gone for good, or give them up with --force"
        ),
    }
}

fn describe(authorities: &Authorities, coverage: Option<&AuthorityCoverage>) -> String {
    let mut text = line("in force", &authorities.present());
    let (Some(next), Some(coverage)) = (authorities.next(), coverage) else {
        text.push_str("No rotation is under way.\n");
        return text;
    };
    text.push_str(&line("next", &next));
    text.push_str(&describe_coverage(coverage));
    text
}

fn describe_coverage(coverage: &AuthorityCoverage) -> String {
    let (missing, all) = (coverage.uncovered.len(), coverage.devices);
    let arrived = all.saturating_sub(missing as u64);
    let mut text = format!(
        "{arrived} of {all} devices have connected with a certificate of the next authority.\n"
    );
    for device in &coverage.uncovered {
        let _ = writeln!(
            text,
            "missing   {}  last seen {:.0}  {}  {}",
            device.id, device.last_seen_at, device.tenant_name, device.hostname
        );
    }
    text
}

fn line(what: &str, authority: &Authority) -> String {
    format!(
        "{what:8}  {}  made {:.0}, ends {:.0}\n",
        authority.fingerprint(),
        authority.made_at(),
        authority.ends_at()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use latarnik_app::agents::UncoveredDevice;

    fn coverage(missing: usize) -> AuthorityCoverage {
        let device = UncoveredDevice {
            id: "019aa000-0000-7000-8000-0000000000d0".parse().unwrap(),
            tenant_name: "Piekarnia".to_owned(),
            hostname: "KASA-1".to_owned(),
            last_seen_at: "2026-11-23T12:00:00.123Z".parse().unwrap(),
        };
        AuthorityCoverage {
            devices: 3,
            uncovered: vec![device; missing],
        }
    }

    #[test]
    fn devices_that_are_missing_are_listed() {
        assert_eq!(
            describe_coverage(&coverage(1)),
            "2 of 3 devices have connected with a certificate of the next authority.\n\
             missing   019aa000-0000-7000-8000-0000000000d0  last seen 2026-11-23T12:00:00Z  \
             Piekarnia  KASA-1\n"
        );
    }

    #[test]
    fn rotation_ends_only_by_force_while_devices_are_missing() {
        let refusal = last_step(&coverage(2), false).unwrap_err().to_string();
        assert!(refusal.starts_with("2 of 3 devices"), "{refusal}");
        assert!(refusal.contains("--force"), "{refusal}");
        let forced = last_step(&coverage(2), true).unwrap();
        assert_eq!(forced, AuthorityStep::FinishByForce);
        for force in [false, true] {
            let step = last_step(&coverage(0), force).unwrap();
            assert_eq!(step, AuthorityStep::Finish);
        }
    }
}
