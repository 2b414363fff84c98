//! What PostgreSQL's row-level security costs those who read.
//!
//! It has two parts. The policies: the same lists are read with the wall up and with it lowered, by
//! taking `FORCE` from every table, after which the server, which owns them, is bound by none. And
//! the transaction in which each read is admitted to its tenants, which the server opens in either
//! case: PostgreSQL's own `pgbench` reads one row with it and without.

use super::{
    loads::Subject,
    processes::Cpu,
    times::{Spread, Times},
};
use crate::{children, postgres::Postgres};
use anyhow::{Context, Result, bail};
use std::{fs, path::Path, process::Command};

/// The two take turns, so that both meet the same weather.
const ROUNDS: usize = 5;
const LISTINGS: usize = 100;
/// Pages that make every connection of the server plan anew after the wall has changed, and do not
/// count.
const WARM_UP: usize = 60;
const SINGLE_READS: u32 = 2_000;

/// Reading with the wall and without.
#[derive(Debug, Default)]
pub(super) struct Walls {
    pub(super) up: Listing,
    pub(super) lowered: Listing,
    pub(super) admission_us: f64,
}

/// A page of the list of devices.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Listing {
    pub(super) times: Spread,
    pub(super) database_cpu_ms: f64,
}

#[derive(Default)]
struct Side {
    times: Times,
    used: Cpu,
}

impl Subject<'_> {
    /// Compares on the devices that are there. If it fails halfway, the private database goes, and
    /// the lowered wall with it.
    pub(super) fn walls(&self, postgres: &Postgres) -> Result<Walls> {
        let address = self
            .settings
            .database
            .as_deref()
            .context("the server works on SQLite")?;
        // Else PostgreSQL would begin by itself with it, on one of the two sides.
        postgres.run_sql(address, "VACUUM ANALYZE")?;
        let (mut up, mut lowered) = (Side::default(), Side::default());
        for _ in 0..ROUNDS {
            self.time_listings(&mut up)?;
            turn_wall(postgres, address, "NO FORCE")?;
            self.time_listings(&mut lowered)?;
            turn_wall(postgres, address, "FORCE")?;
        }
        turn_wall(postgres, address, "NO FORCE")?;
        let admission_us = self.admission_us(postgres, address)?;
        turn_wall(postgres, address, "FORCE")?;
        Ok(Walls {
            up: up.listing()?,
            lowered: lowered.listing()?,
            admission_us,
        })
    }

    fn time_listings(&self, side: &mut Side) -> Result<()> {
        self.list_devices(WARM_UP, "", &mut Times::default())?;
        let before = self.cpu()?;
        self.list_devices(LISTINGS, "", &mut side.times)?;
        side.used = side.used.and(self.cpu()?.since(before));
        Ok(())
    }

    /// What the transaction around a read adds to it, as `crates/store/src/wall.rs` opens it.
    fn admission_us(&self, postgres: &Postgres, address: &str) -> Result<f64> {
        let tenant = postgres.run_sql(address, "SELECT tenant_id FROM tenants LIMIT 1")?;
        let tenant = tenant.trim();
        let read = format!("SELECT * FROM tenants WHERE tenant_id = '{tenant}';\n");
        let admitted = format!(
            "BEGIN;\nSET LOCAL latarnik.tenants = '{tenant}' \\; \
             SET LOCAL latarnik.everything = 'no';\n{read}COMMIT;\n"
        );
        let write = |name: &str, script: &str| {
            let file = self.settings.folder.join(name);
            fs::write(&file, script)
                .with_context(|| format!("could not write {}", file.display()))?;
            Ok::<_, anyhow::Error>(file)
        };
        let (alone, admitted) = (write("read.sql", &read)?, write("admitted.sql", &admitted)?);
        let mut added = Vec::new();
        for _ in 0..ROUNDS {
            let alone = average_us(postgres, address, &alone)?;
            added.push(average_us(postgres, address, &admitted)? - alone);
        }
        added.sort_unstable_by(f64::total_cmp);
        added.get(ROUNDS / 2).copied().context("nothing was read")
    }
}

impl Side {
    fn listing(self) -> Result<Listing> {
        let pages = self.times.count() as f64;
        Ok(Listing {
            database_cpu_ms: self.used.database_seconds * 1e3 / pages,
            times: self.times.spread()?,
        })
    }
}

/// Puts the tables' owner behind the wall (`FORCE`) or before it (`NO FORCE`).
fn turn_wall(postgres: &Postgres, address: &str, force: &str) -> Result<()> {
    postgres.run_sql(
        address,
        &format!(
            "DO $$ DECLARE walled regclass; BEGIN
                FOR walled IN SELECT oid FROM pg_class
                    WHERE relnamespace = current_schema()::regnamespace AND relrowsecurity
                LOOP EXECUTE format('ALTER TABLE %s {force} ROW LEVEL SECURITY', walled);
                END LOOP; END $$"
        ),
    )?;
    // Whoever owns the tables and is admitted to nothing: a row is seen only over a lowered wall.
    let seen = postgres.run_sql(address, "SELECT COUNT(*) FROM tenants")?;
    if (seen.trim() == "0") != (force == "FORCE") {
        bail!("{force} ROW LEVEL SECURITY shows {} tenants", seen.trim());
    }
    Ok(())
}

/// How long a script takes, on the average, when one client runs it again and again.
fn average_us(postgres: &Postgres, address: &str, script: &Path) -> Result<f64> {
    let mut pgbench = Command::new(postgres.program("pgbench"));
    pgbench.args(["--no-vacuum", "--client=1"]);
    pgbench.arg(format!("--transactions={SINGLE_READS}"));
    pgbench.arg("--file").arg(script).arg(address);
    let report = children::capture(pgbench)?;
    read_average_us(&report).with_context(|| format!("pgbench told no latency: {report}"))
}

/// `latency average = 0.123 ms`.
fn read_average_us(report: &str) -> Option<f64> {
    let line = report
        .lines()
        .find_map(|line| line.strip_prefix("latency average = "))?;
    let milliseconds: f64 = line.strip_suffix(" ms")?.parse().ok()?;
    Some(milliseconds * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latency_is_read_from_the_report() {
        let report = "number of failed transactions: 0 (0.000%)\nlatency average = 0.125 ms\ntps\n";
        assert_eq!(read_average_us(report), Some(125.0));
        assert_eq!(read_average_us("latency stddev = 1 ms"), None);
    }
}
