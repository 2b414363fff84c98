//! A named pipe that whoever works at the machine may call; Windows tells from which session.

use super::{LONGEST, PATIENCE};
use crate::{descriptor::Descriptor, people::windows::is_signed_in};
use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    os::windows::{
        fs::OpenOptionsExt,
        io::{AsRawHandle, FromRawHandle, OwnedHandle},
    },
    path::Path,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};
use windows::{
    Win32::{
        Foundation::{ERROR_PIPE_CONNECTED, HANDLE},
        Storage::FileSystem::{
            FILE_FLAG_FIRST_PIPE_INSTANCE, FILE_FLAGS_AND_ATTRIBUTES, FILE_READ_ATTRIBUTES,
            FILE_READ_DATA, FILE_WRITE_DATA, PIPE_ACCESS_DUPLEX, SECURITY_IDENTIFICATION,
            SYNCHRONIZE,
        },
        System::Pipes::{
            ConnectNamedPipe, CreateNamedPipeW, GetNamedPipeClientSessionId,
            PIPE_REJECT_REMOTE_CLIENTS, PIPE_TYPE_BYTE, PIPE_UNLIMITED_INSTANCES, PIPE_WAIT,
            PeekNamedPipe,
        },
    },
    core::{HRESULT, HSTRING},
};

const PIPE: &str = r"\\.\pipe\latarnik-agent-restart";
/// SYSTEM and administrators may do everything. Who works at the machine may read and write, but not
/// make another end of that name: 0x12019B is both without `FILE_CREATE_PIPE_INSTANCE`.
const RIGHTS: &str = "D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;0x12019b;;;IU)";
/// How often it is seen whether the other side has said something.
const LOOK: Duration = Duration::from_millis(20);

pub(super) struct Listener {
    /// The end that the next caller gets. One is always there, so that nobody else takes the name.
    next: Mutex<OwnedHandle>,
}

pub(super) struct Caller {
    pipe: File,
    session: Option<u32>,
}

impl Listener {
    pub(super) fn open(_folder: Option<&Path>) -> io::Result<Self> {
        let first = end(FILE_FLAG_FIRST_PIPE_INSTANCE)?;
        Ok(Self {
            next: Mutex::new(first),
        })
    }

    pub(super) fn accept(&self) -> io::Result<Caller> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: the handle is open as long as it is in the list; nothing else is passed.
        let connected = unsafe { ConnectNamedPipe(HANDLE(next.as_raw_handle()), None) };
        let taken = std::mem::replace(&mut *next, end(FILE_FLAGS_AND_ATTRIBUTES(0))?);
        drop(next);
        match connected {
            Err(error) if error.code() != HRESULT::from_win32(ERROR_PIPE_CONNECTED.0) => {
                return Err(error.into());
            }
            _ => {}
        }
        let mut session = 0;
        // SAFETY: the handle is open, and the number outlives the call.
        let asked =
            unsafe { GetNamedPipeClientSessionId(HANDLE(taken.as_raw_handle()), &raw mut session) };
        Ok(Caller {
            pipe: File::from(taken),
            session: asked.is_ok().then_some(session),
        })
    }
}

/// Another end of the pipe, for this machine's callers only.
fn end(more: FILE_FLAGS_AND_ATTRIBUTES) -> io::Result<OwnedHandle> {
    let descriptor = Descriptor::parse(RIGHTS)?;
    let attributes = descriptor.attributes();
    let longest = u32::try_from(LONGEST).unwrap_or(u32::MAX);
    // SAFETY: name and attributes, with the descriptor that they point to, outlive the call.
    let handle = unsafe {
        CreateNamedPipeW(
            &HSTRING::from(PIPE),
            PIPE_ACCESS_DUPLEX | more,
            PIPE_TYPE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS,
            PIPE_UNLIMITED_INSTANCES,
            longest,
            longest,
            0,
            Some(&raw const attributes),
        )
    };
    if handle.is_invalid() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the new handle has no other owner.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle.0) })
}

impl Caller {
    /// Whose session has a user.
    pub(super) fn may_answer(&self) -> bool {
        self.session.is_some_and(is_signed_in)
    }

    pub(super) fn name(&self) -> String {
        format!("session {:?}", self.session)
    }

    pub(super) fn hear(&mut self) -> io::Result<String> {
        line(&mut self.pipe, PATIENCE)
    }

    /// What is said is lost when the pipe is closed before the other side has read it.
    pub(super) fn say(&mut self, text: &str) -> io::Result<()> {
        self.pipe.write_all(format!("{text}\n").as_bytes())?;
        let deadline = Instant::now() + PATIENCE;
        while waiting(&self.pipe).is_ok() && Instant::now() < deadline {
            std::thread::sleep(LOOK);
        }
        Ok(())
    }
}

/// Says something to the agent and hears what it answers.
pub(super) fn call(_folder: Option<&Path>, text: &str, wait: Duration) -> io::Result<String> {
    // Whoever answers may learn who calls, and act as nobody.
    let mut pipe = OpenOptions::new()
        .access_mode((FILE_READ_DATA | FILE_WRITE_DATA | FILE_READ_ATTRIBUTES | SYNCHRONIZE).0)
        .security_qos_flags(SECURITY_IDENTIFICATION.0)
        .open(PIPE)?;
    pipe.write_all(format!("{text}\n").as_bytes())?;
    line(&mut pipe, wait)
}

/// A pipe knows no time limit: nothing is read before it is there.
fn line(pipe: &mut File, wait: Duration) -> io::Result<String> {
    let deadline = Instant::now() + wait;
    let mut heard = Vec::new();
    while heard.last() != Some(&b'\n') && heard.len() < LONGEST {
        let there = match waiting(pipe) {
            Ok(there) => there,
            Err(error) if heard.is_empty() => return Err(error),
            Err(_) => break,
        };
        if there == 0 {
            if Instant::now() >= deadline {
                return Err(io::ErrorKind::TimedOut.into());
            }
            std::thread::sleep(LOOK);
            continue;
        }
        let mut bytes = vec![0; there.min(LONGEST - heard.len())];
        pipe.read_exact(&mut bytes)?;
        heard.extend(bytes);
    }
    String::from_utf8(heard).map_err(|_| io::ErrorKind::InvalidData.into())
}

/// How many bytes are there to be read; an error when the other side has hung up.
fn waiting(pipe: &File) -> io::Result<usize> {
    let mut bytes = 0;
    // SAFETY: the handle is open, and the number outlives the call.
    unsafe {
        PeekNamedPipe(
            HANDLE(pipe.as_raw_handle()),
            None,
            0,
            None,
            Some(&raw mut bytes),
            None,
        )?;
    }
    Ok(usize::try_from(bytes).unwrap_or(0))
}
