//! A first message that says that this client encrypts.
//!
//! The library offers ciphers, but not the capability `SMB2_GLOBAL_CAP_ENCRYPTION` beside them:
//! Samba then chooses no cipher, and a server of version 3.0 does not encrypt at all. So the bit
//! is set on the way, and the hash that keys are derived from counts what was really sent.

use async_trait::async_trait;
use smb2::{
    Error,
    client::Connection,
    crypto::kdf::PreauthHasher,
    transport::{ReceiveProgress, TcpTransport, TransportReceive, TransportSend},
    types::flags::Capabilities,
};
use std::sync::{Arc, OnceLock};

/// Where the capabilities stand in a message: after a header of 64 bytes, and 8 more
/// ([MS-SMB2] 2.2.3).
const CAPABILITIES: std::ops::Range<usize> = 72..76;

/// A connection whose first exchange is changed and kept.
#[derive(Clone)]
pub(super) struct Greeting(Arc<Exchange>);

struct Exchange {
    line: TcpTransport,
    request: OnceLock<Vec<u8>>,
    answer: OnceLock<Vec<u8>>,
}

impl Greeting {
    pub(super) fn over(line: TcpTransport) -> Self {
        Self(Arc::new(Exchange {
            line,
            request: OnceLock::new(),
            answer: OnceLock::new(),
        }))
    }

    /// A connection over it, which is to be negotiated next.
    pub(super) fn connection(&self, server: &str) -> Connection {
        Connection::from_transport(Box::new(self.clone()), Box::new(self.clone()), server)
    }

    /// Negotiates, and makes the connection's hash one of what was sent.
    pub(super) async fn negotiate(&self, connection: &mut Connection) -> Result<(), Error> {
        connection.negotiate().await?;
        if let (Some(request), Some(answer)) = (self.0.request.get(), self.0.answer.get()) {
            connection.with_preauth_hasher_mut(|hash| {
                *hash = PreauthHasher::new();
                hash.update(request);
                hash.update(answer);
            });
        }
        Ok(())
    }
}

/// Adds the capability to the first message of a connection.
fn announce(message: &[u8]) -> Vec<u8> {
    let mut message = message.to_vec();
    if let Some(bytes) = message.get_mut(CAPABILITIES) {
        for (byte, bit) in bytes.iter_mut().zip(Capabilities::ENCRYPTION.to_le_bytes()) {
            *byte |= bit;
        }
    }
    message
}

#[async_trait]
impl TransportSend for Greeting {
    async fn send(&self, message: &[u8]) -> Result<(), Error> {
        if self.0.request.get().is_some() {
            return self.0.line.send(message).await;
        }
        let request = self.0.request.get_or_init(|| announce(message));
        self.0.line.send(request).await
    }
}

#[async_trait]
impl TransportReceive for Greeting {
    async fn receive(&self) -> Result<Vec<u8>, Error> {
        let message = self.0.line.receive().await?;
        if self.0.answer.get().is_none() {
            self.0.answer.get_or_init(|| message.clone());
        }
        Ok(message)
    }

    fn receive_progress(&self) -> Option<Arc<ReceiveProgress>> {
        self.0.line.receive_progress()
    }
}

#[cfg(test)]
mod tests {
    use super::{CAPABILITIES, announce};
    use smb2::{
        msg::{header::Header, negotiate::NegotiateRequest},
        pack::{Guid, Pack as _, WriteCursor},
        types::{
            Command, Dialect,
            flags::{Capabilities, SecurityMode},
        },
    };

    #[test]
    fn the_first_message_says_that_this_client_encrypts_and_is_else_the_same() {
        let message = |capabilities| {
            let mut cursor = WriteCursor::new();
            Header::new_request(Command::Negotiate).pack(&mut cursor);
            NegotiateRequest {
                security_mode: SecurityMode::new(SecurityMode::SIGNING_ENABLED),
                capabilities: Capabilities::new(capabilities),
                client_guid: Guid::default(),
                dialects: vec![Dialect::Smb3_1_1],
                negotiate_contexts: Vec::new(),
            }
            .pack(&mut cursor);
            cursor.into_inner()
        };
        assert_eq!(
            announce(&message(Capabilities::DFS)),
            message(Capabilities::DFS | Capabilities::ENCRYPTION)
        );
        assert_eq!(announce(&[0; CAPABILITIES.start]), [0; CAPABILITIES.start]);
    }
}
