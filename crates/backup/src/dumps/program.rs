//! Running a program whose standard output is a dump: no shell, little memory, and an end that is
//! only an end when everything went well.

use super::{
    DumpContext,
    ending::{Ending, Watcher},
    excerpt::Excerpt,
    failure::{DumpFailure, DumpFailureCode},
    process_tree::{Priority, ProcessTree, environment, name_of},
    temporary::TemporaryFolder,
};
use std::{
    ffi::OsStr,
    io::{self, Read},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

const PIECE_BYTES: usize = 64 * 1024;
/// Pieces that may wait for a slow reader; then the program waits.
const WAITING_PIECES: usize = 4;
/// How often cancellation and time limit are looked at.
const TICK: Duration = Duration::from_millis(50);
/// How long the rest of what a program said is awaited after it ended.
const SAYING_GRACE: Duration = Duration::from_secs(2);
/// A list of databases is never longer.
const MOST_LIST_BYTES: u64 = 16 * 1024 * 1024;

/// Tells what a program's words mean, if they mean something that has a code of its own.
pub(super) type Classify = fn(&str) -> Option<DumpFailureCode>;

/// A program to run, with all that it needs.
pub(super) struct Program {
    path: PathBuf,
    command: Command,
    /// Never shown, wherever the program says them.
    secrets: Vec<String>,
    exit_codes: Vec<i32>,
    ending: Ending,
    classify: Classify,
    /// Lives as long as the program.
    folder: Option<TemporaryFolder>,
}

impl Program {
    pub(super) fn new(path: PathBuf) -> Self {
        let mut command = Command::new(&path);
        command.env_clear().envs(environment());
        Self {
            path,
            command,
            secrets: Vec::new(),
            exit_codes: vec![0],
            ending: Ending::NotEmpty,
            classify: |_| None,
            folder: None,
        }
    }

    pub(super) fn arg(&mut self, argument: impl AsRef<OsStr>) -> &mut Self {
        self.command.arg(argument);
        self
    }

    pub(super) fn args<A: AsRef<OsStr>>(
        &mut self,
        arguments: impl IntoIterator<Item = A>,
    ) -> &mut Self {
        self.command.args(arguments);
        self
    }

    pub(super) fn env(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> &mut Self {
        self.command.env(name, value);
        self
    }

    pub(super) fn working_folder(&mut self, folder: &Path) -> &mut Self {
        self.command.current_dir(folder);
        self
    }

    /// Never lets this stand in what is told of the program.
    pub(super) fn hide(&mut self, secret: &str) -> &mut Self {
        if !secret.is_empty() {
            self.secrets.push(secret.to_owned());
        }
        self
    }

    pub(super) fn exit_codes(&mut self, codes: Vec<i32>) -> &mut Self {
        self.exit_codes = codes;
        self
    }

    pub(super) fn ending(&mut self, ending: Ending) -> &mut Self {
        self.ending = ending;
        self
    }

    pub(super) fn classify(&mut self, classify: Classify) -> &mut Self {
        self.classify = classify;
        self
    }

    pub(super) fn keep(&mut self, folder: TemporaryFolder) -> &mut Self {
        self.folder = Some(folder);
        self
    }

    /// Starts it; the reader ends it when it is dropped.
    pub(super) fn start(mut self, context: &DumpContext) -> Result<ProgramReader, DumpFailure> {
        let name = name_of(&self.path);
        if context.cancellation.is_cancelled() {
            return Err(DumpFailure::new(DumpFailureCode::Cancelled).by(name));
        }
        self.command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let priority = match context.low_priority {
            true => Priority::Low,
            false => Priority::Normal,
        };
        let not_run = |source: io::Error| {
            let code = match source.kind() {
                io::ErrorKind::NotFound => DumpFailureCode::ToolNotFound,
                _ => DumpFailureCode::ToolFailed,
            };
            DumpFailure::new(code).by(&name).because(source)
        };
        tracing::debug!(program = %self.path.display(), "making a dump");
        let mut tree = ProcessTree::start(self.command, priority).map_err(not_run)?;
        let pieces = read_output(&mut tree).map_err(not_run);
        let excerpt = read_errors(&mut tree, self.secrets).map_err(not_run);
        let (pieces, (excerpt, said_all)) = match (pieces, excerpt) {
            (Ok(pieces), Ok(excerpt)) => (pieces, excerpt),
            (Err(failure), _) | (_, Err(failure)) => {
                tree.kill();
                return Err(failure);
            }
        };
        Ok(ProgramReader {
            name,
            exit_codes: self.exit_codes,
            classify: self.classify,
            tree,
            pieces,
            piece: Vec::new(),
            at: 0,
            excerpt,
            said_all,
            watcher: Watcher::new(self.ending),
            cancellation: context.cancellation.clone(),
            time_left: context.timeout,
            state: State::Reading,
            _folder: self.folder,
        })
    }

    /// Runs it to its end and returns what it wrote.
    pub(super) fn output(self, context: &DumpContext) -> Result<Vec<u8>, DumpFailure> {
        let mut reader = self.start(context)?;
        let mut output = Vec::new();
        let read = reader
            .by_ref()
            .take(MOST_LIST_BYTES)
            .read_to_end(&mut output);
        match (read, &reader.state) {
            (Ok(_), State::Finished) => Ok(output),
            (_, State::Failed(failure)) => Err(failure.again()),
            _ => Err(DumpFailure::new(DumpFailureCode::ToolFailed).by(&reader.name)),
        }
    }
}

enum Piece {
    Bytes(Vec<u8>),
    Broken(io::Error),
    End,
}

#[derive(Debug)]
enum State {
    Reading,
    Finished,
    Failed(DumpFailure),
}

/// The standard output of a program. It ends only when the program ended well and what it wrote is
/// whole; else the last `read` is an error, and every later one as well.
pub(super) struct ProgramReader {
    name: String,
    exit_codes: Vec<i32>,
    classify: Classify,
    tree: ProcessTree,
    pieces: Receiver<Piece>,
    piece: Vec<u8>,
    at: usize,
    excerpt: Arc<Mutex<Excerpt>>,
    /// Breaks when standard error has ended.
    said_all: Receiver<()>,
    watcher: Watcher,
    cancellation: CancellationToken,
    /// Of the time that is spent waiting for the program; a slow reader takes nothing from it.
    time_left: Duration,
    state: State,
    // Goes after the program has ended.
    _folder: Option<TemporaryFolder>,
}

impl Read for ProgramReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            match &self.state {
                State::Finished => return Ok(0),
                State::Failed(failure) => return Err(failure.again().into()),
                State::Reading => {}
            }
            let mut rest = self.piece.get(self.at..).unwrap_or_default();
            if !rest.is_empty() {
                let read = rest.read(buffer)?;
                self.at += read;
                return Ok(read);
            }
            match self.next_piece() {
                Ok(Some(piece)) => {
                    self.watcher.see(&piece);
                    self.piece = piece;
                    self.at = 0;
                }
                Ok(None) => match self.finish() {
                    Ok(()) => self.state = State::Finished,
                    Err(failure) => return Err(self.fail(failure)),
                },
                Err(failure) => return Err(self.fail(failure)),
            }
        }
    }
}

impl ProgramReader {
    fn fail(&mut self, failure: DumpFailure) -> io::Error {
        self.tree.kill();
        self.piece = Vec::new();
        self.state = State::Failed(failure.again());
        failure.into()
    }

    fn next_piece(&mut self) -> Result<Option<Vec<u8>>, DumpFailure> {
        loop {
            self.check_patience()?;
            let tick = TICK.min(self.time_left);
            let begun = Instant::now();
            let piece = self.pieces.recv_timeout(tick);
            self.spend(begun);
            return match piece {
                Ok(Piece::Bytes(bytes)) => Ok(Some(bytes)),
                Ok(Piece::End) => Ok(None),
                Ok(Piece::Broken(source)) => Err(self.failed(source)),
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => {
                    Err(self.failed(io::ErrorKind::BrokenPipe.into()))
                }
            };
        }
    }

    /// Judges the end of the output.
    fn finish(&mut self) -> Result<(), DumpFailure> {
        let status = self.wait()?;
        let _ = self.said_all.recv_timeout(SAYING_GRACE);
        let code = status.code();
        if !code.is_some_and(|code| self.exit_codes.contains(&code)) {
            let mut failure = self.failure(DumpFailureCode::ToolFailed);
            failure.exit_code = code;
            failure.code = (self.classify)(&failure.excerpt).unwrap_or(failure.code);
            return Err(failure);
        }
        if let Err(incomplete) = self.watcher.judge() {
            let mut failure = self.failure(incomplete);
            failure.exit_code = code;
            return Err(failure);
        }
        let said = self.said();
        if !said.is_empty() {
            tracing::debug!(program = %self.name, bytes = said.len(), "the program had remarks");
        }
        Ok(())
    }

    /// A program may close its output long before it ends.
    fn wait(&mut self) -> Result<ExitStatus, DumpFailure> {
        let mut pause = Duration::from_millis(1);
        loop {
            match self.tree.try_wait() {
                Ok(Some(status)) => return Ok(status),
                Ok(None) => {}
                Err(source) => return Err(self.failed(source)),
            }
            self.check_patience()?;
            let begun = Instant::now();
            thread::sleep(pause.min(self.time_left));
            self.spend(begun);
            pause = (pause * 2).min(TICK);
        }
    }

    fn check_patience(&self) -> Result<(), DumpFailure> {
        if self.cancellation.is_cancelled() {
            return Err(self.failure(DumpFailureCode::Cancelled));
        }
        if self.time_left.is_zero() {
            return Err(self.failure(DumpFailureCode::TimedOut));
        }
        Ok(())
    }

    fn spend(&mut self, begun: Instant) {
        self.time_left = self.time_left.saturating_sub(begun.elapsed());
    }

    fn failed(&self, source: io::Error) -> DumpFailure {
        self.failure(DumpFailureCode::ToolFailed).because(source)
    }

    fn failure(&self, code: DumpFailureCode) -> DumpFailure {
        DumpFailure::new(code).by(&self.name).saying(self.said())
    }

    fn said(&self) -> String {
        let excerpt = self.excerpt.lock().unwrap_or_else(PoisonError::into_inner);
        excerpt.text()
    }
}

impl Drop for ProgramReader {
    fn drop(&mut self) {
        self.tree.kill();
    }
}

/// Reads ahead, a little; a thread of its own, so that the reader never waits longer than it wants.
fn read_output(tree: &mut ProcessTree) -> io::Result<Receiver<Piece>> {
    let output = tree.output().ok_or(io::ErrorKind::BrokenPipe)?;
    let (sender, receiver) = sync_channel(WAITING_PIECES);
    thread::Builder::new()
        .name("dump-output".into())
        .spawn(move || send_pieces(output, &sender))?;
    Ok(receiver)
}

fn send_pieces(mut output: impl Read, sender: &SyncSender<Piece>) {
    loop {
        let mut bytes = vec![0; PIECE_BYTES];
        let (piece, is_last) = match output.read(&mut bytes) {
            Ok(0) => (Piece::End, true),
            Ok(read) => {
                bytes.truncate(read);
                (Piece::Bytes(bytes), false)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => (Piece::Broken(error), true),
        };
        // Without a reader nobody wants the rest.
        if sender.send(piece).is_err() || is_last {
            return;
        }
    }
}

type Said = (Arc<Mutex<Excerpt>>, Receiver<()>);

fn read_errors(tree: &mut ProcessTree, secrets: Vec<String>) -> io::Result<Said> {
    let errors = tree.errors().ok_or(io::ErrorKind::BrokenPipe)?;
    let excerpt = Arc::new(Mutex::new(Excerpt::default()));
    let (sender, receiver) = sync_channel(1);
    let shared = Arc::clone(&excerpt);
    thread::Builder::new()
        .name("dump-errors".into())
        .spawn(move || {
            Excerpt::read(errors, &secrets, |line| {
                let mut excerpt = shared.lock().unwrap_or_else(PoisonError::into_inner);
                excerpt.push(line);
            });
            drop(sender);
        })?;
    Ok((excerpt, receiver))
}
