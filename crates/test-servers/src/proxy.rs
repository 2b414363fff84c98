//! A network that fails on request.

use anyhow::Result;
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::sleep,
};

/// What the network does to connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: bytes pass.
    None,
    /// New connections are closed at once, and existing ones are cut.
    Down,
    /// Each connection is cut after this many bytes from the client.
    CutAfter(u64),
    /// Every piece of up to 64 KiB waits this long.
    Delay(Duration),
    /// Bytes are taken and never passed on: the server seems to hang.
    Swallow,
}

/// A TCP proxy between a client and a server on loopback.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    state: Arc<State>,
    acceptor: JoinHandle<()>,
}

#[derive(Debug)]
struct State {
    fault: Mutex<Fault>,
    /// Counts up when existing connections must end.
    generation: AtomicU64,
    connections: AtomicU64,
    client_bytes: AtomicU64,
}

impl Proxy {
    /// Starts a proxy in front of a port of the loopback interface.
    ///
    /// # Errors
    ///
    /// When no port is free.
    pub async fn start(server_port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let state = Arc::new(State {
            fault: Mutex::new(Fault::None),
            generation: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            client_bytes: AtomicU64::new(0),
        });
        let acceptor = tokio::spawn(accept(listener, server_port, Arc::clone(&state)));
        Ok(Self {
            port,
            state,
            acceptor,
        })
    }

    /// Where clients connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Changes what the network does. [`Fault::Down`] cuts what is connected.
    pub fn set(&self, fault: Fault) {
        *self
            .state
            .fault
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = fault;
        if fault == Fault::Down {
            self.cut();
        }
    }

    /// Cuts all connections that exist now.
    pub fn cut(&self) {
        self.state.generation.fetch_add(1, Ordering::SeqCst);
    }

    /// Connections that were made so far.
    pub fn connections(&self) -> u64 {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// Bytes that clients sent so far.
    pub fn client_bytes(&self) -> u64 {
        self.state.client_bytes.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.acceptor.abort();
        self.cut();
    }
}

impl State {
    fn fault(&self) -> Fault {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn accept(listener: TcpListener, server_port: u16, state: Arc<State>) {
    while let Ok((client, _)) = listener.accept().await {
        state.connections.fetch_add(1, Ordering::SeqCst);
        if state.fault() == Fault::Down {
            continue;
        }
        let generation = state.generation.load(Ordering::SeqCst);
        tokio::spawn(connect(client, server_port, generation, Arc::clone(&state)));
    }
}

async fn connect(client: TcpStream, server_port: u16, generation: u64, state: Arc<State>) {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, server_port));
    let Ok(server) = TcpStream::connect(address).await else {
        return;
    };
    client.set_nodelay(true).ok();
    server.set_nodelay(true).ok();
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let way = Way {
        state: &state,
        generation,
    };
    let cut = async {
        while !way.is_cut() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    let to_server = way.pass(from_client, to_server, Direction::ToServer);
    let to_client = way.pass(from_server, to_client, Direction::ToClient);
    // Whatever ends it, dropping all four halves closes both sockets.
    tokio::select! {
        () = cut => {}
        _ = async { tokio::try_join!(to_server, to_client) } => {}
    }
}

/// The connection is to be cut.
struct Cut;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    ToServer,
    ToClient,
}

/// A connection that goes on for as long as no newer generation is there.
struct Way<'a> {
    state: &'a State,
    generation: u64,
}

impl Way<'_> {
    fn is_cut(&self) -> bool {
        self.state.generation.load(Ordering::SeqCst) != self.generation
    }

    async fn pass(
        &self,
        mut from: impl tokio::io::AsyncRead + Unpin,
        mut to: impl tokio::io::AsyncWrite + Unpin,
        direction: Direction,
    ) -> Result<(), Cut> {
        let mut buffer = vec![0; 65_536];
        let mut passed = 0_u64;
        loop {
            let read = from.read(&mut buffer).await.map_err(|_| Cut)?;
            // What was on its way when the connection was cut does not arrive.
            if self.is_cut() {
                return Err(Cut);
            }
            if read == 0 {
                to.shutdown().await.ok();
                return Ok(());
            }
            if direction == Direction::ToServer {
                passed += read as u64;
                self.state
                    .client_bytes
                    .fetch_add(read as u64, Ordering::SeqCst);
            }
            match self.state.fault() {
                Fault::Swallow => continue,
                Fault::CutAfter(limit) if direction == Direction::ToServer && passed > limit => {
                    return Err(Cut);
                }
                Fault::Delay(pause) => sleep(pause).await,
                Fault::None | Fault::Down | Fault::CutAfter(_) => {}
            }
            let bytes = buffer.get(..read).ok_or(Cut)?;
            to.write_all(bytes).await.map_err(|_| Cut)?;
        }
    }
}
