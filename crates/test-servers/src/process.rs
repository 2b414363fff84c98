//! Server programs as children of a test.

use anyhow::{Context, Result, bail};
use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const START_LIMIT: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// A running server; dropping it kills it.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    log: PathBuf,
}

impl ServerProcess {
    /// Starts a program whose output goes to a file of its folder.
    ///
    /// # Errors
    ///
    /// When the program is not installed; the message names it.
    pub fn start(mut command: Command, folder: &Path) -> Result<Self> {
        let log = folder.join("server.log");
        let output = File::create(&log)?;
        command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        let child = command.spawn().with_context(|| {
            format!(
                "could not start {}; `cargo xtask test` installs what tests need",
                command.get_program().display()
            )
        })?;
        Ok(Self { child, log })
    }

    /// What the server wrote so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Ends all processes of a server that was started as the leader of a group.
    #[cfg(unix)]
    pub fn kill_group(&mut self) {
        // Waited for in `drop` alone: until then its number is nobody else's.
        if let Some(group) = i32::try_from(self.child.id())
            .ok()
            .and_then(rustix::process::Pid::from_raw)
        {
            rustix::process::kill_process_group(group, rustix::process::Signal::KILL).ok();
        }
    }

    /// Waits until the server accepts connections.
    ///
    /// # Errors
    ///
    /// When it ends before, or takes too long; the message has its log.
    pub fn wait_until_listening(&mut self, port: u16) -> Result<()> {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended with {status}:\n{}", self.log());
            }
            if is_listening(port) {
                return Ok(());
            }
            if started.elapsed() > START_LIMIT {
                bail!("nothing listens on port {port}:\n{}", self.log());
            }
            thread::sleep(LOOK_AGAIN);
        }
    }

    /// Waits until it has ended by itself.
    pub fn wait(&mut self) {
        self.child.wait().ok();
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A port of the loopback interface that is free at the moment.
///
/// # Errors
///
/// When the system has none left.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

/// Waits until something listens on a port of the loopback interface.
///
/// # Errors
///
/// When nothing does for half a minute.
pub fn wait_for_port(port: u16) -> Result<()> {
    let started = Instant::now();
    while !is_listening(port) {
        if started.elapsed() > START_LIMIT {
            bail!("nothing listens on port {port}");
        }
        thread::sleep(LOOK_AGAIN);
    }
    Ok(())
}

fn is_listening(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpStream::connect_timeout(&address, Duration::from_millis(500)).is_ok()
}
