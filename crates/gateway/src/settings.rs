//! What can be set about the gateway.

use std::time::Duration;

/// Address and limits of the gateway. The defaults suit one server with up to 10,000 agents.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The address that agents connect to, `host:port`; its host is in the gateway's certificate.
    pub address: String,
    /// Most connections at a time; beyond, new ones wait in the system's queue.
    pub connections: usize,
    /// Most connections without a client certificate at a time; beyond, new ones are closed.
    pub anonymous_connections: usize,
    /// How long a connection without a client certificate may live.
    pub anonymous_lifetime: Duration,
    /// Time for the TLS handshake.
    pub handshake_timeout: Duration,
    /// Time for the headers of a request, and for idle HTTP/1.1 connections.
    pub header_timeout: Duration,
    /// Time between two pings on an HTTP/2 connection; they notice dead peers.
    pub ping_interval: Duration,
    /// Time that requests get to finish after the shutdown began.
    pub shutdown_grace: Duration,
    /// Requests per second that one device may make for long, over all of its connections; twice as
    /// many at once.
    pub requests_per_second: u32,
    /// Bytes of bodies and logs per second that one device may send for long; 256 times as many at
    /// once.
    pub bytes_per_second: u32,
    /// Most connections of one device at a time.
    pub connections_per_device: usize,
    /// Registrations per second that one address may send for long; 50 times as many at once.
    pub registrations_per_second: u32,
    /// After the authorities changed, agents renew their certificates spread over this time.
    pub renewal_spread: Duration,
    /// How often the gateway looks whether the authorities have changed.
    pub authorities_check: Duration,
}

impl Settings {
    /// The defaults, for agents that connect to `address` (`host:port`).
    #[must_use]
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            connections: 20_000,
            anonymous_connections: 256,
            anonymous_lifetime: Duration::from_secs(30),
            handshake_timeout: Duration::from_secs(10),
            header_timeout: Duration::from_secs(90),
            ping_interval: Duration::from_secs(50),
            shutdown_grace: Duration::from_secs(10),
            requests_per_second: 100,
            bytes_per_second: 1024 * 1024,
            connections_per_device: 32,
            registrations_per_second: 100,
            renewal_spread: Duration::from_secs(60 * 60),
            authorities_check: Duration::from_secs(2),
        }
    }
}
