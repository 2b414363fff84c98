//! A network that fails for data connections as well: their ports are in the server's answers.

use latarnik_test_servers::{Fault, Proxy};
use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, copy},
    net::{TcpListener, TcpStream},
};

/// Lies in front of a server without TLS.
pub(crate) struct FtpNetwork {
    pub(crate) port: u16,
    control: Arc<Proxy>,
    state: Arc<Mutex<State>>,
}

struct State {
    data_fault: Fault,
    data: Vec<Proxy>,
}

impl FtpNetwork {
    pub(crate) async fn start(server_port: u16) -> Self {
        let control = Arc::new(Proxy::start(server_port).await.expect("a port"));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(Mutex::new(State {
            data_fault: Fault::None,
            data: Vec::new(),
        }));
        let (target, shared) = (control.port(), Arc::clone(&state));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, target, Arc::clone(&shared)));
            }
        });
        Self {
            port,
            control,
            state,
        }
    }

    /// For control connections and for data connections that begin later.
    pub(crate) fn set(&self, control: Fault, data: Fault) {
        self.control.set(control);
        self.state.lock().expect("not poisoned").data_fault = data;
    }

    pub(crate) fn cut_control(&self) {
        self.control.cut();
    }

    pub(crate) fn cut_data(&self) {
        for proxy in &self.state.lock().expect("not poisoned").data {
            proxy.cut();
        }
    }

    /// Bytes that went to the server over data connections.
    pub(crate) fn data_bytes(&self) -> u64 {
        let state = self.state.lock().expect("not poisoned");
        state.data.iter().map(Proxy::client_bytes).sum()
    }

    pub(crate) fn connections(&self) -> u64 {
        self.control.connections()
    }
}

async fn serve(client: TcpStream, target: u16, state: Arc<Mutex<State>>) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", target)).await else {
        return;
    };
    let (mut from_client, mut to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    let answers = async {
        let mut lines = BufReader::new(from_server);
        let mut line = String::new();
        while lines.read_line(&mut line).await.unwrap_or(0) > 0 {
            let answer = redirected(&line, &state).await;
            if to_client.write_all(answer.as_bytes()).await.is_err() {
                break;
            }
            line.clear();
        }
    };
    tokio::select! {
        () = answers => {}
        _ = copy(&mut from_client, &mut to_server) => {}
    }
}

/// `229 Entering Extended Passive Mode (|||port|)` with the port of a proxy.
async fn redirected(line: &str, state: &Mutex<State>) -> String {
    let port = line
        .strip_prefix("229 ")
        .and_then(|text| text.split("|||").nth(1))
        .and_then(|text| text.split('|').next());
    let Some(port) = port else {
        return line.to_owned();
    };
    let proxy = Proxy::start(port.parse().expect("a port"))
        .await
        .expect("a port");
    let answer = line.replace(port, &proxy.port().to_string());
    let mut state = state.lock().expect("not poisoned");
    proxy.set(state.data_fault);
    state.data.push(proxy);
    answer
}
