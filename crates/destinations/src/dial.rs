//! Connections to servers.

use crate::{Failure, FailureCode, Operation};
use socket2::{SockRef, TcpKeepalive};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, lookup_host},
    time::{Instant, Sleep, sleep_until, timeout},
};

/// Silence after which the system asks whether the other side still exists: shorter than the
/// minutes after which routers forget a connection.
const KEEP_ALIVE: Duration = Duration::from_secs(45);

/// Connects to the first address of a host that answers, each within this time.
pub(crate) async fn dial(host: &str, port: u16, patience: Duration) -> Result<TcpStream, Failure> {
    let failure = |code| Failure::new(Operation::Connect, code);
    let addresses = match timeout(patience, lookup_host((host, port))).await {
        Ok(Ok(addresses)) => addresses,
        Ok(Err(error)) => return Err(failure(FailureCode::NameNotResolved).caused_by(error)),
        Err(_) => return Err(failure(FailureCode::TimedOut)),
    };
    let mut result = Err(failure(FailureCode::NameNotResolved));
    for address in addresses {
        match timeout(patience, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return prepared(stream),
            Ok(Err(error)) => result = Err(Failure::of_io(Operation::Connect, error)),
            Err(_) => result = Err(failure(FailureCode::TimedOut)),
        }
    }
    result
}

/// Questions are small and wait for their answers, so nothing is held back to be sent together.
fn prepared(stream: TcpStream) -> Result<TcpStream, Failure> {
    let keep_alive = TcpKeepalive::new()
        .with_time(KEEP_ALIVE)
        .with_interval(KEEP_ALIVE);
    stream
        .set_nodelay(true)
        .and_then(|()| SockRef::from(&stream).set_tcp_keepalive(&keep_alive))
        .map_err(|error| Failure::of_io(Operation::Connect, error))?;
    Ok(stream)
}

/// A stream whose writes fail when the other side takes nothing for some time: whoever works in
/// the background on it comes to an end when the server hangs.
#[derive(Debug)]
pub(crate) struct Impatient<S> {
    inner: S,
    patience: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> Impatient<S> {
    pub(crate) fn new(inner: S, patience: Duration) -> Self {
        Self {
            inner,
            patience,
            stalled: None,
        }
    }

    fn judge<T>(
        &mut self,
        context: &mut Context<'_>,
        result: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.stalled = None;
            return result;
        }
        let deadline = Instant::now() + self.patience;
        let stalled = self
            .stalled
            .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Impatient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Impatient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.judge(context, result)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.inner).poll_flush(context);
        self.judge(context, result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.inner).poll_shutdown(context);
        self.judge(context, result)
    }
}

#[cfg(test)]
mod tests {
    use super::Impatient;
    use std::{io, time::Duration};
    use tokio::io::AsyncWriteExt as _;

    #[tokio::test(start_paused = true)]
    async fn a_write_that_nobody_takes_fails_and_one_that_is_taken_slowly_does_not() {
        let (client, mut server) = tokio::io::duplex(10);
        let mut client = Impatient::new(client, Duration::from_secs(60));
        let reader = tokio::spawn(async move {
            for _ in 0..5 {
                tokio::time::sleep(Duration::from_secs(50)).await;
                tokio::io::AsyncReadExt::read(&mut server, &mut [0; 10])
                    .await
                    .unwrap();
            }
            server
        });
        client.write_all(&[0; 50]).await.unwrap();
        let _server = reader.await.unwrap();
        let error = client.write_all(&[0; 50]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
