//! What the update agent's error codes mean.

use latarnik_agent_core::{OutputExcerpt, UpdateError};
use latarnik_model::ReasonCode;
use windows::{
    Win32::{
        Foundation::{
            CO_E_SERVER_EXEC_FAILURE, E_ACCESSDENIED, ERROR_DISK_FULL, ERROR_HANDLE_DISK_FULL,
            ERROR_INSTALL_ALREADY_RUNNING, REGDB_E_CLASSNOTREG, WIN32_ERROR,
        },
        System::UpdateAgent::{
            WU_E_DM_NONETWORK, WU_E_DS_LOCKTIMEOUTEXPIRED, WU_E_INSTALL_NOT_ALLOWED,
            WU_E_NO_CONNECTION, WU_E_OPERATIONINPROGRESS, WU_E_PER_MACHINE_UPDATE_ACCESS_DENIED,
            WU_E_PT_ENDPOINT_UNREACHABLE, WU_E_PT_HTTP_STATUS_BAD_GATEWAY,
            WU_E_PT_HTTP_STATUS_GATEWAY_TIMEOUT, WU_E_PT_HTTP_STATUS_PROXY_AUTH_REQ,
            WU_E_PT_HTTP_STATUS_REQUEST_TIMEOUT, WU_E_PT_HTTP_STATUS_SERVER_ERROR,
            WU_E_PT_HTTP_STATUS_SERVICE_UNAVAIL, WU_E_PT_LOAD_SHEDDING,
            WU_E_PT_WINHTTP_NAME_NOT_RESOLVED, WU_E_SELFUPDATE_IN_PROGRESS, WU_E_SERVICE_STOP,
        },
    },
    core::HRESULT,
};

/// Something else is under way, or the service or its server has no time: a later attempt is
/// likely to succeed.
const BUSY: [HRESULT; 10] = [
    WU_E_OPERATIONINPROGRESS,
    WU_E_INSTALL_NOT_ALLOWED,
    WU_E_SERVICE_STOP,
    WU_E_SELFUPDATE_IN_PROGRESS,
    WU_E_DS_LOCKTIMEOUTEXPIRED,
    WU_E_PT_HTTP_STATUS_SERVICE_UNAVAIL,
    WU_E_PT_LOAD_SHEDDING,
    CO_E_SERVER_EXEC_FAILURE,
    // The RPC server is unavailable: the service is starting.
    win32(WIN32_ERROR(1_722)),
    // Windows Installer installs something else.
    win32(ERROR_INSTALL_ALREADY_RUNNING),
];

/// The way to the server broke off, or the server failed at this request: likewise. Where there is
/// no way at all (no name, no connection, a proxy that wants to know who asks), minutes change
/// nothing.
const TRANSIENT: [HRESULT; 6] = [
    WU_E_PT_HTTP_STATUS_REQUEST_TIMEOUT,
    WU_E_PT_HTTP_STATUS_SERVER_ERROR,
    WU_E_PT_HTTP_STATUS_BAD_GATEWAY,
    WU_E_PT_HTTP_STATUS_GATEWAY_TIMEOUT,
    win32(WIN32_ERROR(12_002)),
    win32(WIN32_ERROR(12_030)),
];

const NETWORK: [HRESULT; 14] = [
    WU_E_PT_WINHTTP_NAME_NOT_RESOLVED,
    WU_E_PT_ENDPOINT_UNREACHABLE,
    WU_E_NO_CONNECTION,
    WU_E_DM_NONETWORK,
    WU_E_PT_HTTP_STATUS_PROXY_AUTH_REQ,
    WU_E_PT_HTTP_STATUS_REQUEST_TIMEOUT,
    WU_E_PT_HTTP_STATUS_SERVER_ERROR,
    WU_E_PT_HTTP_STATUS_BAD_GATEWAY,
    WU_E_PT_HTTP_STATUS_GATEWAY_TIMEOUT,
    // WinHTTP's own: timeout, name not resolved, cannot connect, connection broken off, no route.
    win32(WIN32_ERROR(12_002)),
    win32(WIN32_ERROR(12_007)),
    win32(WIN32_ERROR(12_029)),
    win32(WIN32_ERROR(12_030)),
    win32(WIN32_ERROR(10_065)),
];

const ACCESS: [HRESULT; 2] = [E_ACCESSDENIED, WU_E_PER_MACHINE_UPDATE_ACCESS_DENIED];
const DISK: [HRESULT; 2] = [win32(ERROR_DISK_FULL), win32(ERROR_HANDLE_DISK_FULL)];

const fn win32(error: WIN32_ERROR) -> HRESULT {
    HRESULT::from_win32(error.0)
}

/// Why a search failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// A call failed.
    Call(windows::core::Error),
    /// The search ended with less than everything.
    Incomplete {
        /// Its `OperationResultCode`.
        result_code: i32,
        /// The first of its warnings.
        warning: Option<i32>,
    },
}

impl From<windows::core::Error> for Failure {
    fn from(error: windows::core::Error) -> Self {
        Self::Call(error)
    }
}

impl Failure {
    /// The code that says most; 0 if there is none.
    pub(super) fn hresult(&self) -> i32 {
        match self {
            Self::Call(error) => error.code().0,
            Self::Incomplete { warning, .. } => warning.unwrap_or(0),
        }
    }

    pub(super) fn into_error(self) -> UpdateError {
        match self {
            Self::Incomplete {
                result_code,
                warning: None,
            } => error(
                ReasonCode::WindowsUpdateError,
                Some(format!("result code {result_code}")),
            ),
            other => from_hresult(other.hresult()),
        }
    }
}

pub(super) fn from_com(failed: windows::core::Error) -> UpdateError {
    from_hresult(failed.code().0)
}

/// Whether the same attempt is likely to succeed some minutes later; `docs/windows.md` has the
/// table.
pub(super) fn passes(hresult: i32) -> bool {
    BUSY.contains(&HRESULT(hresult)) || TRANSIENT.contains(&HRESULT(hresult))
}

/// As people search for it: `0x` and eight digits.
pub(super) fn text(hresult: i32) -> String {
    format!("0x{hresult:08X}")
}

pub(super) const fn error(reason: ReasonCode, detail: Option<String>) -> UpdateError {
    let output = OutputExcerpt {
        stdout: String::new(),
        stderr: String::new(),
    };
    UpdateError {
        reason,
        detail,
        exit_code: None,
        output,
    }
}

fn from_hresult(hresult: i32) -> UpdateError {
    error(reason(HRESULT(hresult)), Some(text(hresult)))
}

fn reason(code: HRESULT) -> ReasonCode {
    if BUSY.contains(&code) {
        ReasonCode::WindowsUpdateBusy
    } else if NETWORK.contains(&code) {
        ReasonCode::NetworkUnreachable
    } else if ACCESS.contains(&code) {
        ReasonCode::AccessDenied
    } else if DISK.contains(&code) {
        ReasonCode::DiskFull
    } else if code == REGDB_E_CLASSNOTREG {
        ReasonCode::Unsupported
    } else {
        ReasonCode::WindowsUpdateError
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_codes_have_reasons_and_every_code_is_told() {
        for (code, expected) in [
            (0x8024_0016_u32, ReasonCode::WindowsUpdateBusy),
            (0x8024_402C, ReasonCode::NetworkUnreachable),
            (0x8007_2EE7, ReasonCode::NetworkUnreachable),
            (0x8007_0005, ReasonCode::AccessDenied),
            (0x8007_0070, ReasonCode::DiskFull),
            (0x8004_0154, ReasonCode::Unsupported),
            (0x8024_0022, ReasonCode::WindowsUpdateError),
        ] {
            let error = from_hresult(code.cast_signed());
            assert_eq!(error.reason, expected, "{code:08X}");
            assert_eq!(error.detail, Some(format!("0x{code:08X}")));
        }
    }

    #[test]
    fn what_passes_and_what_does_not() {
        for (code, expected) in [
            // Something else is under way, or the service is starting or stopping.
            (0x8024_0009_u32, true),
            (0x8024_0016, true),
            (0x8024_001B, true),
            (0x8024_001E, true),
            (0x8024_800C, true),
            (0x8007_0652, true),
            (0x8007_06BA, true),
            (0x8008_0005, true),
            // The server has no time, or the way to it broke off.
            (0x8024_4022, true),
            (0x8024_402D, true),
            (0x8024_401C, true),
            (0x8024_401F, true),
            (0x8024_4021, true),
            (0x8024_4023, true),
            (0x8007_2EE2, true),
            (0x8007_2EFE, true),
            // Somebody wanted it to end.
            (0x8024_000B, false),
            // No way at all.
            (0x8024_402C, false),
            (0x8024_401B, false),
            (0x8007_2EE7, false),
            (0x8007_2EFD, false),
            // The update's own fault, or the machine's.
            (0x8007_0643, false),
            (0x8007_0070, false),
            (0x8007_0005, false),
            (0x8024_0022, false),
            (0, false),
        ] {
            assert_eq!(passes(code.cast_signed()), expected, "{code:08X}");
        }
    }

    #[test]
    fn the_documentation_lists_what_passes() {
        const DOCUMENT: &str = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../docs/windows.md"
        ));
        for code in [&BUSY[..], &TRANSIENT].concat() {
            let code = text(code.0);
            assert!(DOCUMENT.contains(&format!("| `{code}` |")), "{code}");
        }
    }

    #[test]
    fn the_console_explains_every_code_that_has_a_reason() {
        const TEXTS: &str = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../console/src/i18n/hresults.json"
        ));
        let reasons = [
            &BUSY[..],
            &TRANSIENT,
            &NETWORK,
            &ACCESS,
            &DISK,
            &[REGDB_E_CLASSNOTREG],
        ];
        for code in reasons.concat() {
            let key = text(code.0);
            assert!(TEXTS.contains(&format!("\"{key}\": {{")), "{key}");
        }
    }
}
