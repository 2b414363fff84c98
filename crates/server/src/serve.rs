//! `latarnik serve`: the life of the server process.

use crate::{
    configuration::{Configuration, ConsoleTransport},
    health, listener, wiring,
};
use anyhow::Context;
use latarnik_api::{AgentPrograms, ApiSettings, ApiState, CookieSecurity, ProxyTrust};
use latarnik_gateway::{Gateway, Settings as GatewaySettings};
use serde::Serialize;
use std::{fs, net::SocketAddr, path::Path};
use tokio::{net::TcpListener, signal::unix::SignalKind};
use tokio_util::sync::CancellationToken;

/// How to reach a running server, for programs on the same machine.
#[derive(Serialize)]
struct Reachable {
    pid: u32,
    console_url: String,
    gateway_address: String,
}

/// Runs the server until it is told to stop.
pub(crate) async fn serve(configuration: Configuration) -> anyhow::Result<()> {
    let console_listener = bind("console", configuration.console.listen).await?;
    let gateway_listener = bind("gateway", configuration.gateway.listen).await?;
    let gateway_address = match &configuration.gateway.address {
        Some(address) => address.clone(),
        None => gateway_listener.local_addr()?.to_string(),
    };
    let tls = listener::acceptor(&configuration.console.transport)?;
    let console_url = console_url(&configuration, console_listener.local_addr()?);
    let addresses = wiring::Addresses {
        gateway: gateway_address.clone(),
        console: console_url.clone(),
    };
    let parts = wiring::open(&configuration, addresses).await?;
    let gateway = Gateway::new(
        parts.app.clone(),
        parts.authorities,
        GatewaySettings {
            renewal_spread: configuration.gateway.renewal_spread,
            ..GatewaySettings::new(gateway_address.clone())
        },
    )
    .context("cannot start the agent gateway")?;
    let shutdown = CancellationToken::new();
    let state = ApiState::new(
        parts.app.clone(),
        api_settings(&configuration),
        programs(configuration.agent_programs.as_deref())?,
        shutdown.clone(),
    );
    let router =
        latarnik_api::router(state).merge(health::router(parts.app.clone(), shutdown.clone()));

    let reachable = Reachable {
        pid: std::process::id(),
        console_url,
        gateway_address,
    };
    let file = wiring::server_file(&configuration.data_folder);
    publish(&file, &reachable)?;
    tracing::info!(
        console_url = reachable.console_url,
        gateway_address = reachable.gateway_address,
        "latarnik {} serves",
        env!("CARGO_PKG_VERSION")
    );

    // Stops after the listeners, so that what comes in during their grace time is written too.
    let served = CancellationToken::new();
    let background = tokio::spawn({
        let (app, served) = (parts.app.clone(), served.clone());
        async move { app.run(served.cancelled_owned()).await }
    });
    let serving = async {
        tokio::join!(
            listener::serve(console_listener, tls, router, shutdown.clone()),
            gateway.serve(gateway_listener, shutdown.clone().cancelled_owned()),
        )
    };
    let signal = async {
        let result = wait_for_signal().await;
        tracing::info!("shutting down");
        shutdown.cancel();
        result
    };
    let (result, _) = tokio::join!(signal, serving);
    served.cancel();
    background.await.context("the background work panicked")?;
    // Gone already is fine.
    let _ = fs::remove_file(&file);
    tracing::info!("stopped");
    result
}

async fn bind(what: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address} for the {what}; is another server running?")
    })
}

fn api_settings(configuration: &Configuration) -> ApiSettings {
    ApiSettings {
        public_url: configuration.console.public_url.clone(),
        cookie_security: match configuration.console.transport {
            ConsoleTransport::Loopback => CookieSecurity::PlainAllowed,
            ConsoleTransport::BehindProxy | ConsoleTransport::Tls { .. } => CookieSecurity::TlsOnly,
        },
        proxy: match configuration.console.transport {
            ConsoleTransport::BehindProxy => ProxyTrust::LastHop,
            ConsoleTransport::Loopback | ConsoleTransport::Tls { .. } => ProxyTrust::None,
        },
        limits: configuration.limits,
    }
}

fn programs(folder: Option<&Path>) -> anyhow::Result<AgentPrograms> {
    Ok(folder
        .map(AgentPrograms::find)
        .transpose()?
        .unwrap_or_default())
}

fn console_url(configuration: &Configuration, listening: SocketAddr) -> String {
    if let Some(url) = &configuration.console.public_url {
        return url.clone();
    }
    let scheme = match configuration.console.transport {
        ConsoleTransport::Tls { .. } => "https",
        ConsoleTransport::Loopback | ConsoleTransport::BehindProxy => "http",
    };
    format!("{scheme}://{listening}")
}

/// Written whole or not at all, so that a reader never sees half of it.
fn publish(file: &Path, reachable: &Reachable) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(reachable)?;
    let temporary = file.with_extension("json.new");
    fs::write(&temporary, text)
        .and_then(|()| fs::rename(&temporary, file))
        .with_context(|| format!("cannot write {}", file.display()))
}

async fn wait_for_signal() -> anyhow::Result<()> {
    let mut terminate =
        tokio::signal::unix::signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result.context("cannot wait for Ctrl-C"),
        _ = terminate.recv() => Ok(()),
    }
}
