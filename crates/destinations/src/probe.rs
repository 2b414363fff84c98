//! Can this destination be used?

use crate::{Content, Destination, Failure, FailureCode, ObjectName, Operation, ServerKey, Space};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long a probe may take.
const PATIENCE: Duration = Duration::from_secs(60);
const PROBE_BYTES: usize = 4096;
/// Round trips whose median is the latency.
const ROUND_TRIPS: usize = 5;

/// What a probe found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeReport {
    /// Where it is.
    pub location: String,
    /// What failed first; `None` when all went well.
    pub problem: Option<ProbeProblem>,
    /// The median time of a small question, in milliseconds; `None` when it came to none.
    pub latency_ms: Option<u64>,
    /// The room there, where the protocol tells.
    pub space: Option<Space>,
    /// The key or certificate that the server showed, for a person to compare.
    #[serde(default)]
    pub server_key: Option<ServerKey>,
}

/// What keeps a destination from being used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeProblem {
    /// Why.
    pub code: FailureCode,
    /// What was being done.
    pub operation: Operation,
    /// The system's or library's own words, for the log and for support.
    pub detail: String,
}

/// Writes, reads, lists and deletes a small file, and says what was wrong, if anything.
pub async fn probe(destination: &dyn Destination) -> ProbeReport {
    let mut report = ProbeReport {
        location: destination.location(),
        problem: None,
        latency_ms: None,
        space: None,
        server_key: None,
    };
    let result = match timeout(PATIENCE, examine(destination, &mut report)).await {
        Ok(result) => result,
        Err(_) => Err(Failure::new(Operation::Connect, FailureCode::TimedOut)),
    };
    report.server_key = destination.server_key();
    report.problem = result.err().map(|failure| ProbeProblem {
        code: failure.code,
        operation: failure.operation,
        detail: failure.chain(),
    });
    report
}

async fn examine(destination: &dyn Destination, report: &mut ProbeReport) -> Result<(), Failure> {
    destination.prepare().await?;
    let (name, content) = probe_file()?;
    let written = destination
        .write(&name, Content::from(content.clone()))
        .await;
    let examined = match written {
        Ok(_) => examine_file(destination, &name, &content, report).await,
        Err(failure) => Err(failure),
    };
    let removed = destination.remove(&name).await;
    examined?;
    removed?;
    report.space = destination.space().await?;
    Ok(())
}

async fn examine_file(
    destination: &dyn Destination,
    name: &ObjectName,
    content: &[u8],
    report: &mut ProbeReport,
) -> Result<(), Failure> {
    if destination.read(name).await? != content {
        return Err(Failure::new(Operation::Read, FailureCode::ChecksumMismatch).about(name));
    }
    let listing = destination.list(name.folder().as_ref()).await?;
    if !listing.iter().any(|entry| entry.name == *name) {
        return Err(Failure::new(Operation::List, FailureCode::Protocol).about(name));
    }
    let mut times = Vec::with_capacity(ROUND_TRIPS);
    for _ in 0..ROUND_TRIPS {
        let started = Instant::now();
        destination.size(name).await?;
        times.push(started.elapsed());
    }
    times.sort_unstable();
    report.latency_ms = times
        .get(ROUND_TRIPS / 2)
        .and_then(|time| u64::try_from(time.as_millis()).ok());
    Ok(())
}

fn probe_file() -> Result<(ObjectName, Vec<u8>), Failure> {
    let failure = || Failure::new(Operation::Write, FailureCode::Other);
    let mut content = vec![0; PROBE_BYTES];
    getrandom::fill(&mut content).map_err(|error| failure().caused_by(error))?;
    let random = crate::local::random_name().map_err(|error| failure().caused_by(error))?;
    let name =
        ObjectName::new(format!("probe/{random}")).map_err(|error| failure().caused_by(error))?;
    Ok((name, content))
}
