//! A folder of an FTP server, with or without TLS.
//!
//! FTP has one answer, 550, for whatever cannot be done, and its text is nobody's standard. So
//! after a refusal the server is asked further questions: is the file there, is the folder there?

mod listing;
mod reply;
mod session;
mod settings;
mod tls;
mod walk;

pub use self::settings::{FtpSecurity, FtpSettings};

use self::{
    session::{Address, Session},
    tls::Tls,
};
use crate::{
    Content, Destination, Entry, Failure, FailureCode, ObjectName, Operation, ServerKey, Space,
    Written,
    local::{UNFINISHED, random_name},
    pool::{Lease, Pool},
};
use async_trait::async_trait;
use bytes::Bytes;
use std::{fmt, ops::Range, time::Duration};

/// Connections at once: each carries one operation at a time. Many servers allow no more than
/// five for one address.
const CONNECTIONS: usize = 4;

/// A folder of an FTP server.
pub struct Ftp {
    address: Address,
    path: String,
    pool: Pool<Session>,
}

impl fmt::Debug for Ftp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.location())
    }
}

impl Ftp {
    /// A destination of its description; nothing is connected yet.
    ///
    /// # Errors
    ///
    /// [`InvalidSettings`](FailureCode::InvalidSettings) when something is missing, or a
    /// certificate cannot be read.
    pub fn new(settings: FtpSettings) -> Result<Self, Failure> {
        let port = settings.port.unwrap_or(match settings.security {
            FtpSecurity::Implicit => 990,
            FtpSecurity::None | FtpSecurity::Explicit => 21,
        });
        let fields = [&settings.host, &settings.user, &settings.path];
        let is_broken = fields
            .iter()
            .any(|field| field.contains(|character: char| character.is_control()));
        if settings.host.is_empty()
            || settings.user.is_empty()
            || port == 0
            || settings.timeout_seconds == 0
            || is_broken
        {
            return Err(Failure::new(
                Operation::Connect,
                FailureCode::InvalidSettings,
            ));
        }
        Ok(Self {
            address: Address {
                host: settings.host,
                port,
                user: settings.user,
                password: settings.password,
                security: settings.security,
                tls: Tls::new(
                    settings.ca_certificate.as_deref(),
                    settings.certificate_fingerprint.as_deref(),
                )?,
                patience: Duration::from_secs(settings.timeout_seconds),
            },
            path: settings.path,
            pool: Pool::new(CONNECTIONS),
        })
    }

    async fn lease(&self) -> Result<Lease<'_, Session>, Failure> {
        self.pool.lease(self.address.connect()).await
    }

    /// The root as an absolute path, since the current folder changes.
    fn root(&self, session: &Session) -> String {
        let path = self.path.trim_end_matches('/');
        if self.path.starts_with('/') {
            return path.to_owned();
        }
        let home = session.home.trim_end_matches('/');
        match path {
            "" | "." | "~" => home.to_owned(),
            path => format!("{home}/{}", path.trim_start_matches("~/")),
        }
    }

    fn below_root(&self, session: &Session, name: &str) -> String {
        format!("{}/{name}", self.root(session))
    }

    fn path_of(&self, session: &Session, name: &ObjectName) -> String {
        self.below_root(session, name.as_str())
    }

    async fn root_must_exist(
        &self,
        session: &mut Session,
        operation: Operation,
    ) -> Result<(), Failure> {
        let root = self.root_or_slash(session);
        if session.is_folder(operation, &root).await? {
            Ok(())
        } else {
            Err(Failure::new(operation, FailureCode::NoSuchContainer))
        }
    }

    fn root_or_slash(&self, session: &Session) -> String {
        let root = self.root(session);
        if root.is_empty() {
            "/".to_owned()
        } else {
            root
        }
    }

    async fn write_on(
        &self,
        session: &mut Session,
        name: &ObjectName,
        content: &Content,
    ) -> Result<(), Failure> {
        let random = random_name().map_err(|error| Failure::of_io(Operation::Write, error))?;
        let temporary = self.below_root(session, &format!("{UNFINISHED}/{random}"));
        let result = self.write_and_commit(session, &temporary, name, content);
        let Err(failure) = result.await else {
            return Ok(());
        };
        if matches!(
            failure.code,
            FailureCode::ConnectionLost | FailureCode::TimedOut | FailureCode::ServerBusy
        ) {
            return Err(failure);
        }
        let failure = self.explained(session, &temporary, failure, content).await;
        session
            .ask(Operation::Write, format!("DELE {temporary}"))
            .await
            .ok();
        Err(failure)
    }

    async fn write_and_commit(
        &self,
        session: &mut Session,
        temporary: &str,
        name: &ObjectName,
        content: &Content,
    ) -> Result<(), Failure> {
        if let Err(reply) = session.upload(temporary, content).await? {
            let unfinished = self.below_root(session, UNFINISHED);
            let may_be_missing = matches!(reply.code, 450 | 550 | 551 | 553);
            if !may_be_missing || session.is_folder(Operation::Write, &unfinished).await? {
                return Err(reply.failure(Operation::Write));
            }
            self.root_must_exist(session, Operation::Write).await?;
            session.make_folder(Operation::Write, &unfinished).await?;
            if let Err(reply) = session.upload(temporary, content).await? {
                return Err(reply.failure(Operation::Write));
            }
        }
        // For FTP, a data connection that was cut off is a file that is at its end.
        let arrived = session.size(Operation::Write, temporary).await?;
        if arrived != Some(content.length()) {
            return Err(Failure::new(
                Operation::Write,
                FailureCode::ChecksumMismatch,
            ));
        }
        self.commit(session, temporary, name).await
    }

    /// Servers say "local error" when the disk is full. Then less arrived than was sent, and not
    /// for want of a connection.
    async fn explained(
        &self,
        session: &mut Session,
        temporary: &str,
        failure: Failure,
        content: &Content,
    ) -> Failure {
        if failure.code != FailureCode::Other {
            return failure;
        }
        match session.size(Operation::Write, temporary).await {
            Ok(Some(bytes)) if bytes < content.length() => Failure {
                code: FailureCode::NoSpace,
                ..failure
            },
            _ => failure,
        }
    }

    /// Gives a written file its name: over another file where the server does that, and after
    /// deleting it where not; in a folder that is made when it is missing.
    async fn commit(
        &self,
        session: &mut Session,
        temporary: &str,
        name: &ObjectName,
    ) -> Result<(), Failure> {
        let operation = Operation::Write;
        let path = self.path_of(session, name);
        if rename(session, temporary, &path).await?.is_ok() {
            return Ok(());
        }
        if session.size(operation, &path).await?.is_some() {
            let deleted = session.ask(operation, format!("DELE {path}")).await?;
            if !deleted.is_fine() {
                return Err(deleted.failure(operation));
            }
        } else {
            let mut folders = Vec::new();
            let mut folder = name.folder();
            while let Some(name) = folder {
                folder = name.folder();
                folders.push(name);
            }
            for folder in folders.iter().rev() {
                let folder = self.path_of(session, folder);
                session.make_folder(operation, &folder).await?;
            }
        }
        rename(session, temporary, &path)
            .await?
            .map_err(|reply| reply.failure(operation))
    }

    async fn read_on(
        &self,
        session: &mut Session,
        name: &ObjectName,
        range: Option<Range<u64>>,
    ) -> Result<Bytes, Failure> {
        let path = self.path_of(session, name);
        let Some(size) = session.size(Operation::Read, &path).await? else {
            self.root_must_exist(session, Operation::Read).await?;
            return Err(Failure::new(Operation::Read, FailureCode::NotFound));
        };
        let range = range.unwrap_or(0..size);
        if range.end > size || range.start > range.end {
            return Err(Failure::new(Operation::Read, FailureCode::Protocol));
        }
        let length = range.end - range.start;
        session
            .download(&path, range.start, length, range.end == size)
            .await?
            // It is there, so it is not for us.
            .map_err(|reply| reply.failure(Operation::Read))
    }

    async fn remove_on(&self, session: &mut Session, name: &ObjectName) -> Result<(), Failure> {
        let operation = Operation::Remove;
        let path = self.path_of(session, name);
        let reply = session.ask(operation, format!("DELE {path}")).await?;
        if reply.is_fine() {
            return Ok(());
        }
        if session.size(operation, &path).await?.is_some() {
            return Err(reply.failure(operation));
        }
        self.root_must_exist(session, operation).await
    }

    async fn prepare_on(&self, session: &mut Session) -> Result<(), Failure> {
        let operation = Operation::Prepare;
        let root = self.root_or_slash(session);
        if session.is_folder(operation, &root).await? {
            return Ok(());
        }
        let Err(failure) = session.make_folder(operation, &root).await else {
            return Ok(());
        };
        let parent = match root.rsplit_once('/') {
            Some(("", _)) | None => "/",
            Some((parent, _)) => parent,
        };
        if session.is_folder(operation, parent).await? {
            Err(failure)
        } else {
            Err(Failure {
                code: FailureCode::NoSuchContainer,
                ..failure
            })
        }
    }
}

/// Renames; the inner error is the server's refusal.
async fn rename(
    session: &mut Session,
    from: &str,
    to: &str,
) -> Result<Result<(), reply::Reply>, Failure> {
    for command in [format!("RNFR {from}"), format!("RNTO {to}")] {
        let reply = session.ask(Operation::Write, command).await?;
        if !reply.is_fine() {
            return Ok(Err(reply));
        }
    }
    Ok(Ok(()))
}

#[async_trait]
impl Destination for Ftp {
    fn location(&self) -> String {
        let Address {
            host, port, user, ..
        } = &self.address;
        let scheme = match self.address.security {
            FtpSecurity::None => "ftp",
            FtpSecurity::Explicit => "ftpes",
            FtpSecurity::Implicit => "ftps",
        };
        let slash = if self.path.starts_with('/') {
            ""
        } else {
            "/~/"
        };
        let path = self.path.trim_end_matches('/');
        format!("{scheme}://{user}@{host}:{port}{slash}{path}")
    }

    async fn prepare(&self) -> Result<(), Failure> {
        let mut session = self.lease().await?;
        let result = self.prepare_on(&mut session).await;
        session.finish(result)
    }

    async fn write(&self, name: &ObjectName, content: Content) -> Result<Written, Failure> {
        let mut session = self.lease().await?;
        let result = self.write_on(&mut session, name, &content).await;
        session
            .finish(result)
            .map(|()| Written::Unconfirmed)
            .map_err(|failure| failure.about(name))
    }

    async fn read(&self, name: &ObjectName) -> Result<Bytes, Failure> {
        let mut session = self.lease().await?;
        let result = self.read_on(&mut session, name, None).await;
        session
            .finish(result)
            .map_err(|failure| failure.about(name))
    }

    async fn read_range(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, Failure> {
        let mut session = self.lease().await?;
        let result = self.read_on(&mut session, name, Some(range)).await;
        session
            .finish(result)
            .map_err(|failure| failure.about(name))
    }

    async fn list(&self, folder: Option<&ObjectName>) -> Result<Vec<Entry>, Failure> {
        self.walk(folder).await
    }

    async fn size(&self, name: &ObjectName) -> Result<Option<u64>, Failure> {
        let mut session = self.lease().await?;
        let path = self.path_of(&session, name);
        let result = async {
            let size = session.size(Operation::Examine, &path).await?;
            if size.is_none() {
                self.root_must_exist(&mut session, Operation::Examine)
                    .await?;
            }
            Ok(size)
        };
        let result = result.await;
        session
            .finish(result)
            .map_err(|failure| failure.about(name))
    }

    async fn remove(&self, name: &ObjectName) -> Result<(), Failure> {
        let mut session = self.lease().await?;
        let result = self.remove_on(&mut session, name).await;
        session
            .finish(result)
            .map_err(|failure| failure.about(name))
    }

    async fn remove_leftovers(&self) -> Result<u64, Failure> {
        let mut session = self.lease().await?;
        let result = self.clean(&mut session).await;
        session.finish(result)
    }

    /// FTP has no such question.
    async fn space(&self) -> Result<Option<Space>, Failure> {
        let mut session = self.lease().await?;
        let result = self.root_must_exist(&mut session, Operation::Measure).await;
        session.finish(result).map(|()| None)
    }

    fn server_key(&self) -> Option<ServerKey> {
        self.address.tls.seen()
    }
}

#[cfg(test)]
mod tests {
    use super::{Ftp, FtpSettings};
    use crate::{Destination as _, FailureCode, Settings};

    fn settings(more: &str) -> FtpSettings {
        let text = format!(
            r#"{{"kind": "ftp", "host": "nas.example", "user": "backup", "password": "hunter2"{more}}}"#
        );
        match serde_json::from_str(&text).unwrap() {
            Settings::Ftp(settings) => settings,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_description_is_encrypted_unless_it_says_otherwise_and_shows_no_secret() {
        for (more, location) in [
            ("", "ftpes://backup@nas.example:21/~/"),
            (
                r#", "security": "implicit", "path": "/srv/b/""#,
                "ftps://backup@nas.example:990/srv/b",
            ),
            (
                r#", "security": "none", "port": 2121, "path": "b""#,
                "ftp://backup@nas.example:2121/~/b",
            ),
        ] {
            let settings = settings(more);
            assert!(!format!("{settings:?}").contains("hunter2"));
            let ftp = Ftp::new(settings).unwrap();
            assert_eq!(ftp.location(), location);
            assert!(!format!("{ftp:?}").contains("hunter2"));
        }
    }

    #[test]
    fn descriptions_that_cannot_work_are_refused() {
        for more in [
            r#", "port": 0"#,
            r#", "timeout_seconds": 0"#,
            r#", "path": "a\r\nDELE b""#,
            r#", "ca_certificate": "no PEM""#,
            r#", "certificate_fingerprint": "00:11""#,
        ] {
            let failure = Ftp::new(settings(more)).unwrap_err();
            assert_eq!(failure.code, FailureCode::InvalidSettings, "{more}");
        }
    }
}
