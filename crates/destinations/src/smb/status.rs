//! What the answers of a server mean.

use crate::{Failure, FailureCode, Operation};
use smb2::{Error, ErrorKind};
use std::io;

// NTSTATUS values of [MS-ERREF] 2.3.1.
const NO_SUCH_FILE: u32 = 0xC000_000F;
const ACCESS_DENIED: u32 = 0xC000_0022;
const OBJECT_NAME_NOT_FOUND: u32 = 0xC000_0034;
pub(super) const OBJECT_NAME_COLLISION: u32 = 0xC000_0035;
pub(super) const OBJECT_PATH_NOT_FOUND: u32 = 0xC000_003A;
const SHARING_VIOLATION: u32 = 0xC000_0043;
const QUOTA_EXCEEDED: u32 = 0xC000_0044;
const FILE_LOCK_CONFLICT: u32 = 0xC000_0054;
const DELETE_PENDING: u32 = 0xC000_0056;
const PRIVILEGE_NOT_HELD: u32 = 0xC000_0061;
const LOGON_FAILURE: u32 = 0xC000_006D;
const ACCOUNT_RESTRICTION: u32 = 0xC000_006E;
const INVALID_LOGON_HOURS: u32 = 0xC000_006F;
const INVALID_WORKSTATION: u32 = 0xC000_0070;
const PASSWORD_EXPIRED: u32 = 0xC000_0071;
const ACCOUNT_DISABLED: u32 = 0xC000_0072;
const DISK_FULL: u32 = 0xC000_007F;
const INSUFFICIENT_RESOURCES: u32 = 0xC000_009A;
const MEDIA_WRITE_PROTECTED: u32 = 0xC000_00A2;
const DEVICE_NOT_READY: u32 = 0xC000_00A3;
const IO_TIMEOUT: u32 = 0xC000_00B5;
const FILE_IS_A_DIRECTORY: u32 = 0xC000_00BA;
const NOT_SUPPORTED: u32 = 0xC000_00BB;
const NETWORK_NAME_DELETED: u32 = 0xC000_00C9;
const NETWORK_ACCESS_DENIED: u32 = 0xC000_00CA;
const BAD_DEVICE_TYPE: u32 = 0xC000_00CB;
const BAD_NETWORK_NAME: u32 = 0xC000_00CC;
const REQUEST_NOT_ACCEPTED: u32 = 0xC000_00D0;
const NOT_A_DIRECTORY: u32 = 0xC000_0103;
const CANNOT_DELETE: u32 = 0xC000_0121;
const FILE_CLOSED: u32 = 0xC000_0128;
const NO_SUCH_DOMAIN: u32 = 0xC000_00DF;
const LOGON_TYPE_NOT_GRANTED: u32 = 0xC000_015B;
const TRUSTED_RELATIONSHIP_FAILURE: u32 = 0xC000_018D;
const ACCOUNT_EXPIRED: u32 = 0xC000_0193;
const USER_SESSION_DELETED: u32 = 0xC000_0203;
const INSUFF_SERVER_RESOURCES: u32 = 0xC000_0205;
const PASSWORD_MUST_CHANGE: u32 = 0xC000_0224;
const ACCOUNT_LOCKED_OUT: u32 = 0xC000_0234;
const PATH_NOT_COVERED: u32 = 0xC000_0257;
const NETWORK_SESSION_EXPIRED: u32 = 0xC000_035C;
const LOGIN_TIME_RESTRICTION: u32 = 0xC000_0247;
const WRONG_PASSWORD: u32 = 0xC000_006A;
const NO_SUCH_USER: u32 = 0xC000_0064;

/// The status of an answer that says no.
pub(super) fn status(error: &Error) -> Option<u32> {
    error.status().map(|status| status.0)
}

/// Whether a file or a folder on the way to it does not exist.
pub(super) fn is_missing(error: &Error) -> bool {
    matches!(
        status(error),
        Some(OBJECT_NAME_NOT_FOUND | OBJECT_PATH_NOT_FOUND | NO_SUCH_FILE)
    )
}

/// Whether somebody has the file open, or it is being deleted.
pub(super) fn is_in_use(error: &Error) -> bool {
    matches!(status(error), Some(SHARING_VIOLATION | DELETE_PENDING))
}

/// A failure of an operation, from whatever the library says.
pub(super) fn failure(operation: Operation, error: Error) -> Failure {
    Failure::new(operation, code(&error)).caused_by(error)
}

/// Whether a connection is of no more use after this.
pub(super) fn is_fatal(error: &Error) -> bool {
    match status(error) {
        Some(status) => matches!(
            status,
            USER_SESSION_DELETED | NETWORK_NAME_DELETED | NETWORK_SESSION_EXPIRED | FILE_CLOSED
        ),
        None => matches!(
            code(error),
            FailureCode::ConnectionLost | FailureCode::TimedOut | FailureCode::Protocol
        ),
    }
}

fn code(error: &Error) -> FailureCode {
    match error {
        Error::Protocol { status, .. } => code_of_status(status.0),
        Error::Io(error) => match FailureCode::of_io(error) {
            // Nobody but the resolver of names says so.
            FailureCode::NotFound => FailureCode::NameNotResolved,
            code => code,
        },
        Error::ConnectFailed { attempts, .. } => {
            let kinds = attempts.iter().map(|attempt| attempt.error_kind);
            code_of_attempts(kinds)
        }
        Error::GuestSessionRefused { .. } | Error::Auth { .. } => FailureCode::Credentials,
        Error::Timeout
        | Error::SendTimeout { .. }
        | Error::CreditStarvation { .. }
        | Error::ServerUnresponsive { .. } => FailureCode::TimedOut,
        Error::DfsReferralRequired { .. } | Error::ShareRedirected { .. } => {
            FailureCode::Unsupported
        }
        other => match other.kind() {
            ErrorKind::ConnectionLost | ErrorKind::SessionExpired => FailureCode::ConnectionLost,
            ErrorKind::TimedOut => FailureCode::TimedOut,
            _ => FailureCode::Protocol,
        },
    }
}

/// A host with several addresses: the most telling of their errors.
fn code_of_attempts(kinds: impl Iterator<Item = Option<io::ErrorKind>>) -> FailureCode {
    let codes: Vec<FailureCode> = kinds
        .map(|kind| {
            kind.map_or(FailureCode::TimedOut, |kind| {
                FailureCode::of_io(&io::Error::from(kind))
            })
        })
        .collect();
    [FailureCode::ConnectionRefused, FailureCode::TimedOut]
        .into_iter()
        .find(|code| codes.contains(code))
        .or(codes.first().copied())
        .unwrap_or(FailureCode::Unreachable)
}

fn code_of_status(status: u32) -> FailureCode {
    match status {
        NO_SUCH_FILE | OBJECT_NAME_NOT_FOUND | OBJECT_PATH_NOT_FOUND | FILE_IS_A_DIRECTORY => {
            FailureCode::NotFound
        }
        BAD_NETWORK_NAME | BAD_DEVICE_TYPE | NOT_A_DIRECTORY => FailureCode::NoSuchContainer,
        ACCESS_DENIED | NETWORK_ACCESS_DENIED | PRIVILEGE_NOT_HELD | CANNOT_DELETE => {
            FailureCode::PermissionDenied
        }
        LOGON_FAILURE
        | WRONG_PASSWORD
        | NO_SUCH_USER
        | NO_SUCH_DOMAIN
        | ACCOUNT_RESTRICTION
        | INVALID_LOGON_HOURS
        | INVALID_WORKSTATION
        | PASSWORD_EXPIRED
        | ACCOUNT_DISABLED
        | ACCOUNT_EXPIRED
        | LOGON_TYPE_NOT_GRANTED
        | TRUSTED_RELATIONSHIP_FAILURE
        | PASSWORD_MUST_CHANGE
        | ACCOUNT_LOCKED_OUT
        | LOGIN_TIME_RESTRICTION => FailureCode::Credentials,
        DISK_FULL => FailureCode::NoSpace,
        QUOTA_EXCEEDED => FailureCode::QuotaExceeded,
        MEDIA_WRITE_PROTECTED => FailureCode::ReadOnly,
        SHARING_VIOLATION
        | FILE_LOCK_CONFLICT
        | DELETE_PENDING
        | INSUFFICIENT_RESOURCES
        | INSUFF_SERVER_RESOURCES
        | DEVICE_NOT_READY
        | REQUEST_NOT_ACCEPTED => FailureCode::ServerBusy,
        IO_TIMEOUT => FailureCode::TimedOut,
        NETWORK_NAME_DELETED | USER_SESSION_DELETED | NETWORK_SESSION_EXPIRED | FILE_CLOSED => {
            FailureCode::ConnectionLost
        }
        PATH_NOT_COVERED | NOT_SUPPORTED => FailureCode::Unsupported,
        _ => FailureCode::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::{code_of_attempts, code_of_status};
    use crate::FailureCode;
    use std::io::ErrorKind;

    #[test]
    fn what_servers_say_has_a_code() {
        for (status, code) in [
            (0xC000_0034, FailureCode::NotFound),
            (0xC000_00CC, FailureCode::NoSuchContainer),
            (0xC000_0022, FailureCode::PermissionDenied),
            (0xC000_006D, FailureCode::Credentials),
            (0xC000_0234, FailureCode::Credentials),
            (0xC000_007F, FailureCode::NoSpace),
            (0xC000_0044, FailureCode::QuotaExceeded),
            (0xC000_00A2, FailureCode::ReadOnly),
            (0xC000_0043, FailureCode::ServerBusy),
            (0xC000_0203, FailureCode::ConnectionLost),
            (0xC000_0257, FailureCode::Unsupported),
            (0xC000_00E5, FailureCode::Other),
        ] {
            assert_eq!(code_of_status(status), code, "{status:#x}");
        }
    }

    #[test]
    fn of_several_addresses_the_most_telling_error_counts() {
        let code = |kinds: &[Option<ErrorKind>]| code_of_attempts(kinds.iter().copied());
        let refused = Some(ErrorKind::ConnectionRefused);
        let unreachable = Some(ErrorKind::NetworkUnreachable);
        assert_eq!(
            code(&[unreachable, refused]),
            FailureCode::ConnectionRefused
        );
        assert_eq!(code(&[unreachable, None]), FailureCode::TimedOut);
        assert_eq!(code(&[unreachable]), FailureCode::Unreachable);
    }
}
