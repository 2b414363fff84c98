//! What recognising and authorising a caller costs: one and the same request, which its asker has
//! no right to, as nobody, with a session and with an API token.
//!
//! Nobody is refused before the database is asked who they are; the others are recognised, counted
//! and refused for their role. Everything else about the three is alike: route, middleware, and an
//! answer of a few words.

use super::{
    connection::Connection,
    loads::Subject,
    processes::Cpu,
    times::{Spread, Times},
};
use crate::{json, stack::User};
use anyhow::{Context, Result, bail};
use serde_json::json;

/// Who may read the audit is a matter of the role alone, and refusing it writes nothing.
const PATH: &str = "/api/v1/audit-events";
/// May not read it.
const ROLE: &str = "technician";
/// The three take turns, so that all of them meet the same weather.
const ROUNDS: u32 = 10;
const EACH_ROUND: u32 = 1_000;

/// The same request, refused to three kinds of callers.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    pub(super) of_nobody: Refusal,
    pub(super) of_session: Refusal,
    pub(super) of_token: Refusal,
}

/// What one refusal takes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Refusal {
    pub(super) times: Spread,
    pub(super) server_cpu_us: f64,
    pub(super) database_cpu_us: f64,
}

struct Asker {
    connection: Connection,
    status: u16,
    times: Times,
    used: Cpu,
}

impl Subject<'_> {
    pub(super) fn refusals(&self) -> Result<Refusals> {
        let technician = self
            .server
            .create_user("technician@example.test", "Technician", ROLE)?;
        let (session, token) = (self.session(&technician)?, self.api_token()?);
        let mut askers = [
            self.asker(401, "")?,
            self.asker(403, &format!("Cookie: {session}\r\n"))?,
            self.asker(403, &format!("Authorization: Bearer {token}\r\n"))?,
        ];
        for _ in 0..ROUNDS {
            for asker in &mut askers {
                let before = self.cpu()?;
                asker.ask(EACH_ROUND)?;
                asker.used = asker.used.and(self.cpu()?.since(before));
            }
        }
        let [nobody, session, token] = askers;
        Ok(Refusals {
            of_nobody: nobody.refusal()?,
            of_session: session.refusal()?,
            of_token: token.refusal()?,
        })
    }

    fn asker(&self, status: u16, header: &str) -> Result<Asker> {
        Ok(Asker {
            connection: Connection::open(&self.server.url, PATH, header)?,
            status,
            times: Times::default(),
            used: Cpu::default(),
        })
    }

    fn session(&self, user: &User) -> Result<String> {
        let client = self.server.client(user)?;
        Ok(client.session().context("nobody is signed in")?.to_owned())
    }

    fn api_token(&self) -> Result<String> {
        let new = json!({ "name": "Bench", "role": ROLE, "expires_in_days": 1 });
        let issued = self.client.post("/api-tokens", "bench-token", &new)?;
        let token = json::text(&issued, "token").context("the API token has no text")?;
        Ok(token.to_owned())
    }
}

impl Asker {
    fn ask(&mut self, times: u32) -> Result<()> {
        for _ in 0..times {
            let status = self.times.take(|| self.connection.ask())?;
            if status != self.status {
                bail!("{PATH} answered {status} instead of {}", self.status);
            }
        }
        Ok(())
    }

    fn refusal(self) -> Result<Refusal> {
        let requests = self.times.count() as f64;
        Ok(Refusal {
            server_cpu_us: self.used.server_seconds * 1e6 / requests,
            database_cpu_us: self.used.database_seconds * 1e6 / requests,
            times: self.times.spread()?,
        })
    }
}
