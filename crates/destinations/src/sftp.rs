//! A folder of a server, over SSH.

mod listing;
mod login;
mod session;
mod transfer;
mod trust;

use self::{
    login::Login,
    session::{Address, Session},
    trust::Trust,
};
use crate::{
    Content, Destination, Entry, Failure, FailureCode, ObjectName, Operation, Secret, ServerKey,
    Space, Written,
    local::{UNFINISHED, random_name},
    pool::{Lease, Pool},
};
use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::{fmt, ops::Range, sync::Arc, time::Duration};

/// Connections at once: each carries one operation at a time.
const CONNECTIONS: usize = 4;
/// `SSH_FXE_STATVFS_ST_RDONLY`.
const READ_ONLY_FLAG: u64 = 1;

/// How a folder of an SSH server is described.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SftpSettings {
    /// Name or address.
    pub host: String,
    /// The server's port.
    #[serde(default = "default_port")]
    pub port: u16,
    /// The account.
    pub user: String,
    /// The root: absolute, or relative to where the account arrives. Its parent must exist.
    #[serde(default)]
    pub path: String,
    /// The account's password, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// A private key as its file has it: OpenSSH, PKCS#8 or PuTTY. At least one of password and
    /// key is needed; with both, the key is offered first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_key: Option<Secret>,
    /// What the private key is encrypted with, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passphrase: Option<Secret>,
    /// The server's key, as an OpenSSH public key or as `SHA256:…`. Without it, the first key
    /// that the server shows is taken, and [`Destination::server_key`] tells which one that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_key: Option<String>,
    /// Silence after which the server counts as hanging, in seconds.
    #[serde(default = "default_timeout_seconds")]
    pub timeout_seconds: u64,
}

fn default_port() -> u16 {
    22
}

fn default_timeout_seconds() -> u64 {
    60
}

/// A folder of a server, over SSH.
pub struct Sftp {
    address: Address,
    root: String,
    pool: Pool<Session>,
}

impl fmt::Debug for Sftp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.location())
    }
}

impl Sftp {
    /// A destination of its description; nothing is connected yet.
    ///
    /// # Errors
    ///
    /// [`InvalidSettings`](FailureCode::InvalidSettings) when something is missing, or a key
    /// cannot be read, be it for a wrong passphrase.
    pub fn new(settings: SftpSettings) -> Result<Self, Failure> {
        let invalid = || Failure::new(Operation::Connect, FailureCode::InvalidSettings);
        let has_credentials = settings.password.is_some() || settings.private_key.is_some();
        if settings.host.is_empty()
            || settings.user.is_empty()
            || settings.port == 0
            || settings.timeout_seconds == 0
            || !has_credentials
        {
            return Err(invalid());
        }
        let passphrase = settings.passphrase.as_ref().map(Secret::reveal);
        let key = settings
            .private_key
            .as_ref()
            .map(|key| russh::keys::decode_secret_key(key.reveal(), passphrase))
            .transpose()
            .map_err(|error| invalid().caused_by(error))?;
        Ok(Self {
            address: Address {
                host: settings.host,
                port: settings.port,
                login: Login {
                    user: settings.user,
                    password: settings.password,
                    key: key.map(Arc::new),
                },
                trust: Arc::new(Trust::new(settings.host_key.as_deref())?),
                patience: Duration::from_secs(settings.timeout_seconds),
            },
            root: root(&settings.path),
            pool: Pool::new(CONNECTIONS),
        })
    }

    async fn lease(&self, operation: Operation) -> Result<Lease<'_, Session>, Failure> {
        let result = self.pool.lease(self.address.connect()).await;
        if let Err(failure) = &result {
            tracing::debug!(
                destination = self.location(),
                %operation,
                failure = failure.chain(),
                "no connection"
            );
        }
        result
    }

    fn root_path(&self) -> String {
        if self.root.is_empty() {
            ".".to_owned()
        } else {
            self.root.clone()
        }
    }

    fn below_root(&self, name: &str) -> String {
        match self.root.as_str() {
            "" => name.to_owned(),
            "/" => format!("/{name}"),
            root => format!("{root}/{name}"),
        }
    }

    fn path(&self, name: &ObjectName) -> String {
        self.below_root(name.as_str())
    }

    async fn root_must_exist(
        &self,
        session: &Session,
        operation: Operation,
    ) -> Result<(), Failure> {
        match session.examine(operation, &self.root_path()).await? {
            Some(attributes) if attributes.is_dir() => Ok(()),
            _ => Err(Failure::new(operation, FailureCode::NoSuchContainer)),
        }
    }

    /// Tells a missing file from a missing root.
    async fn missing(&self, session: &Session, failure: Failure) -> Failure {
        if failure.code != FailureCode::NotFound {
            return failure;
        }
        let root = self.root_must_exist(session, failure.operation).await;
        root.err().unwrap_or(failure)
    }

    async fn write_on(
        &self,
        session: &Session,
        name: &ObjectName,
        content: &Content,
    ) -> Result<(), Failure> {
        let random = random_name().map_err(|error| Failure::of_io(Operation::Write, error))?;
        let temporary = self.below_root(&format!("{UNFINISHED}/{random}"));
        let handle = match session.create(&temporary).await {
            Err(failure) if failure.code == FailureCode::NotFound => {
                self.root_must_exist(session, Operation::Write).await?;
                session
                    .make_folder(Operation::Write, &self.below_root(UNFINISHED))
                    .await?;
                session.create(&temporary).await?
            }
            result => result?,
        };
        let result = async {
            session.upload(&handle, content).await?;
            session.sync(&handle).await?;
            session
                .ask(Operation::Write, session.raw.close(&handle))
                .await?;
            self.commit(session, &temporary, name).await
        };
        let Err(failure) = result.await else {
            return Ok(());
        };
        if failure.code == FailureCode::ConnectionLost || failure.code == FailureCode::TimedOut {
            return Err(failure);
        }
        let failure = self.explained(session, failure, content.length()).await;
        session.close_later(&handle);
        session.remove(Operation::Write, &temporary).await.ok();
        Err(failure)
    }

    /// Gives a written file its name, making folders when they are missing.
    async fn commit(
        &self,
        session: &Session,
        temporary: &str,
        name: &ObjectName,
    ) -> Result<(), Failure> {
        let path = self.path(name);
        match session.rename(temporary, &path).await {
            Err(failure) if failure.code == FailureCode::NotFound => {}
            result => return result,
        }
        let mut folders = Vec::new();
        let mut folder = name.folder();
        while let Some(name) = folder {
            folder = name.folder();
            folders.push(name);
        }
        for folder in folders.iter().rev() {
            session
                .make_folder(Operation::Write, &self.path(folder))
                .await?;
        }
        session.rename(temporary, &path).await
    }

    /// Servers say "failure" when the disk is full, so the disk is asked.
    async fn explained(&self, session: &Session, failure: Failure, bytes: u64) -> Failure {
        if failure.code != FailureCode::Other || !session.can.measure {
            return failure;
        }
        let root = self.root_path();
        let asked = session.ask(Operation::Measure, session.raw.statvfs(&root));
        let Ok(disk) = asked.await else {
            return failure;
        };
        let code = if disk.flags & READ_ONLY_FLAG != 0 {
            FailureCode::ReadOnly
        } else if disk.blocks_avail.saturating_mul(disk.fragment_size) <= bytes {
            FailureCode::NoSpace
        } else {
            failure.code
        };
        Failure { code, ..failure }
    }

    async fn read_on(
        &self,
        session: &Session,
        name: &ObjectName,
        range: Option<Range<u64>>,
    ) -> Result<Bytes, Failure> {
        let path = self.path(name);
        let handle = match session.open_to_read(&path).await {
            Ok(handle) => handle,
            Err(failure) => return Err(self.missing(session, failure).await),
        };
        let range = match range {
            Some(range) => range,
            None => {
                let found = session
                    .ask(Operation::Read, session.raw.fstat(&handle))
                    .await?;
                0..found.attrs.size.unwrap_or(0)
            }
        };
        let result = session.download(&handle, range).await;
        session.close_later(&handle);
        result
    }
}

/// The root without a slash at its end.
fn root(path: &str) -> String {
    let trimmed = path.trim_end_matches('/');
    match trimmed {
        "" if path.starts_with('/') => "/".to_owned(),
        "." | "~" => String::new(),
        _ => trimmed.trim_start_matches("~/").to_owned(),
    }
}

#[async_trait]
impl Destination for Sftp {
    fn location(&self) -> String {
        let slash = if self.root.starts_with('/') {
            ""
        } else {
            "/~/"
        };
        format!(
            "sftp://{}@{}:{}{slash}{}",
            self.address.login.user, self.address.host, self.address.port, self.root
        )
    }

    async fn prepare(&self) -> Result<(), Failure> {
        let session = self.lease(Operation::Prepare).await?;
        let result = session
            .make_folder(Operation::Prepare, &self.root_path())
            .await
            .map_err(|failure| match failure.code {
                FailureCode::NotFound => Failure {
                    code: FailureCode::NoSuchContainer,
                    ..failure
                },
                _ => failure,
            });
        session.finish(result)
    }

    async fn write(&self, name: &ObjectName, content: Content) -> Result<Written, Failure> {
        let session = self.lease(Operation::Write).await?;
        let result = self.write_on(&session, name, &content).await;
        session
            .finish(result)
            .map(|()| Written::Unconfirmed)
            .map_err(|failure| failure.about(name))
    }

    async fn read(&self, name: &ObjectName) -> Result<Bytes, Failure> {
        let session = self.lease(Operation::Read).await?;
        let result = self.read_on(&session, name, None).await;
        session
            .finish(result)
            .map_err(|failure| failure.about(name))
    }

    async fn read_range(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, Failure> {
        let session = self.lease(Operation::Read).await?;
        let result = self.read_on(&session, name, Some(range)).await;
        session
            .finish(result)
            .map_err(|failure| failure.about(name))
    }

    async fn list(&self, folder: Option<&ObjectName>) -> Result<Vec<Entry>, Failure> {
        let session = self.lease(Operation::List).await?;
        let result = self.walk(&session, folder).await;
        session.finish(result)
    }

    async fn size(&self, name: &ObjectName) -> Result<Option<u64>, Failure> {
        let session = self.lease(Operation::Examine).await?;
        let result = async {
            let found = session
                .examine(Operation::Examine, &self.path(name))
                .await?;
            if found.is_none() {
                self.root_must_exist(&session, Operation::Examine).await?;
            }
            Ok(found.and_then(|attributes| attributes.size))
        };
        let result = result.await;
        session
            .finish(result)
            .map_err(|failure| failure.about(name))
    }

    async fn remove(&self, name: &ObjectName) -> Result<(), Failure> {
        let session = self.lease(Operation::Remove).await?;
        let result = match session.remove(Operation::Remove, &self.path(name)).await {
            Err(failure) => match self.missing(&session, failure).await {
                failure if failure.code == FailureCode::NotFound => Ok(()),
                failure => Err(failure),
            },
            Ok(()) => Ok(()),
        };
        session
            .finish(result)
            .map_err(|failure| failure.about(name))
    }

    async fn remove_leftovers(&self) -> Result<u64, Failure> {
        let session = self.lease(Operation::Clean).await?;
        let result = async {
            let unfinished = self.below_root(UNFINISHED);
            let files = session.read_folder(Operation::Clean, &unfinished).await?;
            let mut removed = 0;
            for file in files.unwrap_or_default() {
                if file.attrs.is_regular() {
                    let path = format!("{unfinished}/{}", file.filename);
                    session.remove(Operation::Clean, &path).await?;
                    removed += 1;
                }
            }
            Ok(removed)
        };
        let result = result.await;
        session.finish(result)
    }

    async fn space(&self) -> Result<Option<Space>, Failure> {
        let session = self.lease(Operation::Measure).await?;
        let result = async {
            if !session.can.measure {
                return Ok(None);
            }
            let root = self.root_path();
            let disk = match session
                .ask(Operation::Measure, session.raw.statvfs(&root))
                .await
            {
                Ok(disk) => disk,
                Err(failure) => return Err(self.missing(&session, failure).await),
            };
            Ok(Some(Space {
                free_bytes: disk.blocks_avail.saturating_mul(disk.fragment_size),
                total_bytes: Some(disk.blocks.saturating_mul(disk.fragment_size)),
            }))
        };
        let result = result.await;
        session.finish(result)
    }

    fn server_key(&self) -> Option<ServerKey> {
        self.address.trust.seen()
    }
}

#[cfg(test)]
mod tests {
    use super::{Sftp, SftpSettings, root};
    use crate::{Destination as _, FailureCode, Settings};

    fn settings(more: &str) -> SftpSettings {
        let text = format!(
            r#"{{"kind": "sftp", "host": "nas.example", "user": "backup", "path": "/srv/b/"{more}}}"#
        );
        match serde_json::from_str(&text).unwrap() {
            Settings::Sftp(settings) => settings,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_description_has_sensible_defaults_and_shows_no_secret() {
        let settings = settings(r#", "password": "hunter2""#);
        assert_eq!((settings.port, settings.timeout_seconds), (22, 60));
        assert!(!format!("{settings:?}").contains("hunter2"));
        let sftp = Sftp::new(settings).unwrap();
        assert_eq!(sftp.location(), "sftp://backup@nas.example:22/srv/b");
        assert!(!format!("{sftp:?}").contains("hunter2"));
    }

    #[test]
    fn descriptions_that_cannot_work_are_refused() {
        for more in [
            "",
            r#", "private_key": "no key""#,
            r#", "password": "x", "port": 0"#,
            r#", "password": "x", "timeout_seconds": 0"#,
            r#", "password": "x", "host_key": "SHA256:x""#,
        ] {
            let failure = Sftp::new(settings(more)).unwrap_err();
            assert_eq!(failure.code, FailureCode::InvalidSettings, "{more}");
        }
    }

    #[test]
    fn roots_are_absolute_or_start_where_the_account_arrives() {
        for (path, expected) in [
            ("", ""),
            (".", ""),
            ("~", ""),
            ("~/backups", "backups"),
            ("backups/", "backups"),
            ("/", "/"),
            ("/srv/backups//", "/srv/backups"),
        ] {
            assert_eq!(root(path), expected, "{path}");
        }
    }
}
