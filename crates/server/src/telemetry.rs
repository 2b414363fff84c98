//! The log.

use crate::{arguments::LogFormat, configuration::LogConfiguration};
use anyhow::Context;
use std::io;
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// Begins to log, to standard error.
pub(crate) fn start(log: &LogConfiguration) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.filter).context("the log filter is not usable")?;
    let registry = tracing_subscriber::registry().with(filter);
    match log.format {
        LogFormat::Text => registry
            .with(fmt::layer().with_writer(io::stderr))
            .try_init(),
        LogFormat::Json => registry
            .with(fmt::layer().json().with_writer(io::stderr))
            .try_init(),
    }
    .context("cannot start the log")
}
