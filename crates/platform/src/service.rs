//! The agent as a service of the operating system: a systemd unit, a Windows service.

use std::{
    io,
    path::PathBuf,
    sync::{Arc, Condvar, Mutex, PoisonError},
};

#[cfg(not(windows))]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(not(windows))]
use linux as system;
#[cfg(windows)]
use windows as system;

/// The agent's service: `latarnik-agent` (a unit file of that name), `LatarnikAgent` on Windows.
pub const AGENT_NAME: &str = system::AGENT_NAME;

/// A service to install.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Its name in the service manager; ASCII letters, digits and `-`.
    pub name: String,
    /// Its name for people.
    pub display_name: String,
    /// What it does, in a sentence.
    pub description: String,
    /// The program.
    pub program: PathBuf,
    /// The program's arguments.
    pub arguments: Vec<String>,
}

/// What the service manager says of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// There is no such service.
    NotInstalled,
    /// It does not run.
    Stopped,
    /// It runs.
    Running,
    /// It is starting or stopping.
    Changing,
}

/// The service manager did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// This system has no service manager that the agent knows.
    #[error("this machine has no {manager}")]
    NoServiceManager {
        /// What was looked for.
        manager: &'static str,
    },
    /// The service manager refused.
    #[error("the service manager could not {action} the service {name}: {detail}")]
    Refused {
        /// What was asked.
        action: &'static str,
        /// The service.
        name: String,
        /// The manager's words or code.
        detail: String,
    },
    /// It did not come to the state that was asked for in time.
    #[error("the service {name} did not {action} within {seconds} s")]
    TooSlow {
        /// What was asked.
        action: &'static str,
        /// The service.
        name: String,
        /// The limit.
        seconds: u64,
    },
    /// A file of the service could not be written or removed.
    #[error("{} could not be changed", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Makes the service known to the system, which starts it with the machine and again whenever it
/// fails. An older definition is replaced. Does not start it.
///
/// # Errors
/// [`Error`] if the service manager refused.
pub fn install(definition: &Definition) -> Result<(), Error> {
    system::install(definition)
}

/// Stops the service and makes the system forget it. No such service is fine.
///
/// # Errors
/// [`Error`] if the service manager refused.
pub fn uninstall(name: &str) -> Result<(), Error> {
    system::uninstall(name)
}

/// Starts the service (a running one goes on) and waits until it runs.
///
/// # Errors
/// [`Error`] if the service manager refused, or the service did not start in time.
pub fn start(name: &str) -> Result<(), Error> {
    system::start(name)
}

/// Stops the service and waits until it has stopped.
///
/// # Errors
/// [`Error`] if the service manager refused, or the service did not stop in time.
pub fn stop(name: &str) -> Result<(), Error> {
    system::stop(name)
}

/// Asks the service manager.
///
/// # Errors
/// [`Error`] if it does not answer.
pub fn state(name: &str) -> Result<State, Error> {
    system::state(name)
}

/// Asks a running service to stop. Clones ask together.
#[derive(Debug, Clone, Default)]
pub struct StopRequest(Arc<(Mutex<bool>, Condvar)>);

impl StopRequest {
    /// A request that has not been made yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the request.
    pub fn request(&self) {
        let (requested, changed) = &*self.0;
        *requested.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
    }

    /// Whether it was made.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Blocks until it is made.
    pub fn wait(&self) {
        let (requested, changed) = &*self.0;
        let mut requested = requested.lock().unwrap_or_else(PoisonError::into_inner);
        while !*requested {
            requested = changed
                .wait(requested)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// How a service's body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// As asked.
    Success,
    /// By a fault, with a code of its own; the service manager starts it again.
    Failure(u32),
}

/// What a service does.
pub type Body = Box<dyn FnOnce(StopRequest) -> Exit + Send>;

/// What came of [`dispatch`].
pub enum Dispatch {
    /// The process was started as a service, and the service has ended.
    Ended,
    /// The process was started otherwise; here is the body back, untouched.
    NotStartedAsService(Body),
}

/// Runs the body as the service that this process was started as. Blocks until it ended.
///
/// Linux: systemd services are ordinary processes, told to stop by `SIGTERM`; the answer is always
/// [`Dispatch::NotStartedAsService`].
///
/// # Errors
/// [`Error`] if the service manager started this process and then does not talk to it.
pub fn dispatch(name: &str, body: Body) -> Result<Dispatch, Error> {
    system::dispatch(name, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_request_wakes_every_waiting_clone() {
        let request = StopRequest::new();
        assert!(!request.is_requested());
        let waiting: Vec<_> = (0..3)
            .map(|_| {
                let clone = request.clone();
                std::thread::spawn(move || clone.wait())
            })
            .collect();
        request.request();
        waiting
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        request.wait();
    }
}
