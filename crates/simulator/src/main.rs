//! `latarnik-simulator`: a fleet of simulated agents that speak the real protocol over real mutual
//! TLS, for demonstrations and load tests.
//!
//! Invariants: the same seed makes the same machines; nothing here touches the machine it runs on
//! beyond its state folder. Not here: the agent's journal, spool and windows. A simulated agent
//! that dies forgets what it was doing.

mod agent;
mod arguments;
mod clock;
mod fleet;
mod identity;
mod machine;
mod measure;
mod progress;
mod random;
mod waiting;
mod work;

use arguments::Arguments;
use clap::Parser;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    tokio::select! {
        result = fleet::run(&arguments) => result,
        result = tokio::signal::ctrl_c() => Ok(result?),
    }
}
