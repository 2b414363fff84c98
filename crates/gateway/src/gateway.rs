//! The gateway as the server sees it.

use crate::{
    authorities::{Authorities, Refresh, Standing},
    authority::AuthorityError,
    connections::Connections,
    endpoints::{self, config::Etags},
    hub::Hub,
    listener,
    rate::{AddressLimits, DeviceBudgets, Policy, requests},
    settings::Settings,
    tls::Tls,
};
use latarnik_app::App;
use latarnik_model::DeviceId;
use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc, PoisonError, RwLock,
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
    /// The authorities are unusable, or could not make the gateway's own certificate.
    #[error("the gateway cannot use its authorities")]
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
    pub(crate) settings: Settings,
    pub(crate) hub: Arc<Hub>,
    pub(crate) connections: Arc<Connections>,
    pub(crate) addresses: AddressLimits,
    pub(crate) budgets: DeviceBudgets,
    /// The limit of requests for a connection of which nobody knows yet whose it is.
    pub(crate) requests: Policy,
    pub(crate) etags: Etags,
    authorities: Arc<Authorities>,
    trust: RwLock<Trust>,
    request_ids: AtomicU64,
}

/// Whom the gateway trusts and what it shows, always of one standing.
#[derive(Clone)]
struct Trust {
    standing: Arc<Standing>,
    tls: Arc<Tls>,
}

impl Gateway {
    /// A gateway for agents that connect to `settings.address`.
    ///
    /// # Errors
    /// [`GatewayError`] if the address is none or TLS cannot be set up.
    pub fn new(
        app: App,
        authorities: Arc<Authorities>,
        settings: Settings,
    ) -> Result<Self, GatewayError> {
        let standing = authorities.standing();
        let tls = Tls::new(&app, &standing, host_of(&settings.address)?, None)?;
        let trust = Trust {
            standing,
            tls: Arc::new(tls),
        };
        let mut first_request = [0; 8];
        app.random(&mut first_request);
        Ok(Self(Arc::new(Inner {
            app,
            hub: Arc::default(),
            connections: Arc::default(),
            addresses: AddressLimits::new(settings.registrations_per_second),
            budgets: DeviceBudgets::new(&settings),
            requests: requests(&settings),
            etags: Etags::default(),
            settings,
            authorities,
            trust: RwLock::new(trust),
            request_ids: AtomicU64::new(u64::from_le_bytes(first_request)),
        })))
    }

    /// Serves agents until `shutdown` completes; then it stops accepting, ends long polls at once
    /// with an empty answer, and lets other requests finish within the grace time.
    pub async fn serve(&self, listener: TcpListener, shutdown: impl Future<Output = ()> + Send) {
        let events = self.0.app.events().subscribe();
        let router = endpoints::router(self.0.clone());
        let mut serving = pin!(listener::serve(&self.0, listener, router, shutdown));
        let authorities = self.follow_authorities();
        tokio::select! {
            () = &mut serving => {}
            () = authorities => {}
            () = self.0.hub.follow(events) => serving.await,
        }
    }

    /// Takes up what an administration command did to the authorities. New connections get what
    /// counts now; open ones go on if their certificate still counts.
    ///
    /// # Errors
    /// [`GatewayError`]; then everything goes on as before.
    pub fn refresh_authorities(&self) -> Result<Refresh, GatewayError> {
        let inner = &self.0;
        inner
            .authorities
            .refresh(inner.app.now())
            .map_err(GatewayError::Authority)?;
        let standing = inner.authorities.standing();
        let before = inner.trust();
        if Arc::ptr_eq(&standing, &before.standing) {
            return Ok(Refresh::Unchanged);
        }
        let host = host_of(&inner.settings.address)?;
        let tls = Arc::new(Tls::new(&inner.app, &standing, host, Some(&before.tls))?);
        tracing::info!(
            present = %standing.present.fingerprint(),
            next = standing.next.as_ref().map(|next| next.fingerprint().to_string()),
            "the authorities changed"
        );
        let is_one_out = before
            .standing
            .fingerprints()
            .into_iter()
            .any(|authority| !standing.trusts(authority));
        *inner.trust.write().unwrap_or_else(PoisonError::into_inner) = Trust { standing, tls };
        if is_one_out {
            inner.hub.recheck_all();
        }
        Ok(Refresh::Changed)
    }

    /// Looks at the authorities again and again. A failure is told once, until it is another one.
    async fn follow_authorities(&self) {
        let mut told = None;
        loop {
            tokio::time::sleep(self.0.settings.authorities_check).await;
            let gateway = self.clone();
            let refreshed = tokio::task::spawn_blocking(move || gateway.refresh_authorities());
            let failure = match refreshed.await {
                Ok(Ok(_)) => None,
                Ok(Err(error)) => {
                    let text = error.to_string();
                    if told.as_ref() != Some(&text) {
                        tracing::error!(
                            error = &error as &dyn std::error::Error,
                            "cannot take up the authorities; what counted before goes on"
                        );
                    }
                    Some(text)
                }
                Err(panic) => {
                    tracing::error!(
                        error = &panic as &dyn std::error::Error,
                        "looking at the authorities ended in a panic"
                    );
                    None
                }
            };
            told = failure;
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
        self.request_ids.fetch_add(1, Ordering::Relaxed)
    }

    /// The authorities that count now.
    pub(crate) fn standing(&self) -> Arc<Standing> {
        self.trust().standing
    }

    /// What new connections get now.
    pub(crate) fn tls(&self) -> Arc<Tls> {
        self.trust().tls
    }

    fn trust(&self) -> Trust {
        self.trust
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
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
