//! The command line.

use clap::{Args, Parser, Subcommand};
use latarnik_model::Role;
use std::{net::SocketAddr, path::PathBuf};

/// Latarnik: the server with console and agent gateway, and its administration commands.
///
/// Settings come from the configuration file, then the environment, then flags; the later wins.
#[derive(Parser)]
#[command(name = "latarnik", version, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) settings: SettingArguments,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Settings that every command takes.
#[derive(Args, Default)]
pub(crate) struct SettingArguments {
    /// Configuration file in TOML [default: /etc/latarnik/latarnik.toml, if it is there]
    #[arg(long, global = true, env = "LATARNIK_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where the server keeps its database (SQLite) and its certificate authority
    #[arg(
        long,
        global = true,
        env = "LATARNIK_DATA_FOLDER",
        value_name = "FOLDER"
    )]
    pub(crate) data_folder: Option<PathBuf>,
    /// Database: sqlite://FILE or postgres://USER:PASSWORD@HOST/NAME [default: SQLite in the data
    /// folder]. An address with a password belongs into the environment or a file, not on a
    /// command line
    #[arg(
        long,
        global = true,
        env = "LATARNIK_DATABASE_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub(crate) database_url: Option<String>,
    /// Address and port of console and API [default: 127.0.0.1:8080]
    #[arg(
        long,
        global = true,
        env = "LATARNIK_CONSOLE_LISTEN",
        value_name = "ADDRESS"
    )]
    pub(crate) console_listen: Option<SocketAddr>,
    /// Address and port of the agent gateway [default: 127.0.0.1:8443]
    #[arg(
        long,
        global = true,
        env = "LATARNIK_GATEWAY_LISTEN",
        value_name = "ADDRESS"
    )]
    pub(crate) gateway_listen: Option<SocketAddr>,
    /// HOST:PORT under which agents reach the gateway [default: what it listens on]
    #[arg(
        long,
        global = true,
        env = "LATARNIK_GATEWAY_ADDRESS",
        value_name = "HOST:PORT"
    )]
    pub(crate) gateway_address: Option<String>,
    /// Folder with the agent programs to hand out
    #[arg(
        long,
        global = true,
        env = "LATARNIK_AGENT_PROGRAMS",
        value_name = "FOLDER"
    )]
    pub(crate) agent_programs: Option<PathBuf>,
    /// Whether owners and admins must have a second factor [default: true]; they can do without
    /// only while the console listens on loopback
    #[arg(
        long,
        global = true,
        env = "LATARNIK_REQUIRE_SECOND_FACTOR",
        value_name = "true|false"
    )]
    pub(crate) require_second_factor: Option<bool>,
    /// File with the master key, which secrets in the database are sealed with [default: master.key
    /// in the data folder, made at the first start]
    #[arg(
        long,
        global = true,
        env = "LATARNIK_MASTER_KEY_FILE",
        value_name = "FILE"
    )]
    pub(crate) master_key_file: Option<PathBuf>,
    /// The master key itself, 64 hexadecimal digits. From the environment alone
    #[arg(
        long,
        global = true,
        env = "LATARNIK_MASTER_KEY",
        hide = true,
        hide_env_values = true
    )]
    pub(crate) master_key: Option<String>,
    /// Mail server: smtp://USER:PASSWORD@HOST (STARTTLS) or smtps://… An address with a password
    /// belongs into the environment or a file
    #[arg(
        long,
        global = true,
        env = "LATARNIK_MAIL_SMTP_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub(crate) mail_smtp_url: Option<String>,
    /// Sender of mails, such as `Latarnik <rmm@example.com>`
    #[arg(long, global = true, env = "LATARNIK_MAIL_FROM", value_name = "SENDER")]
    pub(crate) mail_from: Option<String>,
    /// What to log, such as `info` or `info,latarnik_gateway=debug`
    #[arg(long, global = true, env = "LATARNIK_LOG", value_name = "FILTER")]
    pub(crate) log: Option<String>,
    /// How to log: text or json
    #[arg(
        long,
        global = true,
        env = "LATARNIK_LOG_FORMAT",
        value_name = "FORMAT"
    )]
    pub(crate) log_format: Option<LogFormat>,
}

/// How log lines look.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Deserialize, serde::Serialize,
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the server until it is told to stop (SIGTERM or Ctrl-C)
    Serve,
    /// Examine the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Manage people who sign in
    #[command(subcommand)]
    User(UserCommand),
    /// Manage tenants
    #[command(subcommand)]
    Tenant(TenantCommand),
    /// Manage groups of devices
    #[command(subcommand)]
    Group(GroupCommand),
    /// Manage tokens that let agents register
    #[command(subcommand)]
    EnrollmentToken(EnrollmentTokenCommand),
    /// Verify the audit
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Manage the keys of secrets at rest
    #[command(subcommand)]
    Secrets(SecretsCommand),
    /// Replace the certificate authority that agents and gateway trust, while everything runs
    #[command(subcommand)]
    Authority(AuthorityCommand),
    /// Print the description of the console API (OpenAPI 3.1)
    Openapi,
}

#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Explain every mistake in the configuration, or show what counts (without secrets)
    Check,
}

#[derive(Subcommand)]
pub(crate) enum UserCommand {
    /// Create a user; without a password file, a password is made and printed once
    Create(NewUserArguments),
    /// Let somebody in again: make a link with which they choose a new password
    ResetPassword {
        /// E-mail address
        #[arg(long)]
        email: String,
    },
    /// Let somebody in again who has lost their second factor and their recovery codes
    ResetSecondFactor {
        /// E-mail address
        #[arg(long)]
        email: String,
    },
}

#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// Look whether the audit is as it was written: no event removed, none changed
    Verify {
        /// Name of the tenant [default: all tenants]
        #[arg(long)]
        tenant: Option<String>,
    },
}

#[derive(Subcommand)]
pub(crate) enum SecretsCommand {
    /// Wrap the keys of all secrets with another master key. The server may run meanwhile
    Rotate {
        /// File with the new master key; made if it does not exist. [default: a new key takes the
        /// place of master.key in the data folder]
        #[arg(long, value_name = "FILE")]
        new_key_file: Option<PathBuf>,
    },
}

/// A user to be.
#[derive(Args)]
pub(crate) struct NewUserArguments {
    /// E-mail address to sign in with
    #[arg(long)]
    pub(crate) email: String,
    /// Name, as others see it
    #[arg(long)]
    pub(crate) name: String,
    /// owner, admin, technician or client_view
    #[arg(long)]
    pub(crate) role: Role,
    /// Name of the tenant [default: the provider]
    #[arg(long)]
    pub(crate) tenant: Option<String>,
    /// File with the password, `-` for standard input (at least 12 characters; one line end at the
    /// end does not count)
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum AuthorityCommand {
    /// Show the authority in force, and during a rotation the next one and the devices that do not
    /// have a certificate of it yet
    Show,
    /// Begin a rotation: make the next authority and trust it beside the present one
    ///
    /// New and renewed certificates of agents come from the next authority, and agents renew theirs
    /// soon, spread over the time that gateway.renewal_spread_seconds says. The gateway itself keeps
    /// a certificate of the present authority, so that no agent is shut out. A running server takes
    /// this up within seconds.
    Rotate,
    /// End a rotation: put the next authority in force and trust the one before no longer
    ///
    /// Refuses as long as a device that is not removed has not connected with a certificate of the
    /// next authority. Enrollment tokens that were made before do not work any more afterwards. A
    /// running server takes this up within seconds.
    Finish {
        /// Give up the devices that are still missing: they have to be enrolled again
        #[arg(long)]
        force: bool,
    },
}

#[derive(Subcommand)]
pub(crate) enum TenantCommand {
    /// Create a client tenant
    Create {
        /// Name, unique whatever the case
        #[arg(long)]
        name: String,
    },
    /// List all tenants
    List,
}

#[derive(Subcommand)]
pub(crate) enum GroupCommand {
    /// Create a group of devices
    Create {
        /// Name, unique in its tenant
        #[arg(long)]
        name: String,
        /// Name of the tenant [default: the provider]
        #[arg(long)]
        tenant: Option<String>,
    },
}

#[derive(Subcommand)]
pub(crate) enum EnrollmentTokenCommand {
    /// Create a token; it alone is printed to standard output
    Create(NewEnrollmentTokenArguments),
}

/// A token to be.
#[derive(Args)]
pub(crate) struct NewEnrollmentTokenArguments {
    /// What it is for
    #[arg(long, default_value = "command line")]
    pub(crate) name: String,
    /// Name of the tenant that devices join [default: the provider]
    #[arg(long)]
    pub(crate) tenant: Option<String>,
    /// Name of the group that devices join
    #[arg(long)]
    pub(crate) group: Option<String>,
    /// How long it works, 1 to 8760 hours
    #[arg(long, default_value_t = 24)]
    pub(crate) expires_in_hours: u32,
    /// How many devices may register [default: any number]
    #[arg(long)]
    pub(crate) max_uses: Option<u32>,
}
