//! What signing in costs: the price of a guess, paid by those who know their password too.

use super::{
    loads::Subject,
    times::{Spread, Times},
};
use crate::stack::User;
use anyhow::Result;

const SIGN_INS: u32 = 100;

/// Sign-ins with the right password, one after the other.
#[derive(Debug, Default)]
pub(super) struct SignIns {
    pub(super) times: Spread,
    pub(super) server_cpu_ms: f64,
}

impl Subject<'_> {
    pub(super) fn sign_ins(&self, user: &User) -> Result<SignIns> {
        let mut times = Times::default();
        let before = self.cpu()?;
        for _ in 0..SIGN_INS {
            times.take(|| self.server.client(user))?;
        }
        let used = self.cpu()?.since(before);
        Ok(SignIns {
            times: times.spread()?,
            server_cpu_ms: used.server_seconds * 1e3 / f64::from(SIGN_INS),
        })
    }
}
