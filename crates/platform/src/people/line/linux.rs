//! A socket that every account may call; the kernel tells whose account it is.

use super::{LONGEST, PATIENCE};
use crate::people::linux::is_signed_in;
use rustix::net::sockopt::socket_peercred;
use std::{
    fs::{self, DirBuilder, Permissions},
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::{
        fs::{DirBuilderExt, PermissionsExt},
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    time::Duration,
};

/// Only root may make or replace what lies in it.
const FOLDER: &str = "run/latarnik-agent";
const SOCKET: &str = "restart";

pub(super) struct Listener {
    root: PathBuf,
    socket: UnixListener,
}

pub(super) struct Caller {
    stream: BufReader<UnixStream>,
    uid: u32,
    root: PathBuf,
}

impl Listener {
    pub(super) fn open(folder: Option<&Path>) -> io::Result<Self> {
        let root = root(folder);
        let folder = root.join(FOLDER);
        if let Some(parent) = folder.parent() {
            fs::create_dir_all(parent)?;
        }
        match DirBuilder::new().mode(0o755).create(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let path = folder.join(SOCKET);
        // Another agent that runs keeps its line; a dead one's is in the way.
        if UnixStream::connect(&path).is_ok() {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let socket = UnixListener::bind(&path)?;
        fs::set_permissions(&path, Permissions::from_mode(0o666))?;
        Ok(Self { root, socket })
    }

    pub(super) fn accept(&self) -> io::Result<Caller> {
        let (stream, _) = self.socket.accept()?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let uid = socket_peercred(&stream)?.uid.as_raw();
        Ok(Caller {
            stream: BufReader::new(stream),
            uid,
            root: self.root.clone(),
        })
    }
}

impl Caller {
    /// Root, and whose account has a session with a terminal or a screen.
    pub(super) fn may_answer(&self) -> bool {
        self.uid == 0 || is_signed_in(&self.root, self.uid)
    }

    pub(super) fn name(&self) -> String {
        format!("uid {}", self.uid)
    }

    pub(super) fn hear(&mut self) -> io::Result<String> {
        line(&mut self.stream)
    }

    pub(super) fn say(&mut self, text: &str) -> io::Result<()> {
        self.stream
            .get_mut()
            .write_all(format!("{text}\n").as_bytes())
    }
}

/// Says something to the agent and hears what it answers.
pub(super) fn call(folder: Option<&Path>, text: &str, wait: Duration) -> io::Result<String> {
    let mut stream = UnixStream::connect(root(folder).join(FOLDER).join(SOCKET))?;
    stream.set_read_timeout(Some(wait))?;
    // Who may not ask is told so without having been heard.
    let said = stream.write_all(format!("{text}\n").as_bytes());
    match line(&mut BufReader::new(stream)) {
        Ok(heard) if !heard.is_empty() => Ok(heard),
        Ok(_) => Err(said
            .err()
            .unwrap_or_else(|| io::ErrorKind::UnexpectedEof.into())),
        Err(error) => Err(error),
    }
}

fn line(stream: &mut BufReader<UnixStream>) -> io::Result<String> {
    let mut line = String::new();
    let most = u64::try_from(LONGEST).unwrap_or(u64::MAX);
    stream.take(most).read_line(&mut line)?;
    Ok(line)
}

fn root(folder: Option<&Path>) -> PathBuf {
    folder.unwrap_or(Path::new("/")).to_owned()
}
