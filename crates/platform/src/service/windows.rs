use super::{Body, Definition, Dispatch, Error, Exit, State, StopRequest};
use std::{
    ffi::{OsStr, OsString},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};
use windows::Win32::Foundation::{
    ERROR_FAILED_SERVICE_CONTROLLER_CONNECT, ERROR_SERVICE_ALREADY_RUNNING,
    ERROR_SERVICE_DOES_NOT_EXIST, ERROR_SERVICE_EXISTS, ERROR_SERVICE_NOT_ACTIVE, WIN32_ERROR,
};
use windows_service::{
    define_windows_service,
    service::{
        Service, ServiceAccess, ServiceAction, ServiceActionType, ServiceControl,
        ServiceControlAccept, ServiceErrorControl, ServiceExitCode, ServiceFailureActions,
        ServiceFailureResetPeriod, ServiceInfo, ServiceStartType, ServiceState, ServiceStatus,
        ServiceType,
    },
    service_control_handler::{self, ServiceControlHandlerResult, ServiceStatusHandle},
    service_dispatcher,
    service_manager::{ServiceManager, ServiceManagerAccess},
};

pub(super) const AGENT_NAME: &str = "LatarnikAgent";

/// How long starting or stopping may take.
const LIMIT: Duration = Duration::from_secs(60);
/// How long Windows is asked to wait for the next word of a stopping service.
const STOP_HINT: Duration = Duration::from_secs(30);
/// After a failure the service starts again: soon, then less soon.
const RESTART_AFTER: [Duration; 3] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(120),
];
/// After a day without a failure the count begins anew.
const FORGET_FAILURES_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn install(definition: &Definition) -> Result<(), Error> {
    let refused = |error| refused("install", &definition.name, &error);
    let information = ServiceInfo {
        name: OsString::from(&definition.name),
        display_name: OsString::from(&definition.display_name),
        service_type: ServiceType::OWN_PROCESS,
        start_type: ServiceStartType::AutoStart,
        error_control: ServiceErrorControl::Normal,
        executable_path: definition.program.clone(),
        launch_arguments: definition.arguments.iter().map(OsString::from).collect(),
        dependencies: Vec::new(),
        account_name: None,
        account_password: None,
    };
    let access = ServiceAccess::CHANGE_CONFIG | ServiceAccess::START;
    let manager = manager(ServiceManagerAccess::CONNECT | ServiceManagerAccess::CREATE_SERVICE)
        .map_err(refused)?;
    let service = match manager.create_service(&information, access) {
        Err(error) if is(&error, ERROR_SERVICE_EXISTS) => {
            let service = manager
                .open_service(&definition.name, access)
                .map_err(refused)?;
            service.change_config(&information).map_err(refused)?;
            service
        }
        other => other.map_err(refused)?,
    };
    service
        .set_description(&definition.description)
        .map_err(refused)?;
    restart_after_failure(&service).map_err(refused)?;
    // Lets the machine start faster; some editions refuse it, and it is only a courtesy.
    if let Err(error) = service.set_delayed_auto_start(true) {
        tracing::warn!(%error, "the service will start with the others");
    }
    Ok(())
}

pub(super) fn uninstall(name: &str) -> Result<(), Error> {
    if state(name)? == State::NotInstalled {
        return Ok(());
    }
    stop(name)?;
    open(name, ServiceAccess::DELETE)
        .and_then(|service| service.delete())
        .map_err(|error| refused("uninstall", name, &error))
}

pub(super) fn start(name: &str) -> Result<(), Error> {
    let service = open(name, ServiceAccess::START | ServiceAccess::QUERY_STATUS)
        .map_err(|error| refused("start", name, &error))?;
    match service.start::<&OsStr>(&[]) {
        Err(error) if !is(&error, ERROR_SERVICE_ALREADY_RUNNING) => {
            return Err(refused("start", name, &error));
        }
        _ => {}
    }
    wait_for(&service, name, "start", ServiceState::Running)
}

pub(super) fn stop(name: &str) -> Result<(), Error> {
    let service = open(name, ServiceAccess::STOP | ServiceAccess::QUERY_STATUS)
        .map_err(|error| refused("stop", name, &error))?;
    match service.stop() {
        Err(error) if !is(&error, ERROR_SERVICE_NOT_ACTIVE) => {
            return Err(refused("stop", name, &error));
        }
        _ => {}
    }
    wait_for(&service, name, "stop", ServiceState::Stopped)
}

pub(super) fn state(name: &str) -> Result<State, Error> {
    let status = open(name, ServiceAccess::QUERY_STATUS).and_then(|s| s.query_status());
    match status {
        Ok(status) => Ok(match status.current_state {
            ServiceState::Running => State::Running,
            ServiceState::Stopped => State::Stopped,
            _ => State::Changing,
        }),
        Err(error) if is(&error, ERROR_SERVICE_DOES_NOT_EXIST) => Ok(State::NotInstalled),
        Err(error) => Err(refused("query", name, &error)),
    }
}

/// Windows calls a plain function without a context: what it shall run waits here.
static WAITING: Mutex<Option<(String, Body)>> = Mutex::new(None);

define_windows_service!(service_entry, service_main);

pub(super) fn dispatch(name: &str, body: Body) -> Result<Dispatch, Error> {
    *waiting() = Some((name.to_owned(), body));
    match service_dispatcher::start(name, service_entry) {
        Ok(()) => Ok(Dispatch::Ended),
        Err(error) => match waiting().take() {
            Some((_, body)) if is(&error, ERROR_FAILED_SERVICE_CONTROLLER_CONNECT) => {
                Ok(Dispatch::NotStartedAsService(body))
            }
            _ => Err(refused("run", name, &error)),
        },
    }
}

fn waiting() -> std::sync::MutexGuard<'static, Option<(String, Body)>> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn service_main(_arguments: Vec<OsString>) {
    let Some((name, body)) = waiting().take() else {
        return;
    };
    if let Err(error) = serve(&name, body) {
        tracing::error!(%error, "the service manager does not listen");
    }
}

fn serve(name: &str, body: Body) -> windows_service::Result<()> {
    let stop = StopRequest::new();
    let asked = stop.clone();
    let handle: Arc<OnceLock<ServiceStatusHandle>> = Arc::default();
    let reporting = Arc::clone(&handle);
    let handler = move |control| match control {
        ServiceControl::Stop | ServiceControl::Preshutdown => {
            if let Some(handle) = reporting.get() {
                let _ = handle.set_service_status(status(ServiceState::StopPending, None));
            }
            asked.request();
            ServiceControlHandlerResult::NoError
        }
        ServiceControl::Interrogate => ServiceControlHandlerResult::NoError,
        _ => ServiceControlHandlerResult::NotImplemented,
    };
    let registered = service_control_handler::register(name, handler)?;
    let _ = handle.set(registered);
    registered.set_service_status(status(ServiceState::Running, None))?;
    let exit = body(stop);
    registered.set_service_status(status(ServiceState::Stopped, Some(exit)))
}

fn status(state: ServiceState, exit: Option<Exit>) -> ServiceStatus {
    ServiceStatus {
        service_type: ServiceType::OWN_PROCESS,
        current_state: state,
        controls_accepted: match state {
            ServiceState::Running => ServiceControlAccept::STOP | ServiceControlAccept::PRESHUTDOWN,
            _ => ServiceControlAccept::empty(),
        },
        exit_code: match exit {
            Some(Exit::Failure(code)) => ServiceExitCode::ServiceSpecific(code.max(1)),
            _ => ServiceExitCode::Win32(0),
        },
        checkpoint: 0,
        wait_hint: if state == ServiceState::StopPending {
            STOP_HINT
        } else {
            Duration::ZERO
        },
        process_id: None,
    }
}

fn restart_after_failure(service: &Service) -> windows_service::Result<()> {
    let restart = |delay| ServiceAction {
        action_type: ServiceActionType::Restart,
        delay,
    };
    service.update_failure_actions(ServiceFailureActions {
        reset_period: ServiceFailureResetPeriod::After(FORGET_FAILURES_AFTER),
        reboot_msg: None,
        command: None,
        actions: Some(RESTART_AFTER.map(restart).into()),
    })?;
    // Also when the service ends by itself with an error; some editions refuse it.
    if let Err(error) = service.set_failure_actions_on_non_crash_failures(true) {
        tracing::warn!(%error, "the service will restart after crashes only");
    }
    Ok(())
}

fn wait_for(
    service: &Service,
    name: &str,
    action: &'static str,
    wanted: ServiceState,
) -> Result<(), Error> {
    let deadline = Instant::now() + LIMIT;
    loop {
        let status = service
            .query_status()
            .map_err(|error| refused(action, name, &error))?;
        if status.current_state == wanted {
            return Ok(());
        }
        if status.current_state == ServiceState::Stopped {
            let detail = format!("it ended at once: {:?}", status.exit_code);
            return Err(Error::Refused {
                action,
                name: name.to_owned(),
                detail,
            });
        }
        if Instant::now() >= deadline {
            return Err(Error::TooSlow {
                action,
                name: name.to_owned(),
                seconds: LIMIT.as_secs(),
            });
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn manager(access: ServiceManagerAccess) -> windows_service::Result<ServiceManager> {
    ServiceManager::local_computer(None::<&str>, access)
}

fn open(name: &str, access: ServiceAccess) -> windows_service::Result<Service> {
    manager(ServiceManagerAccess::CONNECT)?.open_service(name, access)
}

fn code(error: &windows_service::Error) -> Option<u32> {
    match error {
        windows_service::Error::Winapi(error) => {
            error.raw_os_error().map(|code| code.cast_unsigned())
        }
        _ => None,
    }
}

fn is(error: &windows_service::Error, expected: WIN32_ERROR) -> bool {
    code(error) == Some(expected.0)
}

fn refused(action: &'static str, name: &str, error: &windows_service::Error) -> Error {
    let detail = code(error).map_or_else(|| error.to_string(), |code| format!("error {code}"));
    Error::Refused {
        action,
        name: name.to_owned(),
        detail,
    }
}
