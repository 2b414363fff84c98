//! A look at what clients send.

use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// Passes connections on, and keeps what clients send.
pub(crate) struct Line {
    pub(crate) port: u16,
    sent: Arc<Mutex<Vec<u8>>>,
}

impl Line {
    /// Lies before a server on loopback.
    pub(crate) async fn listen(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let sent = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&sent);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let kept = Arc::clone(&kept);
                tokio::spawn(async move {
                    let server = TcpStream::connect(("127.0.0.1", server)).await?;
                    let (mut from_client, mut to_client) = client.into_split();
                    let (mut from_server, mut to_server) = server.into_split();
                    let there = async {
                        let mut buffer = vec![0; 65_536];
                        loop {
                            let read = from_client.read(&mut buffer).await?;
                            let bytes = buffer.get(..read).unwrap_or_default();
                            if bytes.is_empty() {
                                return std::io::Result::Ok(());
                            }
                            kept.lock().expect("not poisoned").extend_from_slice(bytes);
                            to_server.write_all(bytes).await?;
                        }
                    };
                    let back = tokio::io::copy(&mut from_server, &mut to_client);
                    tokio::try_join!(there, back).map(drop)
                });
            }
        });
        Self { port, sent }
    }

    /// Whether these bytes were among what clients sent.
    pub(crate) fn saw(&self, text: &[u8]) -> bool {
        let sent = self.sent.lock().expect("not poisoned");
        sent.windows(text.len()).any(|window| window == text)
    }
}
