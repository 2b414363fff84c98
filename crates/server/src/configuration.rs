//! The configuration: file, then environment, then flags.

mod check;

use crate::arguments::{LogFormat, SettingArguments};
use latarnik_api::{RateLimit, RateLimits};
use serde::Deserialize;
use std::{
    fmt, fs, io,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

pub(crate) use check::check;

/// Where the configuration file is looked for when nobody names one.
const DEFAULT_FILE: &str = "/etc/latarnik/latarnik.toml";
const DEFAULT_DATA_FOLDER: &str = "/var/lib/latarnik";
/// By then most agents renew anyway.
const LONGEST_RENEWAL_SPREAD: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Everything that can be set, complete and checked.
#[derive(Debug)]
pub(crate) struct Configuration {
    pub(crate) data_folder: PathBuf,
    pub(crate) database: DatabaseConfiguration,
    pub(crate) console: ConsoleConfiguration,
    pub(crate) gateway: GatewayConfiguration,
    pub(crate) agent_programs: Option<PathBuf>,
    pub(crate) log: LogConfiguration,
    pub(crate) sign_in: SignInConfiguration,
    pub(crate) secrets: SecretsConfiguration,
    pub(crate) mail: Option<MailConfiguration>,
    pub(crate) limits: RateLimits,
}

#[derive(Debug)]
pub(crate) struct SignInConfiguration {
    pub(crate) require_second_factor: bool,
}

#[derive(Debug)]
pub(crate) struct SecretsConfiguration {
    /// Where the master key is.
    pub(crate) master_key: MasterKeyPlace,
}

/// Where the master key is.
#[derive(Clone)]
pub(crate) enum MasterKeyPlace {
    /// In a file that the first start makes.
    DataFolder(PathBuf),
    /// In a file that somebody else takes care of.
    File(PathBuf),
    /// In the environment: 64 hexadecimal digits.
    Environment(String),
}

impl fmt::Debug for MasterKeyPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DataFolder(path) | Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(_) => f.write_str("the environment"),
        }
    }
}

pub(crate) struct MailConfiguration {
    /// `smtp://…` or `smtps://…`; it may hold a password and is not printed.
    pub(crate) smtp_url: String,
    /// The sender, such as `Latarnik <rmm@example.com>`.
    pub(crate) from: String,
}

impl fmt::Debug for MailConfiguration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} from {}", redacted(&self.smtp_url), self.from)
    }
}

#[derive(Debug)]
pub(crate) struct DatabaseConfiguration {
    pub(crate) address: DatabaseAddress,
    pub(crate) max_connections: u32,
}

/// The database's address; it may hold a password and is not printed.
pub(crate) struct DatabaseAddress(pub(crate) String);

impl fmt::Debug for DatabaseAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.redacted())
    }
}

impl DatabaseAddress {
    /// The address with its password blotted out.
    pub(crate) fn redacted(&self) -> String {
        redacted(&self.0)
    }
}

/// An address with its password blotted out.
pub(crate) fn redacted(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else {
        return "…".to_owned();
    };
    match rest.rsplit_once('@') {
        Some((credentials, host)) => {
            let user = credentials.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}:…@{host}")
        }
        None => address.to_owned(),
    }
}

#[derive(Debug)]
pub(crate) struct ConsoleConfiguration {
    pub(crate) listen: SocketAddr,
    pub(crate) public_url: Option<String>,
    pub(crate) transport: ConsoleTransport,
}

/// How browsers reach the console.
#[derive(Debug)]
pub(crate) enum ConsoleTransport {
    /// Plain HTTP on loopback.
    Loopback,
    /// Plain HTTP from a proxy that speaks TLS to browsers.
    BehindProxy,
    /// TLS with these files, in PEM.
    Tls { certificate: PathBuf, key: PathBuf },
}

#[derive(Debug)]
pub(crate) struct GatewayConfiguration {
    pub(crate) listen: SocketAddr,
    /// `None` is what it listens on.
    pub(crate) address: Option<String>,
    /// Over which time agents spread their renewals when an authority is replaced.
    pub(crate) renewal_spread: Duration,
}

#[derive(Debug)]
pub(crate) struct LogConfiguration {
    pub(crate) filter: String,
    pub(crate) format: LogFormat,
}

/// The file as it stands.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    data_folder: Option<PathBuf>,
    agent_programs: Option<PathBuf>,
    console: ConsoleFile,
    gateway: GatewayFile,
    database: DatabaseFile,
    log: LogFile,
    sign_in: SignInFile,
    secrets: SecretsFile,
    mail: MailFile,
    limits: LimitsFile,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SignInFile {
    require_second_factor: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SecretsFile {
    master_key_file: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MailFile {
    smtp_url: Option<String>,
    smtp_url_file: Option<PathBuf>,
    from: Option<String>,
}

impl fmt::Debug for MailFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailFile").finish_non_exhaustive()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LimitsFile {
    address_burst: Option<u32>,
    address_per_second: Option<u32>,
    caller_burst: Option<u32>,
    caller_per_second: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ConsoleFile {
    listen: Option<SocketAddr>,
    public_url: Option<String>,
    tls_certificate: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    behind_proxy: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct GatewayFile {
    listen: Option<SocketAddr>,
    address: Option<String>,
    renewal_spread_seconds: Option<u32>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DatabaseFile {
    url: Option<String>,
    url_file: Option<PathBuf>,
    max_connections: Option<u32>,
}

impl fmt::Debug for DatabaseFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseFile").finish_non_exhaustive()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LogFile {
    filter: Option<String>,
    format: Option<LogFormat>,
}

/// One mistake in the configuration, with what to do about it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Mistake {
    #[error("cannot read {path}: {source}")]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{path} is not a configuration: {message}")]
    Malformed { path: PathBuf, message: String },
    #[error("{setting} has no value that can be used: {hint}")]
    Unusable { setting: &'static str, hint: String },
    #[error("{first} and {second} do not go together: {hint}")]
    Conflict {
        first: &'static str,
        second: &'static str,
        hint: &'static str,
    },
}

/// Everything that is wrong with a configuration.
#[derive(Debug)]
pub(crate) struct Mistakes(pub(crate) Vec<Mistake>);

impl std::error::Error for Mistakes {}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, mistake) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str("; ")?;
            }
            mistake.fmt(f)?;
        }
        Ok(())
    }
}

impl Configuration {
    /// Reads file, environment and flags, and checks the whole.
    pub(crate) fn load(arguments: &SettingArguments) -> Result<Self, Mistakes> {
        let file = read_file(arguments.config.as_deref()).map_err(|error| Mistakes(vec![error]))?;
        let mut mistakes = Vec::new();
        let configuration = Self::combine(arguments, file, &mut mistakes);
        configuration.examine(&mut mistakes);
        if mistakes.is_empty() {
            Ok(configuration)
        } else {
            Err(Mistakes(mistakes))
        }
    }

    fn combine(arguments: &SettingArguments, file: File, mistakes: &mut Vec<Mistake>) -> Self {
        let loopback = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let data_folder = arguments
            .data_folder
            .clone()
            .or(file.data_folder)
            .unwrap_or_else(|| PathBuf::from(DEFAULT_DATA_FOLDER));
        let address = arguments
            .database_url
            .clone()
            .or_else(|| database_address(&file.database, mistakes))
            .unwrap_or_else(|| format!("sqlite://{}", data_folder.join("latarnik.db").display()));
        let listen = arguments.console_listen.or(file.console.listen);
        let listen = listen.unwrap_or_else(|| loopback(8080));
        let place = master_key(arguments, &file.secrets, &data_folder);
        Self {
            sign_in: SignInConfiguration {
                require_second_factor: arguments
                    .require_second_factor
                    .or(file.sign_in.require_second_factor)
                    .unwrap_or(true),
            },
            secrets: SecretsConfiguration { master_key: place },
            mail: mail(arguments, &file.mail, mistakes),
            limits: limits(&file.limits),
            database: DatabaseConfiguration {
                address: DatabaseAddress(address),
                max_connections: file.database.max_connections.unwrap_or(8),
            },
            console: ConsoleConfiguration {
                transport: transport(&file.console, listen, mistakes),
                listen,
                public_url: file.console.public_url,
            },
            gateway: GatewayConfiguration {
                listen: arguments
                    .gateway_listen
                    .or(file.gateway.listen)
                    .unwrap_or_else(|| loopback(8443)),
                address: arguments.gateway_address.clone().or(file.gateway.address),
                renewal_spread: Duration::from_secs(
                    file.gateway.renewal_spread_seconds.unwrap_or(3600).into(),
                ),
            },
            agent_programs: arguments.agent_programs.clone().or(file.agent_programs),
            log: LogConfiguration {
                filter: arguments
                    .log
                    .clone()
                    .or(file.log.filter)
                    .unwrap_or_else(|| "info".to_owned()),
                format: arguments
                    .log_format
                    .or(file.log.format)
                    .unwrap_or(LogFormat::Text),
            },
            data_folder,
        }
    }

    /// Looks for mistakes that lie in the values themselves.
    fn examine(&self, mistakes: &mut Vec<Mistake>) {
        let mut unusable = |setting: &'static str, hint: &str| {
            mistakes.push(Mistake::Unusable {
                setting,
                hint: hint.to_owned(),
            });
        };
        let scheme = self
            .database
            .address
            .0
            .split_once("://")
            .map(|(scheme, _)| scheme);
        if !matches!(scheme, Some("sqlite" | "postgres" | "postgresql")) {
            unusable("database.url", "it begins with sqlite:// or postgres://");
        }
        if !(1..=200).contains(&self.database.max_connections) {
            unusable("database.max_connections", "it lies between 1 and 200");
        }
        if self
            .gateway
            .address
            .as_deref()
            .is_some_and(|address| !is_host_and_port(address))
        {
            unusable("gateway.address", "it looks like rmm.example.com:8443");
        }
        if self.gateway.address.is_none() && self.gateway.listen.ip().is_unspecified() {
            unusable(
                "gateway.address",
                "the gateway listens on every address, so say under which HOST:PORT agents reach it",
            );
        }
        if self.gateway.renewal_spread > LONGEST_RENEWAL_SPREAD {
            unusable(
                "gateway.renewal_spread_seconds",
                "agents renew within 30 days, 2592000 seconds",
            );
        }
        if let Some(url) = &self.console.public_url
            && !(url.starts_with("https://") || url.starts_with("http://"))
        {
            unusable(
                "console.public_url",
                "it looks like https://rmm.example.com",
            );
        }
        if let Some(folder) = &self.agent_programs
            && !folder.is_dir()
        {
            unusable(
                "agent_programs",
                &format!("{} is not a folder", folder.display()),
            );
        }
        let is_loopback = matches!(self.console.transport, ConsoleTransport::Loopback);
        if !self.sign_in.require_second_factor && !is_loopback {
            unusable(
                "sign_in.require_second_factor",
                "owners and admins do without a second factor only on a console that listens on \
                 loopback, for trying out",
            );
        }
        if self.mail.is_some() && self.console.public_url.is_none() && !is_loopback {
            unusable(
                "console.public_url",
                "mails carry links to the console: say under which address people reach it",
            );
        }
        if let MasterKeyPlace::Environment(text) = &self.secrets.master_key
            && crate::master_key::parse(text).is_none()
        {
            unusable(
                "LATARNIK_MASTER_KEY",
                "it has 64 hexadecimal digits; `openssl rand -hex 32` makes one",
            );
        }
        if let Some(mail) = &self.mail
            && let Err(hint) = crate::mail::check(mail)
        {
            unusable("mail", &hint);
        }
        let limits = [self.limits.address, self.limits.caller];
        if limits
            .iter()
            .any(|limit| limit.burst == 0 || limit.per_second == 0)
        {
            unusable("limits", "each of them is at least 1");
        }
        if tracing_subscriber::EnvFilter::try_new(&self.log.filter).is_err() {
            unusable(
                "log.filter",
                "it looks like info or info,latarnik_gateway=debug",
            );
        }
    }
}

fn read_file(path: Option<&Path>) -> Result<File, Mistake> {
    let (path, required) = match path {
        Some(path) => (path, true),
        None => (Path::new(DEFAULT_FILE), false),
    };
    match fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text).map_err(|error| Mistake::Malformed {
            path: path.to_owned(),
            message: error.to_string().trim().to_owned(),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !required => Ok(File::default()),
        Err(source) => Err(Mistake::Unreadable {
            path: path.to_owned(),
            source,
        }),
    }
}

fn master_key(
    arguments: &SettingArguments,
    file: &SecretsFile,
    data_folder: &Path,
) -> MasterKeyPlace {
    if let Some(text) = &arguments.master_key {
        return MasterKeyPlace::Environment(text.clone());
    }
    let path = arguments
        .master_key_file
        .clone()
        .or_else(|| file.master_key_file.clone());
    path.map_or_else(
        || MasterKeyPlace::DataFolder(data_folder.join("master.key")),
        MasterKeyPlace::File,
    )
}

fn mail(
    arguments: &SettingArguments,
    file: &MailFile,
    mistakes: &mut Vec<Mistake>,
) -> Option<MailConfiguration> {
    let from_file = match &file.smtp_url_file {
        Some(path) => match fs::read_to_string(path) {
            Ok(text) => Some(text.trim().to_owned()),
            Err(source) => {
                mistakes.push(Mistake::Unreadable {
                    path: path.clone(),
                    source,
                });
                None
            }
        },
        None => None,
    };
    if file.smtp_url.is_some() && file.smtp_url_file.is_some() {
        mistakes.push(Mistake::Conflict {
            first: "mail.smtp_url",
            second: "mail.smtp_url_file",
            hint: "keep the one that should count",
        });
    }
    let smtp_url = arguments
        .mail_smtp_url
        .clone()
        .or_else(|| file.smtp_url.clone())
        .or(from_file)?;
    let from = arguments.mail_from.clone().or_else(|| file.from.clone());
    if from.is_none() {
        mistakes.push(Mistake::Unusable {
            setting: "mail.from",
            hint: "it looks like Latarnik <rmm@example.com>".to_owned(),
        });
    }
    Some(MailConfiguration {
        smtp_url,
        from: from.unwrap_or_default(),
    })
}

fn limits(file: &LimitsFile) -> RateLimits {
    let usual = RateLimits::default();
    RateLimits {
        address: RateLimit {
            burst: file.address_burst.unwrap_or(usual.address.burst),
            per_second: file.address_per_second.unwrap_or(usual.address.per_second),
        },
        caller: RateLimit {
            burst: file.caller_burst.unwrap_or(usual.caller.burst),
            per_second: file.caller_per_second.unwrap_or(usual.caller.per_second),
        },
    }
}

fn database_address(file: &DatabaseFile, mistakes: &mut Vec<Mistake>) -> Option<String> {
    match (&file.url, &file.url_file) {
        (Some(_), Some(_)) => {
            mistakes.push(Mistake::Conflict {
                first: "database.url",
                second: "database.url_file",
                hint: "keep the one that should count",
            });
            None
        }
        (Some(url), None) => Some(url.clone()),
        (None, Some(path)) => match fs::read_to_string(path) {
            Ok(text) => Some(text.trim().to_owned()),
            Err(source) => {
                mistakes.push(Mistake::Unreadable {
                    path: path.clone(),
                    source,
                });
                None
            }
        },
        (None, None) => None,
    }
}

fn transport(
    file: &ConsoleFile,
    listen: SocketAddr,
    mistakes: &mut Vec<Mistake>,
) -> ConsoleTransport {
    match (&file.tls_certificate, &file.tls_key) {
        (Some(certificate), Some(key)) => {
            for path in [certificate, key] {
                if let Err(source) = fs::File::open(path) {
                    mistakes.push(Mistake::Unreadable {
                        path: path.clone(),
                        source,
                    });
                }
            }
            ConsoleTransport::Tls {
                certificate: certificate.clone(),
                key: key.clone(),
            }
        }
        (None, None) if file.behind_proxy => ConsoleTransport::BehindProxy,
        (None, None) => {
            if !listen.ip().is_loopback() {
                mistakes.push(Mistake::Unusable {
                    setting: "console.listen",
                    hint: "passwords would cross the network in plain text; set \
                        console.tls_certificate and console.tls_key, or console.behind_proxy = \
                        true if a proxy speaks TLS to browsers"
                        .to_owned(),
                });
            }
            ConsoleTransport::Loopback
        }
        _ => {
            mistakes.push(Mistake::Conflict {
                first: "console.tls_certificate",
                second: "console.tls_key",
                hint: "TLS needs both of them",
            });
            ConsoleTransport::Loopback
        }
    }
}

fn is_host_and_port(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else {
        return false;
    };
    let host_fits = !host.is_empty()
        && host
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '[' | ']' | ':'));
    host_fits && port.parse::<u16>().is_ok_and(|port| port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Configuration, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("latarnik.toml");
        fs::write(&path, text).unwrap();
        let arguments = SettingArguments {
            config: Some(path),
            ..SettingArguments::default()
        };
        Configuration::load(&arguments).map_err(|mistakes| mistakes.to_string())
    }

    #[test]
    fn empty_file_gives_the_defaults() {
        let configuration = load("").unwrap();
        assert_eq!(configuration.console.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(
            configuration.database.address.0,
            "sqlite:///var/lib/latarnik/latarnik.db"
        );
    }

    #[test]
    fn flag_beats_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("latarnik.toml");
        fs::write(&path, "data_folder = \"/a\"").unwrap();
        let arguments = SettingArguments {
            config: Some(path),
            data_folder: Some("/b".into()),
            ..SettingArguments::default()
        };
        assert_eq!(
            Configuration::load(&arguments).unwrap().data_folder,
            Path::new("/b")
        );
    }

    #[test]
    fn misspelled_setting_is_named() {
        let error = load("[console]\nlisen = \"127.0.0.1:1\"").unwrap_err();
        assert!(
            error.contains("lisen") && error.contains("listen"),
            "{error}"
        );
    }

    #[test]
    fn console_on_the_network_needs_tls_or_a_proxy() {
        let error = load("[console]\nlisten = \"0.0.0.0:8080\"").unwrap_err();
        assert!(error.contains("plain text"), "{error}");
        assert!(load("[console]\nlisten = \"0.0.0.0:8080\"\nbehind_proxy = true").is_ok());
    }

    #[test]
    fn second_factor_is_optional_on_loopback_alone() {
        let text = "[sign_in]\nrequire_second_factor = false\n";
        assert!(!load(text).unwrap().sign_in.require_second_factor);
        assert!(load("").unwrap().sign_in.require_second_factor);
        let text = format!("{text}[console]\nlisten = \"0.0.0.0:8080\"\nbehind_proxy = true");
        let error = load(&text).unwrap_err();
        assert!(error.contains("require_second_factor"), "{error}");
    }

    #[test]
    fn mails_need_a_sender_and_an_address_for_their_links() {
        let error = load("[mail]\nsmtp_url = \"smtp://mail.example.com\"").unwrap_err();
        assert!(error.contains("mail.from"), "{error}");
        let mail = "[mail]\nsmtp_url = \"smtp://me:hunter2@mail.example.com\"\n\
                    from = \"Latarnik <rmm@example.com>\"\n";
        let printed = format!("{:?}", load(mail).unwrap());
        assert!(!printed.contains("hunter2"), "{printed}");
        let network = "[console]\nlisten = \"0.0.0.0:8080\"\nbehind_proxy = true\n";
        let error = load(&format!("{mail}{network}")).unwrap_err();
        assert!(error.contains("console.public_url"), "{error}");
        let error = load("[mail]\nsmtp_url = \"mail.example.com\"\nfrom = \"x\"").unwrap_err();
        assert!(error.contains("mail has no value"), "{error}");
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let error = load(
            "[gateway]\nlisten = \"0.0.0.0:8443\"\n[database]\nurl = \"mysql://x\"\n\
             [console]\ntls_key = \"/nowhere\"",
        )
        .unwrap_err();
        for setting in ["gateway.address", "database.url", "console.tls_certificate"] {
            assert!(error.contains(setting), "{setting} in {error}");
        }
    }

    #[test]
    fn password_of_the_database_is_not_printed() {
        let configuration = load("[database]\nurl = \"postgres://me:hunter2@host/db\"").unwrap();
        let printed = format!("{configuration:?}");
        assert!(!printed.contains("hunter2"), "{printed}");
        assert!(printed.contains("postgres://me:…@host/db"), "{printed}");
    }
}
