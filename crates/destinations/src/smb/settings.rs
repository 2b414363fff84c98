//! How a Windows share is described.

use crate::{Failure, FailureCode, Operation, Secret};
use serde::{Deserialize, Serialize};
use std::time::Duration;

const PORT: u16 = 445;
const TIMEOUT_SECONDS: u64 = 60;

/// A folder of a share of Windows, Samba or a NAS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmbSettings {
    /// The host's name or address; or all of `\\host\share\path`, with `share` and `path` empty.
    pub server: String,
    /// The share.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub share: String,
    /// The folder in the share, its parts separated by `/` or `\`; empty for the share itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// The TCP port.
    #[serde(default = "port")]
    pub port: u16,
    /// The account; guests are refused, since their sessions are not signed.
    pub user: String,
    /// The Windows domain of the account; empty for an account of the server itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub domain: String,
    /// The account's password.
    pub password: Secret,
    /// Whether a connection without encryption will do. Messages are signed in any case.
    #[serde(default)]
    pub encryption: SmbEncryption,
    /// How long the server may be silent, in seconds.
    #[serde(default = "timeout_seconds")]
    pub timeout_seconds: u64,
}

/// Whether messages are encrypted on their way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmbEncryption {
    /// A server that cannot encrypt is not used.
    Required,
    /// Encrypted with every server that can, which is SMB 3.
    #[default]
    WhenOffered,
}

fn port() -> u16 {
    PORT
}

fn timeout_seconds() -> u64 {
    TIMEOUT_SECONDS
}

impl SmbSettings {
    /// Whether `server` has all of `\\\\host\\share\\path`.
    pub(crate) fn is_whole_address(&self) -> bool {
        let server = self.server.trim();
        server.starts_with(r"\\") || server.starts_with("//")
    }

    /// The same with host, share and path each in its own field.
    ///
    /// # Errors
    ///
    /// [`InvalidSettings`](FailureCode::InvalidSettings) when there is no share, or one too many.
    pub fn split(self) -> Result<Self, Failure> {
        let (server, share, path) = address(&self)?;
        Ok(Self {
            server,
            share,
            path,
            ..self
        })
    }
}

/// Settings that make sense.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) server: String,
    pub(super) share: String,
    /// Parts of the root folder in the share.
    pub(super) root: Vec<String>,
    pub(super) port: u16,
    pub(super) user: String,
    pub(super) domain: String,
    pub(super) password: Secret,
    pub(super) encryption: SmbEncryption,
    pub(super) timeout: Duration,
}

impl Place {
    /// `host:port`, as sockets understand it.
    pub(super) fn address(&self) -> String {
        if self.server.contains(':') {
            format!("[{}]:{}", self.server, self.port)
        } else {
            format!("{}:{}", self.server, self.port)
        }
    }

    pub(super) fn location(&self) -> String {
        let mut location = format!("smb://{}@{}", self.user, self.server);
        if self.port != PORT {
            location.push_str(&format!(":{}", self.port));
        }
        for part in std::iter::once(&self.share).chain(&self.root) {
            location.push('/');
            location.push_str(part);
        }
        location
    }
}

impl TryFrom<SmbSettings> for Place {
    type Error = Failure;

    fn try_from(settings: SmbSettings) -> Result<Self, Failure> {
        let (server, share, path) = address(&settings)?;
        if server.is_empty() || server.contains(['/', '\\', '@', ' ', '[', ']']) {
            return Err(invalid("the server is no host"));
        }
        if !is_part(&share) {
            return Err(invalid("the share is no name of a share"));
        }
        let root: Vec<String> = parts(&path).map(str::to_owned).collect();
        if !root.iter().all(|part| is_part(part)) {
            return Err(invalid("the path is no path of a folder"));
        }
        let (domain, user) = match settings.user.split_once('\\') {
            Some((domain, user)) if settings.domain.is_empty() => (domain, user),
            Some(_) => return Err(invalid("the domain is given twice")),
            None => (settings.domain.as_str(), settings.user.as_str()),
        };
        if user.is_empty() || user.eq_ignore_ascii_case("guest") {
            return Err(invalid("guests have no signed sessions"));
        }
        if settings.port == 0 || settings.timeout_seconds == 0 {
            return Err(invalid("port and timeout are at least 1"));
        }
        Ok(Self {
            server,
            share,
            root,
            port: settings.port,
            user: user.to_owned(),
            domain: domain.to_owned(),
            password: settings.password,
            encryption: settings.encryption,
            timeout: Duration::from_secs(settings.timeout_seconds),
        })
    }
}

/// Server, share and path, also of `\\host\share\path`.
fn address(settings: &SmbSettings) -> Result<(String, String, String), Failure> {
    let server = settings.server.trim();
    let Some(whole) = server
        .strip_prefix(r"\\")
        .or_else(|| server.strip_prefix("//"))
    else {
        return Ok((
            server.to_owned(),
            settings.share.clone(),
            settings.path.clone(),
        ));
    };
    if !settings.share.is_empty() || !settings.path.is_empty() {
        return Err(invalid("share and path are given twice"));
    }
    let mut parts = parts(whole).map(str::to_owned);
    match (parts.next(), parts.next()) {
        (Some(host), Some(share)) => Ok((host, share, parts.collect::<Vec<_>>().join("/"))),
        _ => Err(invalid("a host and a share are needed")),
    }
}

fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split(['/', '\\']).filter(|part| !part.is_empty())
}

/// Windows takes other names for something else.
fn is_part(part: &str) -> bool {
    !part.is_empty()
        && part != "."
        && part != ".."
        && !part.ends_with(['.', ' '])
        && !part.contains(|character: char| {
            character.is_control() || r#"/\:*?"<>|"#.contains(character)
        })
}

fn invalid(why: &'static str) -> Failure {
    Failure::new(Operation::Connect, FailureCode::InvalidSettings).caused_by(why)
}

#[cfg(test)]
mod tests {
    use super::{Place, SmbSettings};
    use crate::FailureCode;

    fn settings(json: &str) -> SmbSettings {
        serde_json::from_str(json).unwrap()
    }

    fn location(json: &str) -> Result<String, FailureCode> {
        Place::try_from(settings(json))
            .map(|place| place.location())
            .map_err(|failure| failure.code)
    }

    #[test]
    fn a_windows_path_is_server_share_and_folder() {
        let expected = Ok("smb://backup@nas/backups/office/pc 1".to_owned());
        for json in [
            r#"{"server":"\\\\nas\\backups\\office\\pc 1","user":"backup","password":"x"}"#,
            r#"{"server":"//nas/backups/office/pc 1/","user":"backup","password":"x"}"#,
            r#"{"server":"nas","share":"backups","path":"office/pc 1","user":"backup","password":"x"}"#,
            r#"{"server":"nas","share":"backups","path":"\\office\\pc 1\\","user":"backup","password":"x"}"#,
        ] {
            assert_eq!(location(json), expected, "{json}");
        }
    }

    #[test]
    fn a_windows_path_is_split_into_fields() {
        let whole = settings(r#"{"server":"\\\\nas\\a\\b\\c","user":"u","password":"x"}"#);
        let split = whole.split().unwrap();
        let fields = (&*split.server, &*split.share, &*split.path);
        assert_eq!(fields, ("nas", "a", "b/c"));
        assert_eq!(split.clone().split().unwrap(), split);
    }

    #[test]
    fn a_domain_stands_beside_the_user_or_before_it() {
        for json in [
            r#"{"server":"nas","share":"a","user":"FIRMA\\backup","password":"x"}"#,
            r#"{"server":"nas","share":"a","user":"backup","domain":"FIRMA","password":"x"}"#,
        ] {
            let place = Place::try_from(settings(json)).unwrap();
            assert_eq!((&*place.domain, &*place.user), ("FIRMA", "backup"));
        }
    }

    #[test]
    fn an_address_of_version_6_stands_in_brackets() {
        let place = Place::try_from(settings(
            r#"{"server":"fe80::1","share":"a","user":"b","password":"x"}"#,
        ));
        assert_eq!(place.unwrap().address(), "[fe80::1]:445");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for json in [
            r#"{"server":"","share":"a","user":"b","password":"x"}"#,
            r#"{"server":"nas","user":"b","password":"x"}"#,
            r#"{"server":"\\\\nas","user":"b","password":"x"}"#,
            r#"{"server":"\\\\nas\\a","share":"a","user":"b","password":"x"}"#,
            r#"{"server":"nas","share":"a","path":"../other","user":"b","password":"x"}"#,
            r#"{"server":"nas","share":"a","path":"a:b","user":"b","password":"x"}"#,
            r#"{"server":"nas","share":"a/b","user":"b","password":"x"}"#,
            r#"{"server":"nas","share":"a","user":"","password":"x"}"#,
            r#"{"server":"nas","share":"a","user":"Guest","password":"x"}"#,
            r#"{"server":"nas","share":"a","user":"A\\b","domain":"C","password":"x"}"#,
            r#"{"server":"nas","share":"a","user":"b","password":"x","port":0}"#,
            r#"{"server":"nas","share":"a","user":"b","password":"x","timeout_seconds":0}"#,
        ] {
            assert_eq!(location(json), Err(FailureCode::InvalidSettings), "{json}");
        }
    }
}
