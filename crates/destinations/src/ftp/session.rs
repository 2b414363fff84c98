//! One control connection: questions and answers.

use super::{
    FtpSecurity,
    listing::{self, Line},
    reply::{Reply, failure, quoted, refused_login},
    tls::{Connector, Tls},
};
use crate::{Content, Failure, FailureCode, Operation, Secret, dial::dial, pool::Connection};
use bytes::{Bytes, BytesMut};
use std::{io, time::Duration};
use suppaftp::{
    FtpError, Mode, Status,
    tokio::{AsyncRustlsFtpStream, AsyncRustlsStream, TransferStream},
    types::FileType,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};

/// How long a server may take to say good-bye.
const GOODBYE: Duration = Duration::from_secs(2);
const PIECE_BYTES: usize = 64 * 1024;
/// A size that a server told is believed this far before the bytes are there.
const BELIEVED_BYTES: u64 = 32 * 1024 * 1024;
/// More than a listing ever has; what is longer is no listing.
const LISTING_BYTES: usize = 256 * 1024 * 1024;

/// How a session is made.
#[derive(Debug)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) user: String,
    pub(super) password: Secret,
    pub(super) security: FtpSecurity,
    pub(super) tls: Tls,
    pub(super) patience: Duration,
}

/// A control connection that is signed in.
pub(super) struct Session {
    stream: AsyncRustlsFtpStream,
    connector: Option<Connector>,
    patience: Duration,
    /// Where the account arrives: what relative paths start from.
    pub(super) home: String,
    has_machine_readable_lists: bool,
    /// What was said last may have been the answer to another question.
    broken: bool,
}

impl Address {
    /// Connects and signs in.
    pub(super) async fn connect(&self) -> Result<Session, Failure> {
        let (stream, connector) = loop {
            let connector = (self.security != FtpSecurity::None).then(|| self.tls.connector());
            match self.dial(connector.as_ref()).await {
                Ok(stream) => break (stream, connector),
                Err(failure) => {
                    let is_solved =
                        connector.is_some_and(|connector| self.tls.change_version(&connector));
                    if !is_solved {
                        return Err(failure);
                    }
                }
            }
        };
        let mut session = Session {
            stream,
            connector,
            patience: self.patience,
            home: String::new(),
            has_machine_readable_lists: false,
            broken: false,
        };
        session.stream.set_mode(Mode::ExtendedPassive);
        // Servers behind address translation tell an address that nobody can reach.
        session.stream.set_passive_nat_workaround(true);
        if self.security == FtpSecurity::Implicit {
            for command in ["PBSZ 0", "PROT P"] {
                session.must(Operation::Connect, command.to_owned()).await?;
            }
        }
        session.sign_in(&self.user, self.password.reveal()).await?;
        session.learn().await?;
        Ok(session)
    }

    async fn dial(&self, connector: Option<&Connector>) -> Result<AsyncRustlsFtpStream, Failure> {
        let tcp = dial(&self.host, self.port, self.patience).await?;
        let failed = |error| failure(Operation::Connect, connector, error);
        let greeting = async {
            match connector {
                None => AsyncRustlsFtpStream::connect_with_stream(tcp).await,
                Some(connector) if self.security == FtpSecurity::Explicit => {
                    AsyncRustlsFtpStream::connect_with_stream(tcp)
                        .await?
                        .into_secure(connector.clone(), &self.host)
                        .await
                }
                Some(connector) => {
                    // The library connects by itself here, to what was just found to answer.
                    let address = tcp.peer_addr().map_err(FtpError::ConnectionError)?;
                    drop(tcp);
                    AsyncRustlsFtpStream::connect_secure_implicit(
                        address,
                        connector.clone(),
                        &self.host,
                    )
                    .await
                }
            }
        };
        match timeout(self.patience, greeting).await {
            Ok(Ok(stream)) => Ok(stream),
            // Whatever the server says to `AUTH TLS`: it has none.
            Ok(Err(FtpError::UnexpectedResponse(response)))
                if connector.is_some() && Reply::of(&response).code >= 500 =>
            {
                let text = Reply::of(&response).text;
                Err(Failure::new(Operation::Connect, FailureCode::Tls).caused_by(text))
            }
            Ok(Err(error)) => Err(failed(error)),
            Err(_) => Err(Failure::new(Operation::Connect, FailureCode::TimedOut)),
        }
    }
}

impl Session {
    async fn sign_in(&mut self, user: &str, password: &str) -> Result<(), Failure> {
        let login = self.stream.login(user, password);
        match timeout(self.patience, login).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(FtpError::UnexpectedResponse(response))) => {
                let reply = Reply::of(&response);
                Err(refused_login(reply))
            }
            Ok(Err(error)) => Err(failure(Operation::Connect, self.connector.as_ref(), error)),
            Err(_) => Err(Failure::new(Operation::Connect, FailureCode::TimedOut)),
        }
    }

    async fn learn(&mut self) -> Result<(), Failure> {
        let operation = Operation::Connect;
        let features = match timeout(self.patience, self.stream.feat()).await {
            Ok(Ok(features)) => features,
            Ok(Err(FtpError::UnexpectedResponse(_))) => Default::default(),
            Ok(Err(error)) => return Err(self.failure(operation, error)),
            Err(_) => return Err(self.silence(operation)),
        };
        self.has_machine_readable_lists = features
            .keys()
            .any(|feature| feature.eq_ignore_ascii_case("MLST"));
        let binary = self.stream.transfer_type(FileType::Binary);
        match timeout(self.patience, binary).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(self.failure(operation, error)),
            Err(_) => return Err(self.silence(operation)),
        }
        let reply = self.must(operation, "PWD".to_owned()).await?;
        self.home = quoted(&reply.text)
            .ok_or_else(|| Failure::new(operation, FailureCode::Protocol).caused_by(reply.text))?;
        Ok(())
    }

    /// Sends a command and takes whatever answer comes.
    pub(super) async fn ask(
        &mut self,
        operation: Operation,
        command: String,
    ) -> Result<Reply, Failure> {
        let answer = self.stream.custom_command(command, &[]);
        let reply = match timeout(self.patience, answer).await {
            Ok(Ok(response) | Err(FtpError::UnexpectedResponse(response))) => Reply::of(&response),
            Ok(Err(error)) => return Err(self.failure(operation, error)),
            Err(_) => return Err(self.silence(operation)),
        };
        if reply.code == 421 {
            self.broken = true;
            return Err(reply.failure(operation));
        }
        Ok(reply)
    }

    async fn must(&mut self, operation: Operation, command: String) -> Result<Reply, Failure> {
        let reply = self.ask(operation, command).await?;
        if reply.is_fine() {
            Ok(reply)
        } else {
            Err(reply.failure(operation))
        }
    }

    fn failure(&mut self, operation: Operation, error: FtpError) -> Failure {
        self.broken = true;
        failure(operation, self.connector.as_ref(), error)
    }

    fn silence(&mut self, operation: Operation) -> Failure {
        self.broken = true;
        Failure::new(operation, FailureCode::TimedOut)
    }

    pub(super) async fn is_folder(
        &mut self,
        operation: Operation,
        path: &str,
    ) -> Result<bool, Failure> {
        let reply = self.ask(operation, format!("CWD {path}")).await?;
        Ok(reply.is_fine())
    }

    /// A file's size; `None` when the server tells of no such file.
    pub(super) async fn size(
        &mut self,
        operation: Operation,
        path: &str,
    ) -> Result<Option<u64>, Failure> {
        let reply = self.ask(operation, format!("SIZE {path}")).await?;
        if reply.code == 213 {
            let bytes = reply.text.split_whitespace().last();
            return match bytes.and_then(|bytes| bytes.parse().ok()) {
                Some(bytes) => Ok(Some(bytes)),
                None => Err(Failure::new(operation, FailureCode::Protocol).caused_by(reply.text)),
            };
        }
        if !reply.is_unknown_command() {
            return Ok(None);
        }
        // A server without this extension lists the file's folder.
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let folder = if folder.is_empty() { "/" } else { folder };
        let lines = self.list(operation, folder).await?.unwrap_or_default();
        Ok(lines.iter().find_map(|line| match line.kind {
            listing::Kind::File { bytes } if line.name == name => Some(bytes),
            _ => None,
        }))
    }

    /// Makes a folder, unless it is there.
    pub(super) async fn make_folder(
        &mut self,
        operation: Operation,
        path: &str,
    ) -> Result<(), Failure> {
        let reply = self.ask(operation, format!("MKD {path}")).await?;
        if reply.is_fine() || self.is_folder(operation, path).await? {
            Ok(())
        } else {
            Err(reply.failure(operation))
        }
    }

    /// What lies in a folder; `None` when the server refuses to tell.
    pub(super) async fn list(
        &mut self,
        operation: Operation,
        path: &str,
    ) -> Result<Option<Vec<Line>>, Failure> {
        type Parser = fn(&str) -> Option<Line>;
        let (command, parse): (_, Parser) = if self.has_machine_readable_lists {
            (format!("MLSD {path}"), listing::machine_readable)
        } else {
            (format!("LIST {path}"), listing::for_people)
        };
        let data = match self.open(operation, &command, 0).await? {
            Ok(data) => data,
            Err(reply) if matches!(reply.code, 450 | 500..=599) => return Ok(None),
            Err(reply) => return Err(reply.failure(operation)),
        };
        let (bytes, data) = self.take(operation, data, LISTING_BYTES).await?;
        self.finish(operation, data).await?;
        Ok(Some(
            String::from_utf8_lossy(&bytes)
                .lines()
                .filter_map(parse)
                .collect(),
        ))
    }

    /// Opens a data connection for a command; the inner error is the server's refusal.
    async fn open(
        &mut self,
        operation: Operation,
        command: &str,
        offset: u64,
    ) -> Result<Result<TransferStream<AsyncRustlsStream>, Reply>, Failure> {
        let offset = usize::try_from(offset)
            .map_err(|_| Failure::new(operation, FailureCode::Unsupported))?;
        for mode in [None, Some(Mode::Passive)] {
            if let Some(mode) = mode {
                self.stream.set_mode(mode);
            }
            let opening = async {
                self.stream.resume_transfer(offset).await?;
                let expected = [Status::AboutToSend, Status::AlreadyOpen];
                self.stream.custom_data_command(command, &expected).await
            };
            match timeout(self.patience, opening).await {
                Ok(Ok((_, data))) => return Ok(Ok(data)),
                Ok(Err(FtpError::UnexpectedResponse(response))) => {
                    let reply = Reply::of(&response);
                    // Perhaps it was `EPSV` that the server does not know.
                    let may_be_mode = mode.is_none() && matches!(reply.code, 500 | 502 | 522);
                    if reply.code == 421 {
                        self.broken = true;
                        return Err(reply.failure(operation));
                    }
                    if !may_be_mode {
                        return Ok(Err(reply));
                    }
                }
                Ok(Err(error)) => return Err(self.failure(operation, error)),
                Err(_) => return Err(self.silence(operation)),
            }
        }
        Err(Failure::new(operation, FailureCode::Unsupported))
    }

    /// Reads at most so many bytes. Without the last one read, the transfer is not at its end.
    async fn take(
        &mut self,
        operation: Operation,
        mut data: TransferStream<AsyncRustlsStream>,
        most: usize,
    ) -> Result<(BytesMut, TransferStream<AsyncRustlsStream>), Failure> {
        let capacity = (most as u64).min(BELIEVED_BYTES);
        let mut bytes = BytesMut::new();
        if most < LISTING_BYTES {
            bytes.reserve(usize::try_from(capacity).unwrap_or(0));
        }
        while bytes.len() < most {
            bytes.reserve(PIECE_BYTES.min(most - bytes.len()));
            let mut piece = (&mut data).take((most - bytes.len()) as u64);
            match timeout(self.patience, piece.read_buf(&mut bytes)).await {
                Ok(Ok(0)) => break,
                Ok(Ok(_)) => {}
                // Many servers close TLS data connections without a word; the reply on the
                // control connection tells whether that was the end.
                Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => break,
                Ok(Err(error)) => {
                    self.broken = true;
                    return Err(Failure::of_io(operation, error));
                }
                Err(_) => return Err(self.silence(operation)),
            }
        }
        Ok((bytes, data))
    }

    /// Closes a data connection and hears how the transfer went.
    async fn finish(
        &mut self,
        operation: Operation,
        data: TransferStream<AsyncRustlsStream>,
    ) -> Result<(), Failure> {
        match timeout(self.patience, data.finish()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(FtpError::UnexpectedResponse(response))) => {
                let reply = Reply::of(&response);
                self.broken |= reply.code == 421;
                Err(reply.failure(operation))
            }
            Ok(Err(error)) => Err(self.failure(operation, error)),
            Err(_) => Err(self.silence(operation)),
        }
    }

    /// Reads bytes of a file that is known to have them; the inner error is a refusal.
    pub(super) async fn download(
        &mut self,
        path: &str,
        start: u64,
        length: u64,
        is_to_the_end: bool,
    ) -> Result<Result<Bytes, Reply>, Failure> {
        let operation = Operation::Read;
        let most = usize::try_from(length)
            .map_err(|_| Failure::new(operation, FailureCode::Unsupported))?;
        let data = match self.open(operation, &format!("RETR {path}"), start).await? {
            Ok(data) => data,
            Err(reply) => return Ok(Err(reply)),
        };
        let (bytes, data) = self.take(operation, data, most).await?;
        if is_to_the_end || bytes.len() < most {
            let (more, data) = self.take(operation, data, 1).await?;
            if !more.is_empty() {
                self.broken = true;
                return Err(Failure::new(operation, FailureCode::Protocol));
            }
            self.finish(operation, data).await?;
        } else {
            // The rest is not wanted. The server's word about that comes before the next answer,
            // where the library expects it.
            drop(data);
        }
        if bytes.len() < most {
            return Err(Failure::new(operation, FailureCode::Protocol));
        }
        Ok(Ok(bytes.freeze()))
    }

    /// Writes a file; the inner error is a refusal before anything was sent.
    pub(super) async fn upload(
        &mut self,
        path: &str,
        content: &Content,
    ) -> Result<Result<(), Reply>, Failure> {
        let operation = Operation::Write;
        let mut data = match self.open(operation, &format!("STOR {path}"), 0).await? {
            Ok(data) => data,
            Err(reply) => return Ok(Err(reply)),
        };
        let mut cursor = content.cursor(PIECE_BYTES);
        while let Some(piece) = cursor.next().await {
            match timeout(self.patience, data.write_all(&piece)).await {
                Ok(Ok(())) => {}
                // The server stopped taking; its reply tells why.
                Ok(Err(_)) => break,
                Err(_) => return Err(self.silence(operation)),
            }
        }
        self.finish(operation, data).await.map(Ok)
    }
}

impl Connection for Session {
    fn is_closed(&self) -> bool {
        self.broken
    }

    async fn answers(&mut self) -> bool {
        self.ask(Operation::Connect, "NOOP".to_owned())
            .await
            .is_ok_and(|reply| reply.is_fine())
    }

    fn end(mut self) {
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { timeout(GOODBYE, self.stream.quit()).await });
        }
    }
}
