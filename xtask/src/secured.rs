//! A server as customers run it, in front of a browser: TLS, a compulsory second factor, mails.
//!
//! The mail server and the sign-in service that it speaks to are started by the tests themselves
//! (`console/e2e/secured`); here they get a port and the certificate that the server trusts.

use crate::{
    children, packages,
    programs::Programs,
    stack::{self, Server, Settings, User},
    step,
    workspace::Workspace,
};
use anyhow::{Context, Result};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// What makes the certificate.
pub(crate) const PACKAGES: &[&str] = &["openssl"];
/// What the server tells the mail server.
const MAIL_USER: &str = "latarnik";
const MAIL_PASSWORD: &str = "a-password-of-tests";

/// The running server. Dropping it stops it.
#[derive(Debug)]
pub(crate) struct Secured {
    server: Server,
    owner: User,
    mail_port: u16,
    certificate: Certificate,
}

/// A certificate for this machine that signs itself, and its key, in PEM.
#[derive(Debug)]
struct Certificate {
    certificate: PathBuf,
    key: PathBuf,
}

impl Secured {
    /// Starts the server with one owner, who has not signed in yet.
    pub(crate) fn start(programs: &Programs, settings: &Settings) -> Result<Self> {
        let certificate = Certificate::make(&settings.folder)?;
        let mut settings = settings.clone();
        settings.console_port = stack::free_port()?;
        let mail_port = stack::free_port()?;
        settings.configuration = configuration(&certificate, settings.console_port, mail_port);
        settings.trusted_certificates = Some(certificate.certificate.clone());
        let server = step::work("start a server with TLS", || {
            Server::start(programs, &settings)
        })?;
        let owner = server.create_user("owner@example.test", "Owner", "owner")?;
        Ok(Self {
            server,
            owner,
            mail_port,
            certificate,
        })
    }

    /// The npm script of the console that drives this server.
    pub(crate) fn npm(&self, workspace: &Workspace) -> Result<Command> {
        let mut npm = crate::browser::npm(workspace, "e2e:secured", &self.server)?;
        npm.env("LATARNIK_OWNER_EMAIL", &self.owner.email)
            .env("LATARNIK_OWNER_PASSWORD", &self.owner.password)
            .env("LATARNIK_MAIL_PORT", self.mail_port.to_string())
            .env("LATARNIK_MAIL_USER", MAIL_USER)
            .env("LATARNIK_MAIL_PASSWORD", MAIL_PASSWORD)
            .env("LATARNIK_TEST_CERTIFICATE", &self.certificate.certificate)
            .env("LATARNIK_TEST_KEY", &self.certificate.key);
        Ok(npm)
    }

    /// Fails if the server has ended by itself.
    pub(crate) fn check(&mut self) -> Result<()> {
        self.server.check()
    }
}

impl Certificate {
    fn make(folder: &Path) -> Result<Self> {
        let made = Self {
            certificate: folder.join("certificate.pem"),
            key: folder.join("key.pem"),
        };
        let openssl = packages::find_program(&["openssl"]).context("openssl is missing")?;
        let mut command = Command::new(openssl);
        command.args(["req", "-x509", "-newkey", "ec", "-noenc", "-days", "2"]);
        command.args([
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-subj",
            "/CN=Latarnik",
        ]);
        command.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
        command.args(["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]);
        command.arg("-keyout").arg(&made.key);
        command.arg("-out").arg(&made.certificate);
        children::capture(command).context("could not make a certificate")?;
        Ok(made)
    }
}

fn configuration(certificate: &Certificate, console: u16, mail: u16) -> String {
    let Certificate { certificate, key } = certificate;
    format!(
        "[console]\n\
         public_url = \"https://127.0.0.1:{console}\"\n\
         tls_certificate = {certificate:?}\n\
         tls_key = {key:?}\n\
         [mail]\n\
         smtp_url = \"smtp://{MAIL_USER}:{MAIL_PASSWORD}@127.0.0.1:{mail}?tls=required\"\n\
         from = \"Latarnik <latarnik@example.test>\"\n"
    )
}
