//! An S3 service in the memory of the test.
//!
//! `s3s` speaks the protocol: it verifies signatures and checksums of payloads, and writes the
//! answers' XML. What lies in the buckets, and how the service behaves when something is wrong, is
//! in here, and follows Amazon's API reference.

mod buckets;
mod gate;
mod parts;
mod store;

use crate::certificates::Certificates;
use anyhow::Result;
use buckets::Buckets;
use gate::Gate;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use s3s::{
    auth::SimpleAuth,
    host::SingleDomain,
    service::{S3Service, S3ServiceBuilder},
};
use std::{
    net::Ipv4Addr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use store::Store;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    task::{JoinHandle, JoinSet},
};
use tokio_rustls::TlsAcceptor;

/// An S3 service with one bucket; dropping it ends it.
#[derive(Debug)]
pub struct S3Server {
    port: u16,
    certificates: Option<Certificates>,
    state: Arc<State>,
    acceptor: JoinHandle<()>,
}

/// How an S3 service behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum S3Fault {
    /// As it should.
    None,
    /// It refuses an operation (`PutObject`; `None`: all of them), before it reads what is sent.
    Refuse {
        /// The operation.
        operation: Option<&'static str>,
        /// The HTTP status.
        status: u16,
        /// The code in the answer.
        code: &'static str,
    },
    /// It answers nothing any more.
    Hang,
    /// What it stores differs in one bit from what arrived.
    Damage,
    /// It says that it puts parts together, and then that it could not.
    FailToFinish,
}

/// What a service does with SHA-256 checksums of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum S3Checksums {
    /// It compares and repeats them, as Amazon does.
    Compared,
    /// It does not know them.
    Ignored,
    /// It refuses requests that have them.
    Refused,
}

#[derive(Debug)]
struct State {
    buckets: Mutex<Buckets>,
    fault: Mutex<S3Fault>,
    checksums: Mutex<S3Checksums>,
    /// What fits into it, in bytes.
    capacity: AtomicU64,
    requests: AtomicU64,
}

impl State {
    fn buckets(&self) -> MutexGuard<'_, Buckets> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fault(&self) -> S3Fault {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn checksums(&self) -> S3Checksums {
        *self
            .checksums
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl S3Server {
    /// The bucket.
    pub const BUCKET: &'static str = "backups";
    /// The region that requests must be signed for.
    pub const REGION: &'static str = "eu-central-1";
    /// The key that may do everything, and its secret.
    pub const KEY: (&'static str, &'static str) = ("AKIAWRITER", "writer/secret+key");
    /// A key that may not write or delete.
    pub const READER: (&'static str, &'static str) = ("AKIAREADER", "reader/secret+key");
    /// A temporary key, which goes with [`S3Server::TOKEN`].
    pub const TEMPORARY: (&'static str, &'static str) = ("ASIATEMPORARY", "temporary/secret");
    /// The token of the temporary key.
    pub const TOKEN: &'static str = "token//of+the=temporary==key";
    /// A token that was one.
    pub const EXPIRED_TOKEN: &'static str = "token-of-yesterday";

    /// Starts a service that speaks HTTP.
    ///
    /// # Errors
    ///
    /// When no port is free.
    pub async fn start() -> Result<Self> {
        Self::start_with(None).await
    }

    /// Starts a service that speaks HTTPS, for `localhost`, its bucket's name in front of that, and
    /// `127.0.0.1`.
    ///
    /// # Errors
    ///
    /// When no port is free.
    pub async fn start_with_tls() -> Result<Self> {
        let names = ["localhost", "backups.localhost", "127.0.0.1"];
        Self::start_with(Some(Certificates::new(&names)?)).await
    }

    async fn start_with(certificates: Option<Certificates>) -> Result<Self> {
        let tls = certificates
            .as_ref()
            .map(Certificates::server_config)
            .transpose()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let state = Arc::new(State {
            buckets: Mutex::new(Buckets::with(Self::BUCKET)),
            fault: Mutex::new(S3Fault::None),
            checksums: Mutex::new(S3Checksums::Compared),
            capacity: AtomicU64::new(u64::MAX),
            requests: AtomicU64::new(0),
        });
        let service = service(&state)?;
        let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
        let acceptor = tokio::spawn(accept(listener, service, tls));
        Ok(Self {
            port,
            certificates,
            state,
            acceptor,
        })
    }

    /// The port on loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The authority of the service's certificate, in PEM.
    pub fn authority(&self) -> Option<&str> {
        self.certificates.as_ref().map(Certificates::authority)
    }

    /// Changes how the service behaves.
    pub fn set(&self, fault: S3Fault) {
        *self
            .state
            .fault
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = fault;
    }

    /// Changes what the service does with checksums.
    pub fn set_checksums(&self, checksums: S3Checksums) {
        *self
            .state
            .checksums
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = checksums;
    }

    /// Lets only this many bytes fit into it.
    pub fn set_capacity(&self, bytes: u64) {
        self.state.capacity.store(bytes, Ordering::SeqCst);
    }

    /// Requests with a valid signature so far.
    pub fn requests(&self) -> u64 {
        self.state.requests.load(Ordering::SeqCst)
    }

    /// The content of a file.
    pub fn object(&self, key: &str) -> Option<Vec<u8>> {
        let buckets = self.state.buckets();
        let object = buckets.object(Self::BUCKET, key)?;
        Some(object.bytes.to_vec())
    }

    /// The storage class of a file.
    pub fn storage_class(&self, key: &str) -> Option<String> {
        let buckets = self.state.buckets();
        buckets
            .object(Self::BUCKET, key)
            .map(|object| object.storage_class.clone())
    }

    /// Puts a file there behind everybody's back.
    pub fn put(&self, key: &str, bytes: &[u8]) {
        self.state.buckets().put(Self::BUCKET, key, bytes);
    }

    /// Deletes a file behind everybody's back.
    pub fn delete(&self, key: &str) {
        self.state.buckets().delete(Self::BUCKET, key);
    }

    /// The keys of uploads that were begun and not finished.
    pub fn uploads(&self) -> Vec<String> {
        self.state.buckets().uploads(Self::BUCKET)
    }

    /// Begins an upload, as a writer that was killed would have left it.
    pub fn begin_upload(&self, key: &str) {
        self.state.buckets().begin(Self::BUCKET, key, None, false);
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.acceptor.abort();
    }
}

fn service(state: &Arc<State>) -> Result<S3Service> {
    let mut auth = SimpleAuth::new();
    for (id, secret) in [S3Server::KEY, S3Server::READER, S3Server::TEMPORARY] {
        auth.register(id.to_owned(), secret.into());
    }
    let mut builder = S3ServiceBuilder::new(Store(Arc::clone(state)));
    builder.set_auth(auth);
    builder.set_access(Gate(Arc::clone(state)));
    builder.set_host(gate::Host(SingleDomain::new("localhost")?));
    Ok(builder.build())
}

async fn accept(listener: TcpListener, service: S3Service, tls: Option<TlsAcceptor>) {
    let mut connections = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        socket.set_nodelay(true).ok();
        let service = service.clone();
        let tls = tls.clone();
        connections.spawn(async move {
            match tls {
                None => serve(socket, service).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(socket).await {
                        serve(stream, service).await;
                    }
                }
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, service: S3Service) {
    http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await
        .ok();
}
