//! What servers answer, and what it means.

use super::tls::Connector;
use crate::{Failure, FailureCode, Operation};
use suppaftp::{FtpError, types::Response};

/// What the server said.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) code: u16,
    pub(super) text: String,
}

impl Reply {
    pub(super) fn of(response: &Response) -> Self {
        let text = String::from_utf8_lossy(&response.body)
            .trim_end()
            .to_owned();
        let code = text.get(..3).and_then(|code| code.parse().ok());
        Self {
            code: code.unwrap_or(0),
            text,
        }
    }

    /// Done, or go on.
    pub(super) fn is_fine(&self) -> bool {
        (200..400).contains(&self.code)
    }

    /// The server does not know the command.
    pub(super) fn is_unknown_command(&self) -> bool {
        matches!(self.code, 500 | 501 | 502 | 504)
    }

    /// What it means where its code says enough. 550 does not: see [`super::Ftp`].
    pub(super) fn failure(self, operation: Operation) -> Failure {
        let code = match self.code {
            421 | 450 => FailureCode::ServerBusy,
            425 => FailureCode::Unreachable,
            426 => FailureCode::ConnectionLost,
            452 => FailureCode::NoSpace,
            430 | 530 | 532 => FailureCode::Credentials,
            521 | 522 | 533 | 534 | 535 | 536 => FailureCode::Tls,
            550 | 553 => FailureCode::PermissionDenied,
            552 => FailureCode::QuotaExceeded,
            500 | 502 | 504 => FailureCode::Unsupported,
            _ => FailureCode::Other,
        };
        Failure::new(operation, code).caused_by(self.text)
    }
}

/// What it means when signing in is refused.
pub(super) fn refused_login(reply: Reply) -> Failure {
    let code = match reply.code {
        // 550: TLS is wanted first.
        521 | 522 | 533 | 534 | 535 | 536 | 550 => FailureCode::Tls,
        500 | 502 => FailureCode::Protocol,
        331 | 332 | 501..=599 => FailureCode::Credentials,
        _ => return reply.failure(Operation::Connect),
    };
    Failure::new(Operation::Connect, code).caused_by(reply.text)
}

/// What an error of the library means.
pub(super) fn failure(
    operation: Operation,
    connector: Option<&Connector>,
    error: FtpError,
) -> Failure {
    let code = match &error {
        FtpError::ConnectionError(error) => match FailureCode::of_io(error) {
            FailureCode::Other => FailureCode::ConnectionLost,
            code => code,
        },
        FtpError::SecureError(_) => connector.map_or(FailureCode::Tls, Connector::problem),
        FtpError::UnexpectedResponse(response) => {
            return Reply::of(response).failure(operation);
        }
        FtpError::BadResponse
        | FtpError::InvalidAddress(_)
        | FtpError::DataConnectionAlreadyOpen => FailureCode::Protocol,
    };
    Failure::new(operation, code).caused_by(error)
}

/// The path in `257 "/home/backup" is the current directory`; quotes in it are doubled.
pub(super) fn quoted(text: &str) -> Option<String> {
    let start = text.find('"')? + 1;
    let rest = text.get(start..)?;
    let mut path = String::new();
    let mut characters = rest.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if characters.peek() == Some(&'"') => {
                characters.next();
                path.push('"');
            }
            '"' => return Some(path),
            other => path.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn the_path_in_an_answer_is_what_stands_in_quotes() {
        for (text, path) in [
            (r#"257 "/" is the current directory"#, Some("/")),
            (r#"257 "/home/a ""b""" created"#, Some(r#"/home/a "b""#)),
            ("257 /home", None),
            (r#"257 "/home"#, None),
        ] {
            assert_eq!(quoted(text).as_deref(), path, "{text}");
        }
    }
}
