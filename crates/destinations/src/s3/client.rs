//! Signed requests and their answers.

use super::{
    address::{Address, is_localhost},
    pulse::Pulse,
    signature::{self, Signer, Unsigned, hexadecimal},
    trouble::Trouble,
};
use crate::Content;
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use jiff::Timestamp;
use reqwest::{
    Method, Response, StatusCode,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{CONTENT_LENGTH, HeaderMap},
};
use rustls::ClientConfig;
use sha2::{Digest, Sha256};
use std::{
    convert::Infallible,
    error::Error,
    fmt,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::sync::{Semaphore, mpsc};

/// Requests at the same time, each with a connection of its own.
const CONNECTIONS: usize = 8;
/// Services close connections that idle for some 20 seconds and more.
const IDLE: Duration = Duration::from_secs(15);
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// What is given to the connection at once.
const PIECE_BYTES: usize = 64 * 1024;
/// No answer but a file is longer: a page of a listing has 1,000 keys of up to 1,024 bytes, each
/// perhaps percent-encoded.
const MAX_TEXT_BYTES: u64 = 16 * 1024 * 1024;
/// What an announcement alone makes us set aside.
const MAX_ROOM_BYTES: u64 = 64 * 1024 * 1024;

/// Tells the time; signatures need it.
pub(super) type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Talks to one bucket.
pub(super) struct Client {
    http: reqwest::Client,
    pub(super) address: Address,
    signer: Signer,
    clock: Clock,
    patience: Duration,
    connections: Semaphore,
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.address.location())
    }
}

/// A request that is not signed yet.
pub(super) struct Request<'a> {
    pub(super) method: Method,
    /// `None` is the bucket itself.
    pub(super) key: Option<&'a str>,
    pub(super) query: &'a [(&'a str, &'a str)],
    /// Names in lower case.
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Body,
}

/// What a request carries.
pub(super) enum Body {
    Empty,
    Text(String),
    /// A file or a part of one, with its SHA-256.
    Content(Content, [u8; 32]),
}

/// What is expected to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// The bytes of a file.
    File,
    /// XML, or nothing.
    Text,
}

/// A whole answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl<'a> Request<'a> {
    pub(super) fn new(method: Method, key: Option<&'a str>) -> Self {
        Self {
            method,
            key,
            query: &[],
            headers: Vec::new(),
            body: Body::Empty,
        }
    }

    pub(super) fn query(mut self, query: &'a [(&'a str, &'a str)]) -> Self {
        self.query = query;
        self
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }
}

impl Body {
    fn sha256(&self) -> [u8; 32] {
        match self {
            Self::Empty => Sha256::digest([]).into(),
            Self::Text(text) => Sha256::digest(text).into(),
            Self::Content(_, sha256) => *sha256,
        }
    }

    fn length(&self) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Text(text) => text.len() as u64,
            Self::Content(content, _) => content.length(),
        }
    }
}

impl Client {
    pub(super) fn new(
        address: Address,
        signer: Signer,
        clock: Clock,
        patience: Duration,
        tls: ClientConfig,
    ) -> Result<Self, reqwest::Error> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            // Parallel connections, and no transfer that holds up the others of its connection.
            .http1_only()
            .no_gzip()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .dns_resolver(Resolver)
            .connect_timeout(patience)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(CONNECTIONS)
            .tcp_keepalive(KEEP_ALIVE)
            .tcp_nodelay(true)
            .user_agent(concat!("latarnik/", env!("CARGO_PKG_VERSION")));
        if address.is_loopback {
            builder = builder.no_proxy();
        }
        Ok(Self {
            http: builder.build()?,
            address,
            signer,
            clock,
            patience,
            connections: Semaphore::new(CONNECTIONS),
        })
    }

    /// Sends a request and reads the answer, whatever it says.
    pub(super) async fn exchange(
        &self,
        request: Request<'_>,
        expected: Expected,
    ) -> Result<Answer, Trouble> {
        let _turn = self.connections.acquire().await.ok();
        let pulse = Pulse::new();
        let answer = async {
            let response = self.send(request, &pulse).await?;
            receive(response, expected, &pulse).await
        };
        tokio::select! {
            answer = answer => answer,
            () = pulse.silence(self.patience) => Err(Trouble::Silence),
        }
    }

    /// The same for requests that must succeed.
    pub(super) async fn call(
        &self,
        request: Request<'_>,
        expected: Expected,
    ) -> Result<Answer, Trouble> {
        let answer = self.exchange(request, expected).await?;
        if answer.status.is_success() {
            Ok(answer)
        } else {
            Err(Trouble::refused(&answer))
        }
    }

    async fn send(&self, request: Request<'_>, pulse: &Pulse) -> Result<Response, Trouble> {
        let path = match request.key {
            Some(key) => self.address.object_path(key),
            None => self.address.bucket_path(),
        };
        let query = signature::query(request.query);
        let signed = self.signer.sign(
            &Unsigned {
                method: request.method.as_str(),
                host: self.address.host(),
                path: &path,
                query: &query,
                headers: &request.headers,
                payload: &hexadecimal(&request.body.sha256()),
            },
            (self.clock)(),
        );
        let separator = if query.is_empty() { "" } else { "?" };
        let url = format!("{}{path}{separator}{query}", self.address.origin());
        let mut outgoing = self.http.request(request.method.clone(), url);
        for (name, value) in request.headers.iter().chain(&signed) {
            outgoing = outgoing.header(*name, value);
        }
        if matches!(request.method, Method::PUT | Method::POST) {
            outgoing = outgoing.header(CONTENT_LENGTH, request.body.length());
        }
        match request.body {
            Body::Empty => Ok(outgoing.send().await?),
            Body::Text(text) => Ok(outgoing.body(text).send().await?),
            Body::Content(content, _) if content.length() == 0 => Ok(outgoing.send().await?),
            Body::Content(content, _) => {
                let (pieces, body) = mpsc::channel(1);
                let outgoing = outgoing.body(reqwest::Body::wrap_stream(stream_of(body)));
                tokio::select! {
                    response = outgoing.send() => Ok(response?),
                    never = feed(&content, pieces, pulse, self.patience) => match never {},
                }
            }
        }
    }
}

fn stream_of(
    pieces: mpsc::Receiver<Bytes>,
) -> impl futures_util::Stream<Item = Result<Bytes, Infallible>> {
    stream::unfold(pieces, async |mut pieces| {
        let piece = pieces.recv().await?;
        Some((Ok(piece), pieces))
    })
}

/// Hands over pieces at their pace. Waiting for the pace is not the server's silence.
async fn feed(
    content: &Content,
    pieces: mpsc::Sender<Bytes>,
    pulse: &Pulse,
    patience: Duration,
) -> Infallible {
    let mut cursor = content.cursor(PIECE_BYTES);
    loop {
        pulse.pause();
        let piece = cursor.next().await;
        pulse.beat();
        let Some(piece) = piece else { break };
        if pieces.send(piece).await.is_err() {
            break;
        }
        pulse.beat();
    }
    drop(pieces);
    // What the system has taken may still be on its way.
    pulse.beat_in(patience);
    std::future::pending().await
}

async fn receive(
    mut response: Response,
    expected: Expected,
    pulse: &Pulse,
) -> Result<Answer, Trouble> {
    pulse.beat();
    let is_file = expected == Expected::File && response.status().is_success();
    let announced = response.content_length().unwrap_or(0);
    let most = if is_file { u64::MAX } else { MAX_TEXT_BYTES };
    if announced > most {
        return Err(Trouble::TooLong);
    }
    let room = announced.min(MAX_ROOM_BYTES);
    let mut body = BytesMut::with_capacity(usize::try_from(room).unwrap_or(0));
    while let Some(piece) = response.chunk().await? {
        pulse.beat();
        body.extend_from_slice(&piece);
        if body.len() as u64 > most {
            return Err(Trouble::TooLong);
        }
    }
    Ok(Answer {
        status: response.status(),
        headers: std::mem::take(response.headers_mut()),
        body: body.freeze(),
    })
}

/// The system's resolver, with a failure that can be told from others.
#[derive(Debug)]
struct Resolver;

/// A name has no address.
#[derive(Debug, thiserror::Error)]
#[error("{name} has no address")]
pub(super) struct NotResolved {
    name: String,
    #[source]
    source: Option<std::io::Error>,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let name = name.as_str();
            if is_localhost(name) {
                let both: [SocketAddr; 2] = [
                    (Ipv4Addr::LOCALHOST, 0).into(),
                    (Ipv6Addr::LOCALHOST, 0).into(),
                ];
                return Ok(Box::new(both.into_iter()) as Addrs);
            }
            let not_resolved = |source| -> Box<dyn Error + Send + Sync> {
                let name = name.to_owned();
                Box::new(NotResolved { name, source })
            };
            let found = tokio::net::lookup_host((name, 0)).await;
            let found = found.map_err(|error| not_resolved(Some(error)))?;
            let addresses: Vec<SocketAddr> = found.collect();
            if addresses.is_empty() {
                return Err(not_resolved(None));
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
