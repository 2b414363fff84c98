//! What the codes of the Volume Shadow Copy Service mean. Names and numbers are those of the
//! system's header `vsserror.h`.

use super::super::{Failure, Reason};
use windows::core::{Error, HRESULT};

/// `VSS_E_SNAPSHOT_SET_IN_PROGRESS`, `VSS_E_FLUSH_WRITES_TIMEOUT`, `VSS_E_HOLD_WRITES_TIMEOUT`,
/// `VSS_E_WRITERERROR_RETRYABLE`: another attempt is likely to succeed.
const PASSING: [u32; 4] = [0x8004_2316, 0x8004_2313, 0x8004_2314, 0x8004_23F3];

/// Whether another attempt is likely to succeed.
pub(super) fn passes(error: HRESULT) -> bool {
    PASSING.contains(&error.0.cast_unsigned())
}

/// The failure of a call.
pub(super) fn of(call: &str, error: &Error) -> Failure {
    coded(call, error.code())
}

/// The failure of a call, or of what it began.
pub(super) fn coded(call: &str, code: HRESULT) -> Failure {
    Failure {
        reason: reason(code),
        detail: Some(format!("{call}: 0x{:08X}", code.0)),
    }
}

/// A failure that no call reported.
pub(super) fn because(reason: Reason) -> Failure {
    Failure {
        reason,
        detail: None,
    }
}

fn reason(code: HRESULT) -> Reason {
    match code.0.cast_unsigned() {
        // E_NOTIMPL; ERROR_MOD_NOT_FOUND, ERROR_PROC_NOT_FOUND: no such library or function.
        0x8000_4001 | 0x8007_007E | 0x8007_007F => Reason::UnsupportedSystem,
        // E_ACCESSDENIED.
        0x8007_0005 => Reason::NotPermitted,
        // REGDB_E_CLASSNOTREG, ERROR_SERVICE_DISABLED, ERROR_SERVICE_NOT_ACTIVE,
        // RPC_S_SERVER_UNAVAILABLE, CO_E_SERVER_EXEC_FAILURE.
        0x8004_0154 | 0x8007_0422 | 0x8007_0426 | 0x8007_06BA | 0x8008_0005 => {
            Reason::ServiceUnavailable
        }
        // …_VOLUME_NOT_SUPPORTED, …_BY_PROVIDER, …_NESTED_VOLUME_LIMIT, …_NOT_SUPPORTED.
        0x8004_230C | 0x8004_230E | 0x8004_232C | 0x8004_232F => Reason::UnsupportedVolume,
        // …_OBJECT_NOT_FOUND.
        0x8004_2308 => Reason::UnknownVolume,
        // …_VOLUME_NOT_LOCAL.
        0x8004_232D => Reason::Network,
        // …_MAXIMUM_NUMBER_OF_VOLUMES_REACHED, …_OF_SNAPSHOTS_…, …_DIFFAREA_ASSOCIATIONS_….
        0x8004_2312 | 0x8004_2317 | 0x8004_231E => Reason::LimitReached,
        // …_INSUFFICIENT_STORAGE.
        0x8004_231F => Reason::InsufficientStorage,
        // …_PROVIDER_IN_USE, …_SNAPSHOT_SET_IN_PROGRESS, …_VOLUME_IN_USE, …_REVERT_IN_PROGRESS,
        // …_RESYNC_IN_PROGRESS.
        0x8004_2307 | 0x8004_2316 | 0x8004_231D | 0x8004_2325 | 0x8004_23FF => Reason::Busy,
        // …_FLUSH_WRITES_TIMEOUT, …_HOLD_WRITES_TIMEOUT, …_WRITER_NOT_RESPONDING,
        // …_TRANSACTION_FREEZE_TIMEOUT, …_THAW_TIMEOUT, …_CLUSTER_TIMEOUT, …_WRITERERROR_TIMEOUT.
        0x8004_2313 | 0x8004_2314 | 0x8004_2319 | 0x8004_2328 | 0x8004_2329 | 0x8004_232E
        | 0x8004_23F2 => Reason::TimedOut,
        // …_UNEXPECTED_WRITER_ERROR, …_WRITER_INFRASTRUCTURE, …_PARTIAL_FAILURE, and the rest of
        // …_WRITERERROR_….
        0x8004_2315 | 0x8004_2318 | 0x8004_2336 | 0x8004_23F0..=0x8004_23F5 => {
            Reason::WritersFailed
        }
        // …_PROVIDER_NOT_REGISTERED, …_PROVIDER_VETO, …_UNEXPECTED_PROVIDER_ERROR.
        0x8004_2304 | 0x8004_2306 | 0x8004_230F => Reason::ProviderFailed,
        // …_REBOOT_REQUIRED.
        0x8004_2327 => Reason::RestartRequired,
        _ => Reason::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_the_reasons_that_people_can_act_on() {
        for (code, expected) in [
            (0x8000_4001, Reason::UnsupportedSystem),
            (0x8007_0005, Reason::NotPermitted),
            (0x8004_230C, Reason::UnsupportedVolume),
            (0x8004_2316, Reason::Busy),
            (0x8004_231F, Reason::InsufficientStorage),
            (0x8004_23F2, Reason::TimedOut),
            (0x8004_23F4, Reason::WritersFailed),
            (0x8004_2301, Reason::Failed),
        ] {
            let failure = coded("Call", HRESULT(u32::cast_signed(code)));
            assert_eq!(failure.reason, expected, "0x{code:08X}");
            assert_eq!(failure.detail, Some(format!("Call: 0x{code:08X}")));
        }
    }
}
