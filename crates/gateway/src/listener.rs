//! Accepting connections and serving HTTP/2 or HTTP/1.1 on each.

use crate::{
    authentication::{Peer, PeerCertificate},
    connections, frame,
    gateway::Inner,
    tls::{self, Tls},
};
use axum::{Router, body::Body, http::Request};
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::{
    convert::Infallible,
    future::Future,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Pause after a failed accept, for example when the process has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Time for the answer to a ping.
const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// What a peer may send ahead on one HTTP/2 stream and on one connection, in bytes.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 128 * 1024;
/// Most requests at a time on one connection: a long poll, a check-in, results, a log.
const STREAMS: u32 = 16;
/// Longest headers of a request, in bytes.
const HEADERS: u32 = 8 * 1024;
/// Most bytes of answers that wait for a slow peer on one stream.
const SEND_BUFFER: usize = 64 * 1024;

/// Accepts until `shutdown` completes, then waits for the open requests.
pub(crate) async fn serve(
    inner: &Arc<Inner>,
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send,
) {
    let server = Server {
        inner: inner.clone(),
        router,
        anonymous: Arc::new(Semaphore::new(inner.settings.anonymous_connections)),
        stop: CancellationToken::new(),
        abort: CancellationToken::new(),
    };
    let connections = TaskTracker::new();
    tokio::select! {
        () = accept_forever(&server, &listener, &connections) => {}
        () = shutdown => {}
    }
    drop(listener);
    inner.hub.stop();
    server.stop.cancel();
    connections.close();
    if timeout(inner.settings.shutdown_grace, connections.wait())
        .await
        .is_err()
    {
        tracing::warn!(connections = connections.len(), "cutting off connections");
        server.abort.cancel();
        connections.wait().await;
    }
}

async fn accept_forever(server: &Server, listener: &TcpListener, connections: &TaskTracker) {
    let slots = Arc::new(Semaphore::new(server.inner.settings.connections));
    loop {
        let Ok(slot) = slots.clone().acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, address)) => {
                connections.spawn(server.clone().connection(stream, address, slot));
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "cannot accept");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// What every connection gets a copy of.
#[derive(Clone)]
struct Server {
    inner: Arc<Inner>,
    router: Router,
    anonymous: Arc<Semaphore>,
    stop: CancellationToken,
    abort: CancellationToken,
}

impl Server {
    async fn connection(self, stream: TcpStream, address: SocketAddr, _slot: OwnedSemaphorePermit) {
        let abort = self.abort.clone();
        let served = abort
            .run_until_cancelled_owned(self.serve(stream, address))
            .await;
        if let Some(Err(error)) = served {
            tracing::debug!(%address, error = &*error, "a connection ended early");
        }
    }

    async fn serve(
        self,
        stream: TcpStream,
        address: SocketAddr,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        stream.set_nodelay(true)?;
        let inner = &self.inner;
        let tls = inner.tls();
        let stream = self.handshake(stream, &tls).await?;
        let (_, session) = stream.get_ref();
        let certificate = session
            .peer_certificates()
            .and_then(|chain| chain.first())
            .and_then(|der| PeerCertificate::read(der, tls.signer(der)?));
        let is_http2 = session.alpn_protocol() == Some(tls::HTTP2);
        // A certificate that does not count gives no more room than none.
        let place = match certificate.filter(|certificate| certificate.check(inner).is_ok()) {
            Some(certificate) => {
                let most = inner.settings.connections_per_device;
                let place = inner.connections.enter(certificate.fingerprint, most);
                Place::OfDevice(place.ok_or("too many connections with one certificate")?)
            }
            None => Place::Anonymous(self.anonymous.clone().try_acquire_owned()?),
        };
        let peer = Arc::new(Peer::new(address.ip(), certificate, &inner.requests));
        let _guard = Leave {
            inner: inner.clone(),
            peer: peer.clone(),
        };
        if is_http2 {
            self.http2(stream, &peer, &place).await
        } else {
            self.http1(stream, &peer, &place).await
        }
        .map_err(Into::into)
    }

    async fn handshake(&self, stream: TcpStream, tls: &Tls) -> io::Result<TlsStream<TcpStream>> {
        let acceptor = TlsAcceptor::from(tls.config.clone());
        let limit = self.inner.settings.handshake_timeout;
        self.stop
            .run_until_cancelled(timeout(limit, acceptor.accept(stream)))
            .await
            .ok_or(io::ErrorKind::ConnectionAborted)?
            .map_err(|_| io::ErrorKind::TimedOut)?
    }

    async fn http2(
        &self,
        stream: TlsStream<TcpStream>,
        peer: &Arc<Peer>,
        place: &Place,
    ) -> hyper::Result<()> {
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(HEADERS)
            .max_send_buf_size(SEND_BUFFER)
            .keep_alive_interval(self.inner.settings.ping_interval)
            .keep_alive_timeout(PING_TIMEOUT)
            .serve_connection(
                TokioIo::new(stream),
                service_fn(|request| self.request(request, peer)),
            );
        self.drive(pin!(connection), peer, place, |connection| {
            connection.graceful_shutdown();
        })
        .await
    }

    async fn http1(
        &self,
        stream: TlsStream<TcpStream>,
        peer: &Arc<Peer>,
        place: &Place,
    ) -> hyper::Result<()> {
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.inner.settings.header_timeout)
            .max_buf_size(SEND_BUFFER)
            .serve_connection(
                TokioIo::new(stream),
                service_fn(|request| self.request(request, peer)),
            );
        self.drive(pin!(connection), peer, place, |connection| {
            connection.graceful_shutdown();
        })
        .await
    }

    /// Runs a connection until it ends, the server stops, or its time is over: a connection without
    /// a certificate has only some, and so has one with a certificate that asks for nothing with it.
    async fn drive<C: Future<Output = hyper::Result<()>>>(
        &self,
        mut connection: Pin<&mut C>,
        peer: &Peer,
        place: &Place,
        begin_shutdown: impl FnOnce(Pin<&mut C>),
    ) -> hyper::Result<()> {
        let lifetime_over = async {
            tokio::time::sleep(self.inner.settings.anonymous_lifetime).await;
            if matches!(place, Place::OfDevice(_)) && peer.device().is_some() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            result = connection.as_mut() => return result,
            () = self.stop.cancelled() => {}
            () = lifetime_over => {}
        }
        begin_shutdown(connection.as_mut());
        timeout(self.inner.settings.shutdown_grace, connection)
            .await
            .unwrap_or(Ok(()))
    }

    fn request(
        &self,
        request: Request<Incoming>,
        peer: &Arc<Peer>,
    ) -> impl Future<Output = Result<axum::response::Response, Infallible>> + Send + use<> {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer.clone());
        let (router, id) = (self.router.clone(), self.inner.next_request_id());
        async move { Ok(frame::answer(router, request, id).await) }
    }
}

/// Among whose connections one counts, until it ends.
enum Place {
    Anonymous(#[expect(dead_code, reason = "held")] OwnedSemaphorePermit),
    OfDevice(#[expect(dead_code, reason = "held")] connections::Place),
}

/// Takes a connection out of the hub when it ends, however it ends.
struct Leave {
    inner: Arc<Inner>,
    peer: Arc<Peer>,
}

impl Drop for Leave {
    fn drop(&mut self) {
        self.inner.hub.leave(&self.peer);
    }
}
