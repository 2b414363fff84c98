//! The gateway as the server sees it.

use crate::{
    authority::{Authority, AuthorityError},
    endpoints,
    hub::Hub,
    listener,
    rate::FailureLimit,
    settings::Settings,
    tls,
};
use latarnik_app::App;
use latarnik_model::DeviceId;
use rustls::ServerConfig;
use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::net::TcpListener;

/// The agent gateway. Cheap to clone.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

/// The gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The address that agents connect to is not one.
    #[error("the gateway's address {address:?} is not `host:port`")]
    Address {
        /// The address, or its host.
        address: String,
        /// Why it cannot stand in a certificate.
        source: Option<rcgen::Error>,
    },
    /// The gateway's own certificate could not be made.
    #[error("cannot make the gateway's certificate")]
    Authority(#[source] AuthorityError),
    /// TLS refused its configuration.
    #[error("cannot set up TLS")]
    Tls(#[source] rustls::Error),
    /// TLS refused the authority.
    #[error("cannot set up the verification of client certificates")]
    Verifier(#[source] rustls::client::VerifierBuilderError),
}

/// What connections and endpoints share.
pub(crate) struct Inner {
    pub(crate) app: App,
    pub(crate) authority: Arc<Authority>,
    pub(crate) settings: Settings,
    pub(crate) hub: Arc<Hub>,
    pub(crate) failures: FailureLimit,
    pub(crate) tls: Arc<ServerConfig>,
    requests: AtomicU64,
}

impl Gateway {
    /// A gateway for agents that connect to `settings.address`.
    ///
    /// # Errors
    /// [`GatewayError`] if the address is none or TLS cannot be set up.
    pub fn new(
        app: App,
        authority: Arc<Authority>,
        settings: Settings,
    ) -> Result<Self, GatewayError> {
        let tls = tls::server_config(&app, &authority, host_of(&settings.address)?)?;
        let mut first_request = [0; 8];
        app.random(&mut first_request);
        Ok(Self(Arc::new(Inner {
            app,
            authority,
            settings,
            hub: Arc::default(),
            failures: FailureLimit::default(),
            tls: Arc::new(tls),
            requests: AtomicU64::new(u64::from_le_bytes(first_request)),
        })))
    }

    /// Serves agents until `shutdown` completes; then it stops accepting, ends long polls at once
    /// with an empty answer, and lets other requests finish within the grace time.
    pub async fn serve(&self, listener: TcpListener, shutdown: impl Future<Output = ()> + Send) {
        let events = self.0.app.events().subscribe();
        let router = endpoints::router(self.0.clone());
        let mut serving = pin!(listener::serve(&self.0, listener, router, shutdown));
        tokio::select! {
            () = &mut serving => {}
            () = self.0.hub.follow(events) => serving.await,
        }
    }

    /// How many devices have a connection.
    #[must_use]
    pub fn connected_devices(&self) -> usize {
        self.0.hub.connected_devices()
    }

    /// How many long polls wait.
    #[must_use]
    pub fn waiting_polls(&self) -> usize {
        self.0.hub.waiting_polls()
    }

    /// Whether the device has a connection.
    #[must_use]
    pub fn is_connected(&self, device: DeviceId) -> bool {
        self.0.hub.is_connected(device)
    }
}

impl Inner {
    /// A number for the next request, unique in this process.
    pub(crate) fn next_request_id(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::Relaxed)
    }
}

fn host_of(address: &str) -> Result<&str, GatewayError> {
    let invalid = || GatewayError::Address {
        address: address.to_owned(),
        source: None,
    };
    let (host, port) = address.rsplit_once(':').ok_or_else(invalid)?;
    port.parse::<u16>().map_err(|_| invalid())?;
    let host = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    if host.is_empty() {
        Err(invalid())
    } else {
        Ok(host)
    }
}
