//! Signing in to an SSH server.

use super::trust::Gatekeeper;
use crate::{Failure, FailureCode, Operation, Secret};
use russh::{
    MethodKind, MethodSet,
    client::{AuthResult, Handle, KeyboardInteractiveAuthResponse},
    keys::{PrivateKey, PrivateKeyWithHashAlg},
};
use std::sync::Arc;

/// Rounds of questions that a server may ask; the password is all that there is to answer.
const MOST_ROUNDS: usize = 4;

/// Who signs in, and with what.
#[derive(Debug)]
pub(super) struct Login {
    pub(super) user: String,
    pub(super) password: Option<Secret>,
    pub(super) key: Option<Arc<PrivateKey>>,
}

/// How an attempt ended.
enum Answer {
    Welcome,
    /// With what the server would still take, as far as it says.
    Refused(MethodSet),
}

impl Login {
    /// Offers the key, then the password; some servers want both.
    pub(super) async fn sign_in(&self, handle: &mut Handle<Gatekeeper>) -> Result<(), Failure> {
        if let Some(key) = &self.key
            && let Answer::Welcome = self.with_key(handle, key).await?
        {
            return Ok(());
        }
        // Servers hang up after too many attempts.
        if let Some(password) = &self.password
            && !handle.is_closed()
            && let Answer::Welcome = self.with_password(handle, password.reveal()).await?
        {
            return Ok(());
        }
        Err(Failure::new(Operation::Connect, FailureCode::Credentials))
    }

    async fn with_key(
        &self,
        handle: &mut Handle<Gatekeeper>,
        key: &Arc<PrivateKey>,
    ) -> Result<Answer, Failure> {
        let hash = if key.algorithm().is_rsa() {
            handle.best_supported_rsa_hash().await.map_err(failure)?
        } else {
            None
        };
        let key = PrivateKeyWithHashAlg::new(Arc::clone(key), hash.flatten());
        let result = handle.authenticate_publickey(&self.user, key).await;
        answer(result, handle).await
    }

    async fn with_password(
        &self,
        handle: &mut Handle<Gatekeeper>,
        password: &str,
    ) -> Result<Answer, Failure> {
        let result = handle.authenticate_password(&self.user, password).await;
        match answer(result, handle).await? {
            Answer::Refused(others) if others.contains(&MethodKind::KeyboardInteractive) => {
                self.by_answering(handle, password).await
            }
            answer => Ok(answer),
        }
    }

    /// Servers that take passwords only as the answer to a question.
    async fn by_answering(
        &self,
        handle: &mut Handle<Gatekeeper>,
        password: &str,
    ) -> Result<Answer, Failure> {
        let mut response = handle
            .authenticate_keyboard_interactive_start(&self.user, None::<String>)
            .await
            .map_err(failure)?;
        for _ in 0..MOST_ROUNDS {
            let prompts = match response {
                KeyboardInteractiveAuthResponse::Success => return Ok(Answer::Welcome),
                KeyboardInteractiveAuthResponse::Failure {
                    remaining_methods, ..
                } => return Ok(Answer::Refused(remaining_methods)),
                KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => prompts.len(),
            };
            response = handle
                .authenticate_keyboard_interactive_respond(vec![password.to_owned(); prompts])
                .await
                .map_err(failure)?;
        }
        Ok(Answer::Refused(MethodSet::empty()))
    }
}

async fn answer(
    result: Result<AuthResult, russh::Error>,
    handle: &mut Handle<Gatekeeper>,
) -> Result<Answer, Failure> {
    match result.map_err(failure)? {
        AuthResult::Success => Ok(Answer::Welcome),
        // Either the server takes nothing more, or the connection ended: that tells how.
        AuthResult::Failure {
            remaining_methods, ..
        } if remaining_methods.is_empty() => match (&mut *handle).await {
            Ok(()) | Err(russh::Error::NoAuthMethod) => Ok(Answer::Refused(remaining_methods)),
            Err(error) => Err(failure(error)),
        },
        AuthResult::Failure {
            remaining_methods, ..
        } => Ok(Answer::Refused(remaining_methods)),
    }
}

/// What an error of the SSH connection means.
pub(super) fn failure(error: russh::Error) -> Failure {
    use russh::Error;
    let code = match &error {
        Error::IO(error) => match FailureCode::of_io(error) {
            // The library's word for a peer that is gone.
            FailureCode::Other => FailureCode::ConnectionLost,
            code => code,
        },
        Error::UnknownKey => FailureCode::HostKeyChanged,
        Error::HUP | Error::Disconnect | Error::SendError | Error::RecvError => {
            FailureCode::ConnectionLost
        }
        Error::ConnectionTimeout
        | Error::KeepaliveTimeout
        | Error::InactivityTimeout
        | Error::Elapsed(_) => FailureCode::TimedOut,
        Error::ChannelOpenFailure(russh::ChannelOpenFailure::AdministrativelyProhibited) => {
            FailureCode::PermissionDenied
        }
        Error::ChannelOpenFailure(russh::ChannelOpenFailure::ResourceShortage) => {
            FailureCode::ServerBusy
        }
        _ => FailureCode::Protocol,
    };
    Failure::new(Operation::Connect, code).caused_by(error)
}
