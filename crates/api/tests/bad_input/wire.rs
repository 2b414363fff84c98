//! A server on a port, for what no client library sends.

use axum::Router;
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

/// Nothing here takes this long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Wire {
    address: SocketAddr,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Wire {
    pub(crate) async fn open(router: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, server }
    }

    /// Sends bytes as they are, and reads until the connection ends.
    pub(crate) async fn send(&self, request: &[u8]) -> String {
        self.exchange(request, false).await
    }

    /// The same, and says that nothing more comes; nothing if the connection was closed on it.
    pub(crate) async fn send_all(&self, request: &[u8]) -> String {
        self.exchange(request, true).await
    }

    async fn exchange(&self, request: &[u8], is_all: bool) -> String {
        let exchange = async {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            // A server that has seen enough closes while the rest is still on its way.
            let _ = stream.write_all(request).await;
            if is_all {
                let _ = stream.shutdown().await;
            }
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
            answer
        };
        let answer = timeout(PATIENCE, exchange).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    pub(crate) async fn get(&self, path: &str, fields: &str) -> String {
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: console.example\r\n{fields}connection: close\r\n\r\n"
        );
        self.send(request.as_bytes()).await
    }
}

/// The status of each answer that came.
pub(crate) fn statuses(answer: &str) -> Vec<u16> {
    let lines = answer
        .lines()
        .filter_map(|line| line.strip_prefix("HTTP/1."));
    lines.map(|line| line[2..5].parse().unwrap()).collect()
}

/// The header fields of an answer.
pub(crate) fn fields(answer: &str) -> &str {
    answer
        .split_once("\r\n\r\n")
        .map_or(answer, |(fields, _)| fields)
}
