//! The second factor: codes that change every 30 seconds (TOTP, RFC 6238) and recovery codes.

use crate::{
    App, AppError, Context, Password, Problem,
    context::{Done, Mutation, Target},
    error::invalid,
    secrets::Purpose,
};
use latarnik_model::{Role, Scope, TenantId, UserId};
use latarnik_store::{Transaction, UserRecord};
use sha2::{Digest, Sha256};
use totp_rs::{Builder, Totp};

/// How the console asks authenticators to call the account.
const ISSUER: &str = "Latarnik";
/// 160 bits, as RFC 4226 recommends.
const SECRET_BYTES: usize = 20;
/// A code may be one step early or late.
const SKEW: u16 = 1;
const RECOVERY_CODES: usize = 10;

const TURN_ON: Mutation = own("turn_on_second_factor");
const TURN_OFF: Mutation = own("turn_off_second_factor");
const RENEW_CODES: Mutation = own("renew_recovery_codes");

const fn own(action: &'static str) -> Mutation {
    Mutation {
        permission: None,
        action,
        target_kind: "user",
    }
}

/// What an authenticator needs to know. Shown once.
#[derive(Clone)]
pub struct TotpSetup {
    /// The secret for typing in: base32.
    pub secret: String,
    /// The same as an address, for a QR code.
    pub url: String,
}

/// What a sign-in was proved with besides the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Factor {
    None,
    Totp,
    RecoveryCode,
}

impl Factor {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Totp => "totp",
            Self::RecoveryCode => "recovery_code",
        }
    }
}

impl App {
    /// Whether people of this role must have a second factor here.
    pub(crate) fn second_factor_is_required(&self, role: Role) -> bool {
        role.needs_second_factor() && self.sign_in_settings().require_second_factor
    }

    /// Whether this person must have a second factor.
    #[must_use]
    pub fn needs_second_factor(&self, user: &UserRecord) -> bool {
        self.second_factor_is_required(user.role)
    }

    /// How many recovery codes the caller has left; `None` without a second factor.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub async fn recovery_codes_left(&self, user: &UserRecord) -> Result<Option<u64>, AppError> {
        if user.totp.secret.is_none() {
            return Ok(None);
        }
        let left = self
            .store()
            .count_recovery_codes(user.tenant_id, user.id)
            .await?;
        Ok(Some(left))
    }

    /// Checks the second factor of somebody who has one. A code that was accepted is not accepted
    /// again; the caller writes the user in the same transaction.
    pub(crate) async fn check_second_factor(
        &self,
        transaction: &Transaction,
        user: &mut UserRecord,
        code: Option<&str>,
    ) -> Result<Factor, AppError> {
        let Some(sealed) = user.totp.secret.clone() else {
            return Ok(Factor::None);
        };
        let code = code.map(str::trim).filter(|code| !code.is_empty());
        let code = code.ok_or(Problem::TotpRequired)?;
        let secret = self.open_totp(transaction, user, &sealed).await?;
        if let Some(step) = self.matching_step(&secret, code) {
            if user.totp.step.is_some_and(|last| step <= last) {
                return Err(Problem::TotpInvalid.into());
            }
            user.totp.step = Some(step);
            return Ok(Factor::Totp);
        }
        let hash = recovery_code_hash(code);
        if transaction
            .use_recovery_code(user.tenant_id, user.id, hash)
            .await?
        {
            return Ok(Factor::RecoveryCode);
        }
        Err(Problem::TotpInvalid.into())
    }

    fn matching_step(&self, secret: &[u8], code: &str) -> Option<u64> {
        // Authenticators show `123 456`.
        let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let seconds = u64::try_from(self.now().as_second()).ok()?;
        totp(secret, "").check(&code, seconds)
    }

    async fn open_totp(
        &self,
        transaction: &Transaction,
        user: &UserRecord,
        sealed: &[u8],
    ) -> Result<Vec<u8>, AppError> {
        let key = self
            .keyring()
            .data_key(self, transaction, user.tenant_id)
            .await?;
        Ok(key.open(purpose(&user.id), sealed)?)
    }

    /// Begins to set up a second factor, or to replace the one that there is. Nothing changes
    /// before the first code of the new one was seen.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for a wrong password; [`Problem::TotpRequired`] and
    /// [`Problem::TotpInvalid`] for somebody who replaces their second factor.
    pub async fn begin_totp(
        &self,
        context: &Context,
        password: Password,
        code: Option<String>,
    ) -> Result<TotpSetup, AppError> {
        let (id, tenant) = context.user()?;
        self.confirm_password(context, (id, tenant), password)
            .await?;
        let attempt = self.attempt_of(context)?;
        let transaction = self.store().begin(&Scope::one(tenant)).await?;
        let mut user = own_user(&transaction, (id, tenant)).await?;
        let checked = self
            .check_second_factor(&transaction, &mut user, code.as_deref())
            .await;
        self.note_attempt(&attempt, &checked);
        checked?;
        let mut secret = [0; SECRET_BYTES];
        self.random(&mut secret);
        let key = self.keyring().data_key(self, &transaction, tenant).await?;
        user.totp.pending = Some(key.seal(self, purpose(&id), &secret));
        transaction.update_user(&user).await?;
        transaction.commit().await?;
        let totp = totp(&secret, &user.email);
        Ok(TotpSetup {
            secret: totp.secret().to_base32(),
            url: totp.to_url().expect("the account has a name"),
        })
    }

    /// Ends the set-up: from now on sign-ins need a code. Returns the recovery codes, the only time
    /// that they are shown. Sessions elsewhere end.
    ///
    /// # Errors
    /// [`Problem::TotpNotOn`] if nothing was begun; [`Problem::TotpInvalid`].
    pub async fn confirm_totp(
        &self,
        context: &Context,
        code: &str,
    ) -> Result<Vec<String>, AppError> {
        let (id, tenant) = context.user()?;
        let attempt = self.attempt_of(context)?;
        let done = self
            .mutate(context, &TURN_ON, async |transaction| {
                let mut user = own_user(transaction, (id, tenant)).await?;
                let pending = user.totp.pending.take().ok_or(Problem::TotpNotOn)?;
                let secret = self.open_totp(transaction, &user, &pending).await?;
                let step = self
                    .matching_step(&secret, code)
                    .ok_or(Problem::TotpInvalid)?;
                user.totp.secret = Some(pending);
                user.totp.step = Some(step);
                transaction.update_user(&user).await?;
                let codes = self.new_recovery_codes(transaction, &user).await?;
                let session = current_session(context);
                transaction.delete_sessions(tenant, id, session).await?;
                Ok(Done::to(
                    Target::new(tenant, id, user.email.as_str()),
                    codes,
                ))
            })
            .await;
        self.note_attempt(&attempt, &done);
        done
    }

    /// Does without a second factor from now on.
    ///
    /// # Errors
    /// [`Problem::TotpMandatory`] where the role needs one; [`Problem::TotpNotOn`];
    /// [`Problem::TotpRequired`] and [`Problem::TotpInvalid`].
    pub async fn disable_totp(&self, context: &Context, code: &str) -> Result<(), AppError> {
        let (id, tenant) = context.user()?;
        let attempt = self.attempt_of(context)?;
        let done = self
            .mutate(context, &TURN_OFF, async |transaction| {
                let mut user = own_user(transaction, (id, tenant)).await?;
                if user.totp.secret.is_none() {
                    return Err(Problem::TotpNotOn.into());
                }
                if self.second_factor_is_required(user.role) {
                    return Err(Problem::TotpMandatory.into());
                }
                self.check_second_factor(transaction, &mut user, Some(code))
                    .await?;
                user.totp = latarnik_store::TotpRecord::default();
                transaction.update_user(&user).await?;
                transaction.set_recovery_codes(tenant, id, &[]).await?;
                Ok(Done::to(Target::new(tenant, id, user.email.as_str()), ()))
            })
            .await;
        self.note_attempt(&attempt, &done);
        done
    }

    /// Replaces the recovery codes; the earlier ones stop working.
    ///
    /// # Errors
    /// [`Problem::TotpNotOn`]; [`Problem::TotpRequired`] and [`Problem::TotpInvalid`].
    pub async fn renew_recovery_codes(
        &self,
        context: &Context,
        code: &str,
    ) -> Result<Vec<String>, AppError> {
        let (id, tenant) = context.user()?;
        let attempt = self.attempt_of(context)?;
        let done = self
            .mutate(context, &RENEW_CODES, async |transaction| {
                let mut user = own_user(transaction, (id, tenant)).await?;
                if user.totp.secret.is_none() {
                    return Err(Problem::TotpNotOn.into());
                }
                self.check_second_factor(transaction, &mut user, Some(code))
                    .await?;
                transaction.update_user(&user).await?;
                let codes = self.new_recovery_codes(transaction, &user).await?;
                Ok(Done::to(
                    Target::new(tenant, id, user.email.as_str()),
                    codes,
                ))
            })
            .await;
        self.note_attempt(&attempt, &done);
        done
    }

    async fn new_recovery_codes(
        &self,
        transaction: &Transaction,
        user: &UserRecord,
    ) -> Result<Vec<String>, AppError> {
        let codes: Vec<String> = (0..RECOVERY_CODES)
            .map(|_| crate::password::easy_text(self.randomness(), 16, 4))
            .collect();
        let hashes: Vec<_> = codes.iter().map(|code| recovery_code_hash(code)).collect();
        transaction
            .set_recovery_codes(user.tenant_id, user.id, &hashes)
            .await?;
        Ok(codes)
    }
}

/// The caller's own account, held until the transaction ends.
pub(crate) async fn own_user(
    transaction: &Transaction,
    (id, tenant): (UserId, TenantId),
) -> Result<UserRecord, AppError> {
    let user = transaction.lock_user(&Scope::one(tenant), id).await?;
    user.ok_or_else(|| Problem::NotSignedIn.into())
}

pub(crate) const fn current_session(context: &Context) -> Option<latarnik_model::SessionId> {
    match context.actor {
        crate::Actor::User { session_id, .. } => Some(session_id),
        _ => None,
    }
}

const fn purpose(user: &UserId) -> Purpose<'_> {
    Purpose {
        name: "totp_secret",
        subject: user.0.as_bytes(),
    }
}

/// SHA-1, six digits, 30 seconds: what every authenticator understands.
fn totp(secret: &[u8], account: &str) -> Totp {
    Builder::new()
        .with_secret(secret.to_vec())
        .with_skew(SKEW)
        .with_account_name(account)
        .with_issuer(Some(ISSUER))
        .build()
        .expect("a secret of 160 bits and an address without a colon are valid")
}

/// A code has 80 bits of randomness, far too many to try: a plain hash protects it. Case, blanks and
/// dashes do not count.
fn recovery_code_hash(code: &str) -> [u8; 32] {
    let code: String = code
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    Sha256::digest(code).into()
}

/// A wrong field of the request, for callers of [`App::confirm_password`].
pub(crate) fn wrong_password() -> AppError {
    invalid("password", crate::FieldCode::Wrong)
}
