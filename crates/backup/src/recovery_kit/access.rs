//! How stock restic reaches a destination.

use super::{FtpEncryption, KitPlace, S3Addressing, is_printable};
use latarnik_destinations::Secret;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// The remote's name for rclone, which reads everything about it from the environment.
const REMOTE: &str = "kit";
const AUTHORITY_FILE: &str = "latarnik-ca.pem";
const KEY_FILE: &str = "latarnik-ssh-key";

/// What restic needs for one destination on one operating system. `Debug` shows where, and not how.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Access {
    /// The repository as restic takes it, in `RESTIC_REPOSITORY` or after `-r`.
    pub repository: String,
    /// Variables of the environment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// Variables whose value has to go through `rclone obscure` first.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub obscured_environment: BTreeMap<String, String>,
    /// Arguments for every call of restic.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// Files that have to lie in the folder in which restic is called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<KitFile>,
    /// Commands to run once before restic is called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prepare: Vec<String>,
    /// A password that another program asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_for: Option<AskedFor>,
    /// The server's key, to compare on the first connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_key: Option<String>,
    /// The section of an `rclone.conf` that says the same as the environment, but for the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rclone_config: Option<String>,
}

/// A password that another program asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedFor {
    /// The program.
    pub program: String,
    /// The password.
    pub password: Secret,
}

/// A file that restic or its helper reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KitFile {
    /// Its name.
    pub name: String,
    /// Its contents.
    pub contents: Secret,
}

impl fmt::Debug for Access {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut access = formatter.debug_struct("Access");
        access.field("repository", &self.repository);
        access.finish_non_exhaustive()
    }
}

/// The system on which somebody restores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum System {
    Linux,
    Windows,
}

impl Access {
    pub(super) fn is_printable(&self) -> bool {
        let asked_for = self.asked_for.as_ref().map(|asked| asked.password.reveal());
        let values = self
            .environment
            .values()
            .chain(self.obscured_environment.values());
        values
            .chain([&self.repository])
            .chain(&self.options)
            .chain(&self.prepare)
            .chain(&self.host_key)
            .map(String::as_str)
            .chain(asked_for)
            .all(is_printable)
    }

    /// Whether the two say the same, but for what is done once.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let without_preparation = |access: &Self| Self {
            prepare: Vec::new(),
            ..access.clone()
        };
        without_preparation(self) == without_preparation(other)
    }

    /// Whether restic needs rclone beside it.
    pub(super) fn needs_rclone(&self) -> bool {
        self.repository.starts_with("rclone:")
    }

    fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    fn trust(&mut self, authority: Option<&String>) {
        if let Some(contents) = authority {
            self.files.push(KitFile {
                name: AUTHORITY_FILE.to_owned(),
                contents: Secret::new(contents),
            });
        }
    }
}

pub(super) fn access(place: &KitPlace, system: System) -> Access {
    match place {
        KitPlace::Local { path } => Access {
            repository: path.clone(),
            ..Access::default()
        },
        KitPlace::S3 { .. } => s3(place),
        KitPlace::Sftp { .. } => sftp(place, system),
        KitPlace::Ftp { .. } => ftp(place),
        KitPlace::Smb { .. } => match system {
            System::Linux => smb_by_rclone(place),
            System::Windows => smb_by_windows(place),
        },
    }
}

fn s3(place: &KitPlace) -> Access {
    let KitPlace::S3 {
        endpoint,
        bucket,
        prefix,
        region,
        access_key,
        secret_key,
        session_token,
        addressing,
        authority,
    } = place
    else {
        return Access::default();
    };
    let scheme = if endpoint.contains("://") {
        ""
    } else {
        "https://"
    };
    let endpoint = endpoint.trim_end_matches('/');
    let path = [bucket, prefix].map(|part| part.trim_matches('/'));
    let path = path.join("/");
    let mut access = Access {
        repository: format!("s3:{scheme}{endpoint}/{}", path.trim_end_matches('/')),
        ..Access::default()
    };
    access.set("AWS_ACCESS_KEY_ID", access_key);
    access.set("AWS_SECRET_ACCESS_KEY", secret_key.reveal());
    if let Some(token) = session_token {
        access.set("AWS_SESSION_TOKEN", token.reveal());
    }
    if let Some(region) = region {
        access.set("AWS_DEFAULT_REGION", region);
    }
    let lookup = match addressing {
        S3Addressing::Automatic => None,
        S3Addressing::Path => Some("s3.bucket-lookup=path"),
        S3Addressing::VirtualHost => Some("s3.bucket-lookup=dns"),
    };
    if let Some(lookup) = lookup {
        access.options.extend(["-o", lookup].map(str::to_owned));
    }
    access.trust(authority.as_ref());
    if authority.is_some() {
        access
            .options
            .extend(["--cacert", AUTHORITY_FILE].map(str::to_owned));
    }
    access
}

fn sftp(place: &KitPlace, system: System) -> Access {
    let KitPlace::Sftp {
        host,
        port,
        user,
        path,
        password,
        private_key,
        host_key,
    } = place
    else {
        return Access::default();
    };
    let bare_host = host.trim_matches(['[', ']']);
    let url_host = if bare_host.contains(':') {
        format!("[{bare_host}]")
    } else {
        bare_host.to_owned()
    };
    let (url_user, url_path) = (encoded(user, ""), encoded(path, "/"));
    let mut access = Access {
        repository: format!("sftp://{url_user}@{url_host}:{port}/{url_path}"),
        host_key: host_key.clone(),
        asked_for: password.as_ref().map(|password| AskedFor {
            program: "ssh".to_owned(),
            password: password.clone(),
        }),
        ..Access::default()
    };
    if let Some(key) = private_key {
        access.files.push(KitFile {
            name: KEY_FILE.to_owned(),
            contents: key.clone(),
        });
        // Restic splits this itself, at spaces outside of quotes.
        let user = if user.contains(' ') {
            format!("\"{user}\"")
        } else {
            user.clone()
        };
        let command =
            format!("sftp.command=ssh -i {KEY_FILE} -p {port} -l {user} {bare_host} -s sftp");
        access.options.extend(["-o".to_owned(), command]);
        // OpenSSH refuses a key that others may read.
        access.prepare.push(match system {
            System::Linux => format!("chmod 600 {KEY_FILE}"),
            System::Windows => {
                format!("icacls {KEY_FILE} /inheritance:r /grant:r \"$($env:USERNAME):R\"")
            }
        });
    }
    access
}

fn ftp(place: &KitPlace) -> Access {
    let KitPlace::Ftp {
        host,
        port,
        user,
        password,
        path,
        encryption,
        authority,
    } = place
    else {
        return Access::default();
    };
    let port = port.to_string();
    let mut settings = vec![
        ("type", "ftp"),
        ("host", host.as_str()),
        ("port", &port),
        ("user", user),
    ];
    match encryption {
        FtpEncryption::None => {}
        FtpEncryption::Explicit => settings.push(("explicit_tls", "true")),
        FtpEncryption::Implicit => settings.push(("tls", "true")),
    }
    let mut access = by_rclone(path, &settings, password.reveal());
    access.trust(authority.as_ref());
    if authority.is_some() {
        access.set("RCLONE_CA_CERT", AUTHORITY_FILE);
    }
    access
}

fn smb_by_rclone(place: &KitPlace) -> Access {
    let KitPlace::Smb {
        host,
        share,
        path,
        user,
        domain,
        password,
    } = place
    else {
        return Access::default();
    };
    let mut settings = vec![("type", "smb"), ("host", host.as_str()), ("user", user)];
    if let Some(domain) = domain {
        settings.push(("domain", domain));
    }
    let path = path.replace('\\', "/");
    let path = format!("{share}/{}", path.trim_matches('/'));
    by_rclone(path.trim_end_matches('/'), &settings, password.reveal())
}

fn smb_by_windows(place: &KitPlace) -> Access {
    let KitPlace::Smb {
        host,
        share,
        path,
        user,
        domain,
        password,
    } = place
    else {
        return Access::default();
    };
    let root = format!(r"\\{host}\{share}");
    let path = path.replace('/', "\\");
    let path = format!("{root}\\{}", path.trim_matches('\\'));
    let user = match domain {
        Some(domain) => format!(r"{domain}\{user}"),
        None => user.clone(),
    };
    let [quoted_root, quoted_password, quoted_user] =
        [root.as_str(), password.reveal(), &user].map(in_powershell);
    Access {
        repository: path.trim_end_matches('\\').to_owned(),
        prepare: vec![format!(
            "net use {quoted_root} {quoted_password} /user:{quoted_user}"
        )],
        ..Access::default()
    }
}

fn by_rclone(path: &str, settings: &[(&str, &str)], password: &str) -> Access {
    let mut access = Access {
        repository: format!("rclone:{REMOTE}:{path}"),
        ..Access::default()
    };
    let variable = |name: &str| {
        format!(
            "RCLONE_CONFIG_{}_{}",
            REMOTE.to_uppercase(),
            name.to_uppercase()
        )
    };
    let mut section = format!("[{REMOTE}]\n");
    for (name, value) in settings {
        access.set(&variable(name), value);
        section.push_str(&format!("{name} = {value}\n"));
    }
    access
        .obscured_environment
        .insert(variable("pass"), password.to_owned());
    access.rclone_config = Some(section);
    access
}

/// Percent-encodes what has a meaning in an address, but for what is in `kept`.
fn encoded(text: &str, kept: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        let character = char::from(byte);
        if byte.is_ascii_alphanumeric() || "-._~".contains(character) || kept.contains(character) {
            encoded.push(character);
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// A literal for `sh`.
pub(super) fn in_shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A literal for PowerShell, which takes typographic quotes for quotes, too.
pub(super) fn in_powershell(text: &str) -> String {
    let mut literal = String::from("'");
    for character in text.chars() {
        if matches!(character, '\'' | '‘' | '’' | '‚' | '‛') {
            literal.push(character);
        }
        literal.push(character);
    }
    literal.push('\'');
    literal
}
