//! An SSH server of this process that checks passwords: OpenSSH's can do so only as root and with
//! accounts of the machine. Behind it works OpenSSH's own SFTP server.

use crate::ssh;
use anyhow::{Context, Result};
use russh::{
    Channel, ChannelId, MethodKind, MethodSet,
    keys::decode_secret_key,
    server::{Auth, ChannelOpenHandle, Config, Handler, Msg, Response, Session, run_stream},
};
use std::{
    borrow::Cow,
    net::Ipv4Addr,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{copy_bidirectional, join},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// OpenSSH's SFTP server, without SSH.
pub const SFTP_SERVER: &str = "/usr/lib/openssh/sftp-server";
/// Who may sign in.
pub const USER: &str = "clerk";
/// With what.
pub const PASSWORD: &str = "correct horse";

/// How a server wants to be told the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// As such.
    Password,
    /// As the answer to a question, as with PAM.
    Question,
}

type Starter = Arc<dyn Fn() -> Command + Send + Sync>;

/// A running server.
#[derive(Debug)]
pub struct SshPasswordServer {
    port: u16,
    acceptor: JoinHandle<()>,
}

impl SshPasswordServer {
    /// Starts a server; the function makes the command that is started for each SFTP channel.
    ///
    /// # Errors
    ///
    /// When no port is free, or OpenSSH's tools are not installed.
    pub async fn start(
        asking: Asking,
        sftp_server: impl Fn() -> Command + Send + Sync + 'static,
    ) -> Result<Self> {
        let key = decode_secret_key(&ssh::new_private_key("ed25519", "")?, None)?;
        let method = match asking {
            Asking::Password => MethodKind::Password,
            Asking::Question => MethodKind::KeyboardInteractive,
        };
        let config = Arc::new(Config {
            keys: vec![key],
            methods: MethodSet::from([method].as_slice()),
            auth_rejection_time: Duration::from_millis(10),
            ..Config::default()
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let starter: Starter = Arc::new(sftp_server);
        let acceptor = tokio::spawn(accept(listener, config, starter));
        Ok(Self { port, acceptor })
    }

    /// Its port on the loopback interface.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for SshPasswordServer {
    fn drop(&mut self) {
        self.acceptor.abort();
    }
}

async fn accept(listener: TcpListener, config: Arc<Config>, starter: Starter) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, Arc::clone(&config), Arc::clone(&starter)));
    }
}

async fn serve(stream: TcpStream, config: Arc<Config>, starter: Starter) -> Result<()> {
    let client = Client {
        starter,
        channel: None,
    };
    run_stream(config, stream, client).await?.await
}

struct Client {
    starter: Starter,
    channel: Option<Channel<Msg>>,
}

fn verdict(user: &str, password: &[u8]) -> Auth {
    if user == USER && password == PASSWORD.as_bytes() {
        Auth::Accept
    } else {
        Auth::reject()
    }
}

impl Handler for Client {
    type Error = anyhow::Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth> {
        Ok(verdict(user, password.as_bytes()))
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        user: &str,
        _submethods: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth> {
        const PROMPTS: &[(Cow<'static, str>, bool)] = &[(Cow::Borrowed("Password: "), false)];
        let Some(mut answers) = response else {
            return Ok(Auth::Partial {
                name: Cow::Borrowed(""),
                instructions: Cow::Borrowed(""),
                prompts: Cow::Borrowed(PROMPTS),
            });
        };
        Ok(answers
            .next()
            .map_or_else(Auth::reject, |answer| verdict(user, &answer)))
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<()> {
        self.channel = Some(channel);
        reply.accept().await;
        Ok(())
    }

    async fn subsystem_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        session: &mut Session,
    ) -> Result<()> {
        let Some(stream) = self.channel.take().filter(|_| name == "sftp") else {
            return Ok(session.channel_failure(channel)?);
        };
        let mut child = tokio::process::Command::from((self.starter)())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("could not start the SFTP server")?;
        let output = child.stdout.take().context("it is a pipe")?;
        let input = child.stdin.take().context("it is a pipe")?;
        tokio::spawn(async move {
            let mut stream = stream.into_stream();
            let mut program = join(output, input);
            copy_bidirectional(&mut stream, &mut program).await.ok();
            drop(child);
        });
        Ok(session.channel_success(channel)?)
    }
}
