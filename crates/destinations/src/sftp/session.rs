//! One SFTP session: questions and answers.

use super::{
    login::{self, Login},
    trust::{Gatekeeper, Trust},
};
use crate::{
    Failure, FailureCode, Operation,
    dial::{Impatient, dial},
    pool::Connection,
};
use futures_util::FutureExt as _;
use russh::{ChannelMsg, Preferred, client, keys::Algorithm};
use russh_sftp::{
    client::{Config, RawSftpSession, error::Error as SftpError},
    extensions,
    protocol::{FileAttributes, OpenFlags, Packet, StatusCode},
};
use std::{
    borrow::Cow,
    future::Future,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, timeout, timeout_at};

const POSIX_RENAME: &str = "posix-rename@openssh.com";
/// What every server takes and gives in one request.
const PIECE_BYTES: u64 = 32 * 1024;
const ASK_WHETHER_ALIVE: Duration = Duration::from_secs(30);
/// This library wants a limit for each request; ours is about silence, and shorter.
const A_DAY_SECONDS: u64 = 86_400;

/// How a session is made.
#[derive(Debug)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) login: Login,
    pub(super) trust: Arc<Trust>,
    pub(super) patience: Duration,
}

/// A connection that is signed in, with one SFTP channel.
pub(super) struct Session {
    pub(super) raw: RawSftpSession,
    handle: client::Handle<Gatekeeper>,
    patience: Duration,
    heard: Mutex<Instant>,
    pub(super) can: Abilities,
    /// The most to read or write in one request.
    pub(super) piece_bytes: u32,
}

/// Extensions that the server offers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Abilities {
    pub(super) rename_over: bool,
    pub(super) sync: bool,
    pub(super) measure: bool,
}

impl Address {
    /// Connects and signs in.
    pub(super) async fn connect(&self) -> Result<Session, Failure> {
        let mut algorithms = self.trust.algorithms();
        loop {
            match self.attempt(&algorithms).await {
                Err(failure) if failure.code == FailureCode::HostKeyChanged => {
                    algorithms = self.trust.algorithms_after(&algorithms).ok_or(failure)?;
                }
                result => return result,
            }
        }
    }

    async fn attempt(&self, algorithms: &[Algorithm]) -> Result<Session, Failure> {
        let mut handle = self.in_time(self.shake_hands(algorithms)).await?;
        self.in_time(self.login.sign_in(&mut handle)).await?;
        self.in_time(self.open(handle)).await
    }

    async fn in_time<T>(
        &self,
        step: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        timeout(self.patience, step)
            .await
            .unwrap_or_else(|_| Err(Failure::new(Operation::Connect, FailureCode::TimedOut)))
    }

    async fn shake_hands(
        &self,
        algorithms: &[Algorithm],
    ) -> Result<client::Handle<Gatekeeper>, Failure> {
        let stream = dial(&self.host, self.port, self.patience).await?;
        let config = client::Config {
            preferred: Preferred {
                key: Cow::Owned(algorithms.to_vec()),
                ..Preferred::DEFAULT
            },
            keepalive_interval: Some(ASK_WHETHER_ALIVE),
            ..client::Config::default()
        };
        let stream = Impatient::new(stream, self.patience);
        let gatekeeper = Gatekeeper(Arc::clone(&self.trust));
        client::connect_stream(Arc::new(config), stream, gatekeeper)
            .await
            .map_err(|error| match &error {
                russh::Error::NoCommonAlgo {
                    kind: russh::AlgorithmKind::Key,
                    ..
                } if self.trust.knows_a_key() => {
                    Failure::new(Operation::Connect, FailureCode::HostKeyChanged).caused_by(error)
                }
                _ => login::failure(error),
            })
    }

    async fn open(&self, handle: client::Handle<Gatekeeper>) -> Result<Session, Failure> {
        let mut channel = handle
            .channel_open_session()
            .await
            .map_err(login::failure)?;
        channel
            .request_subsystem(true, "sftp")
            .await
            .map_err(login::failure)?;
        loop {
            match channel.wait().await {
                Some(ChannelMsg::Success) => break,
                Some(ChannelMsg::Failure) => {
                    return Err(Failure::new(Operation::Connect, FailureCode::Unsupported));
                }
                Some(_) => {}
                None => {
                    return Err(Failure::new(
                        Operation::Connect,
                        FailureCode::ConnectionLost,
                    ));
                }
            }
        }
        let config = Config {
            request_timeout_secs: A_DAY_SECONDS,
            ..Config::default()
        };
        let raw = RawSftpSession::new_with_config(channel.into_stream(), config);
        let mut session = Session {
            raw,
            handle,
            patience: self.patience,
            heard: Mutex::new(Instant::now()),
            can: Abilities {
                rename_over: false,
                sync: false,
                measure: false,
            },
            piece_bytes: PIECE_BYTES as u32,
        };
        session.learn().await?;
        Ok(session)
    }
}

impl Session {
    async fn learn(&mut self) -> Result<(), Failure> {
        let version = self
            .ask(Operation::Connect, self.raw.init())
            .await
            .map_err(|failure| match failure.code {
                // Accounts without SFTP greet with a text, or end the channel.
                FailureCode::ConnectionLost if !self.handle.is_closed() => Failure {
                    code: FailureCode::Unsupported,
                    ..failure
                },
                _ => failure,
            })?;
        let offers = |name: &str| version.extensions.contains_key(name);
        self.can = Abilities {
            rename_over: offers(POSIX_RENAME),
            sync: offers(extensions::FSYNC),
            measure: offers(extensions::STATVFS),
        };
        if offers(extensions::LIMITS) {
            let limits = self.ask(Operation::Connect, self.raw.limits()).await?;
            let smallest = [limits.max_read_len, limits.max_write_len, PIECE_BYTES]
                .into_iter()
                .filter(|limit| *limit > 0)
                .min();
            self.piece_bytes = smallest
                .and_then(|limit| u32::try_from(limit).ok())
                .unwrap_or(PIECE_BYTES as u32);
        }
        Ok(())
    }

    /// Waits for an answer as long as the server answers anything: with many requests on their
    /// way, the last one's answer may take long.
    pub(super) async fn ask<T>(
        &self,
        operation: Operation,
        request: impl Future<Output = Result<T, SftpError>>,
    ) -> Result<T, Failure> {
        let mut request = pin!(request);
        let mut deadline = Instant::now() + self.patience;
        loop {
            if let Ok(result) = timeout_at(deadline, &mut request).await {
                *self.heard() = Instant::now();
                return result.map_err(|error| self.failure(operation, error));
            }
            let extended = *self.heard() + self.patience;
            if extended <= deadline {
                return Err(Failure::new(operation, FailureCode::TimedOut));
            }
            deadline = extended;
        }
    }

    fn heard(&self) -> std::sync::MutexGuard<'_, Instant> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failure(&self, operation: Operation, error: SftpError) -> Failure {
        let code = match &error {
            SftpError::Status(status) => match status.status_code {
                StatusCode::NoSuchFile => FailureCode::NotFound,
                StatusCode::PermissionDenied => FailureCode::PermissionDenied,
                StatusCode::OpUnsupported => FailureCode::Unsupported,
                StatusCode::NoConnection | StatusCode::ConnectionLost => {
                    FailureCode::ConnectionLost
                }
                StatusCode::Eof => FailureCode::Protocol,
                StatusCode::Ok | StatusCode::Failure | StatusCode::BadMessage => FailureCode::Other,
            },
            SftpError::Timeout => FailureCode::TimedOut,
            SftpError::UnexpectedPacket => FailureCode::Protocol,
            SftpError::Limited(_) => FailureCode::Other,
            // The channel or the connection under it ended.
            SftpError::IO(_) | SftpError::UnexpectedBehavior(_) => FailureCode::ConnectionLost,
        };
        Failure::new(operation, code).caused_by(error)
    }

    pub(super) async fn open_to_read(&self, path: &str) -> Result<String, Failure> {
        let open = self
            .raw
            .open(path, OpenFlags::READ, FileAttributes::empty());
        Ok(self.ask(Operation::Read, open).await?.handle)
    }

    /// Makes a file that is not there yet.
    pub(super) async fn create(&self, path: &str) -> Result<String, Failure> {
        let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::EXCLUDE;
        let open = self.raw.open(path, flags, FileAttributes::empty());
        Ok(self.ask(Operation::Write, open).await?.handle)
    }

    /// Lets the server forget a handle; nobody waits for its answer.
    pub(super) fn close_later(&self, handle: &str) {
        // Polling once sends it.
        let _: Option<_> = self.raw.close(handle).now_or_never();
    }

    /// Attributes of a file or folder; `None` when there is none.
    pub(super) async fn examine(
        &self,
        operation: Operation,
        path: &str,
    ) -> Result<Option<FileAttributes>, Failure> {
        match self.ask(operation, self.raw.stat(path)).await {
            Ok(found) => Ok(Some(found.attrs)),
            Err(failure) if failure.code == FailureCode::NotFound => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    pub(super) async fn remove(&self, operation: Operation, path: &str) -> Result<(), Failure> {
        self.ask(operation, self.raw.remove(path)).await.map(drop)
    }

    /// Makes a folder, unless it is there.
    pub(super) async fn make_folder(
        &self,
        operation: Operation,
        path: &str,
    ) -> Result<(), Failure> {
        let made = self
            .ask(operation, self.raw.mkdir(path, FileAttributes::empty()))
            .await;
        match made {
            Ok(_) => Ok(()),
            // Version 3 has no word for "it exists already".
            Err(failure) => match self.examine(operation, path).await? {
                Some(attributes) if attributes.is_dir() => Ok(()),
                _ => Err(failure),
            },
        }
    }

    /// Renames over what is there.
    pub(super) async fn rename(&self, from: &str, to: &str) -> Result<(), Failure> {
        let operation = Operation::Write;
        if self.can.rename_over {
            let answer = self.raw.extended(POSIX_RENAME, two_strings(from, to));
            let answer = async {
                match answer.await? {
                    Packet::Status(status) if status.status_code == StatusCode::Ok => Ok(()),
                    Packet::Status(status) => Err(SftpError::Status(status)),
                    _ => Err(SftpError::UnexpectedPacket),
                }
            };
            match self.ask(operation, answer).await {
                Err(failure) if failure.code == FailureCode::Unsupported => {}
                result => return result,
            }
        }
        match self.remove(operation, to).await {
            Err(failure) if failure.code != FailureCode::NotFound => return Err(failure),
            _ => {}
        }
        self.ask(operation, self.raw.rename(from, to))
            .await
            .map(drop)
    }
}

impl Connection for Session {
    fn is_closed(&self) -> bool {
        self.handle.is_closed()
    }

    async fn answers(&mut self) -> bool {
        self.ask(Operation::Connect, self.raw.realpath("."))
            .await
            .is_ok()
    }

    /// Closing it is all that there is to do.
    fn end(self) {}
}

fn two_strings(one: &str, other: &str) -> Vec<u8> {
    [one, other]
        .into_iter()
        .flat_map(|text| {
            let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
            length.to_be_bytes().into_iter().chain(text.bytes())
        })
        .collect()
}
