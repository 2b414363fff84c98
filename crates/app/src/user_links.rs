//! Links that let somebody in once: invitations and password resets.

use crate::{
    App, AppError, Context, Origin, Password, Problem, SessionToken, SignedIn,
    audit::Entry,
    context::{Mutation, Target},
    error::invalid,
    mail::{Delivery, Mail, MailContent},
};
use jiff::{SignedDuration, Timestamp};
use latarnik_model::{EmailAddress, Language, Scope, SignInMethod, UserLinkKind, UserState};
use latarnik_store::{Transaction, UserLinkRecord, UserRecord};
use sha2::{Digest, Sha256};
use std::fmt;

const INVITATION_LASTS: SignedDuration = SignedDuration::from_hours(7 * 24);
const RESET_LASTS: SignedDuration = SignedDuration::from_hours(1);
/// One person gets at most one reset mail in this time, however often somebody asks.
const RESET_EVERY: SignedDuration = SignedDuration::from_mins(2);

const ACCEPT: Mutation = Mutation {
    permission: None,
    action: "accept_invitation",
    target_kind: "user",
};
const RESET: Mutation = Mutation {
    permission: None,
    action: "reset_password",
    target_kind: "user",
};
const ASK: Mutation = Mutation {
    permission: None,
    action: "request_password_reset",
    target_kind: "user",
};

/// What a link carries: 256 bits of randomness, kept as a hash only.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken([u8; 32]);

impl LinkToken {
    /// From bytes that a link carried.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

impl fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkToken(…)")
    }
}

/// A link that was made.
#[derive(Clone)]
pub struct IssuedLink {
    /// When it ends.
    pub expires_at: Timestamp,
    /// How it reached the person.
    pub delivery: Delivery,
}

/// Whose link it is, for the page that it leads to.
#[derive(Debug, Clone)]
pub struct LinkOwner {
    /// Their e-mail address.
    pub email: String,
    /// Their name.
    pub name: String,
    /// Their tenant's name.
    pub tenant: String,
    /// When the link ends.
    pub expires_at: Timestamp,
}

const fn lasts(kind: UserLinkKind) -> SignedDuration {
    match kind {
        UserLinkKind::Invitation => INVITATION_LASTS,
        UserLinkKind::PasswordReset => RESET_LASTS,
    }
}

impl App {
    /// Makes a link in place of an earlier one of its kind. The token goes into the link alone.
    pub(crate) async fn new_link(
        &self,
        transaction: &Transaction,
        user: &UserRecord,
        kind: UserLinkKind,
    ) -> Result<(LinkToken, Timestamp), AppError> {
        let now = self.now();
        let mut token = [0; 32];
        self.random(&mut token);
        let token = LinkToken(token);
        let expires_at = now + lasts(kind);
        transaction
            .set_user_link(&UserLinkRecord {
                token_hash: token.hash(),
                user_id: user.id,
                tenant_id: user.tenant_id,
                kind,
                created_at: now,
                expires_at,
            })
            .await?;
        Ok((token, expires_at))
    }

    /// Sends a link, or says that it has to be handed over.
    pub(crate) async fn deliver(
        &self,
        context: &Context,
        user: &UserRecord,
        kind: UserLinkKind,
        (token, expires_at): (LinkToken, Timestamp),
    ) -> Result<IssuedLink, AppError> {
        let link = self.link(kind, &token);
        let Some(mailer) = self.mailer() else {
            let delivery = Delivery::ByHand { link };
            return Ok(IssuedLink {
                expires_at,
                delivery,
            });
        };
        let own = Scope::one(user.tenant_id);
        let tenant = self.store().tenant(&own, user.tenant_id).await?;
        let content = match kind {
            UserLinkKind::Invitation => MailContent::Invitation {
                link: link.clone(),
                expires_at,
                inviter: context.actor_name().to_owned(),
                tenant: tenant.map(|tenant| tenant.name).unwrap_or_default(),
            },
            UserLinkKind::PasswordReset => MailContent::PasswordReset {
                link: link.clone(),
                expires_at,
            },
        };
        let delivery = match self.send(mailer, user, content).await {
            true => Delivery::Mailed,
            false => Delivery::MailFailed { link },
        };
        Ok(IssuedLink {
            expires_at,
            delivery,
        })
    }

    async fn send(
        &self,
        mailer: &dyn crate::Mailer,
        user: &UserRecord,
        content: MailContent,
    ) -> bool {
        let Ok(to) = EmailAddress::parse(&user.email) else {
            return false;
        };
        let mail = Mail {
            to,
            name: user.name.clone(),
            language: user.language.unwrap_or(Language::En),
            content,
        };
        let sent = mailer.send(mail).await;
        if let Err(error) = &sent {
            tracing::error!(
                error = error as &dyn std::error::Error,
                user_id = %user.id,
                "a mail could not be sent"
            );
        }
        sent.is_ok()
    }

    /// The token stands behind `#`: browsers send that part to no server, and so it is in no log.
    fn link(&self, kind: UserLinkKind, token: &LinkToken) -> String {
        let page = match kind {
            UserLinkKind::Invitation => "invitation",
            UserLinkKind::PasswordReset => "new-password",
        };
        let url = self.sign_in_settings().console_url.trim_end_matches('/');
        format!("{url}/{page}#{}", crate::audit::hex(&token.0))
    }

    /// Whose link it is.
    ///
    /// # Errors
    /// [`Problem::LinkUnknown`], [`Problem::LinkExpired`].
    pub async fn read_link(
        &self,
        kind: UserLinkKind,
        token: &LinkToken,
    ) -> Result<LinkOwner, AppError> {
        let (link, user) = self.usable_link(kind, token).await?;
        let own = Scope::one(user.tenant_id);
        let tenant = self.store().tenant(&own, user.tenant_id).await?;
        Ok(LinkOwner {
            email: user.email,
            name: user.name,
            tenant: tenant.map(|tenant| tenant.name).unwrap_or_default(),
            expires_at: link.expires_at,
        })
    }

    async fn usable_link(
        &self,
        kind: UserLinkKind,
        token: &LinkToken,
    ) -> Result<(UserLinkRecord, UserRecord), AppError> {
        let found = self
            .store()
            .user_link(&Scope::Everything, token.hash(), kind)
            .await?;
        let (link, user) = found.ok_or(Problem::LinkUnknown)?;
        let expected = match kind {
            UserLinkKind::Invitation => UserState::Invited,
            UserLinkKind::PasswordReset => UserState::Active,
        };
        if user.state != expected {
            return Err(Problem::LinkUnknown.into());
        }
        if self.now() >= link.expires_at {
            return Err(Problem::LinkExpired.into());
        }
        Ok((link, user))
    }

    /// Accepts an invitation: the person has a password now, and is signed in.
    ///
    /// # Errors
    /// [`Problem::LinkUnknown`], [`Problem::LinkExpired`]; [`AppError::Invalid`] for a password
    /// that is too short or too easy.
    pub async fn accept_invitation(
        &self,
        token: &LinkToken,
        password: String,
        origin: Origin,
    ) -> Result<(SessionToken, SignedIn), AppError> {
        let kind = UserLinkKind::Invitation;
        let (_, user) = self.usable_link(kind, token).await?;
        let user = self
            .set_password(&user, (kind, token), password, (&ACCEPT, &origin))
            .await?;
        self.enter(&user, SignInMethod::Password, None, &origin)
            .await
    }

    /// Chooses a new password. All sessions of the person end; a second factor stays.
    ///
    /// # Errors
    /// As [`App::accept_invitation`].
    pub async fn reset_password(
        &self,
        token: &LinkToken,
        password: String,
        origin: Origin,
    ) -> Result<(), AppError> {
        let kind = UserLinkKind::PasswordReset;
        let (_, user) = self.usable_link(kind, token).await?;
        self.set_password(&user, (kind, token), password, (&RESET, &origin))
            .await?;
        Ok(())
    }

    async fn set_password(
        &self,
        user: &UserRecord,
        (kind, token): (UserLinkKind, &LinkToken),
        password: String,
        (mutation, origin): (&Mutation, &Origin),
    ) -> Result<UserRecord, AppError> {
        let password = new_password(password, user, "password")?;
        let hash = self.passwords().hash(password, self.randomness()).await;
        let scope = Scope::one(user.tenant_id);
        let transaction = self.store().begin(&scope).await?;
        let locked = transaction.lock_user(&scope, user.id).await?;
        let mut user = locked.ok_or(Problem::LinkUnknown)?;
        // Once more, now that nobody else can use it.
        self.usable_link(kind, token).await?;
        if !transaction
            .delete_user_link(user.tenant_id, user.id, kind)
            .await?
        {
            return Err(Problem::LinkUnknown.into());
        }
        user.password_hash = Some(hash);
        user.state = UserState::Active;
        transaction.update_user(&user).await?;
        transaction
            .delete_sessions(user.tenant_id, user.id, None)
            .await?;
        self.write_audit(&transaction, by_link(&user, mutation, origin))
            .await?;
        transaction.commit().await?;
        Ok(user)
    }

    /// Sends a link for a new password, if there is such an account and mails can be sent. Whether
    /// there is one is not said, not even by the time that the answer takes: the work is done
    /// afterwards.
    ///
    /// # Errors
    /// [`Problem::TooManyAttempts`] for an address that asks too often.
    pub fn request_password_reset(&self, email: &str, origin: Origin) -> Result<(), AppError> {
        let attempt = self
            .reset_requests()
            .begin(email, origin.address, self.now())?;
        self.reset_requests().failed(&attempt, self.now());
        let (app, email) = (self.clone(), email.to_owned());
        tokio::spawn(async move {
            if let Err(error) = app.send_password_reset(&email, &origin).await {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a password reset could not be begun"
                );
            }
        });
        Ok(())
    }

    async fn send_password_reset(&self, email: &str, origin: &Origin) -> Result<(), AppError> {
        let Some(mailer) = self.mailer() else {
            return Ok(());
        };
        let user = self.user_of_address(email).await?;
        let user =
            user.filter(|user| user.state == UserState::Active && user.password_hash.is_some());
        let Some(user) = user else {
            return Ok(());
        };
        let scope = Scope::one(user.tenant_id);
        let transaction = self.store().begin(&scope).await?;
        let kind = UserLinkKind::PasswordReset;
        let waiting = transaction
            .link_made_at(user.tenant_id, user.id, kind)
            .await?;
        if waiting.is_some_and(|made| self.now().duration_since(made) < RESET_EVERY) {
            return Ok(());
        }
        let (token, expires_at) = self.new_link(&transaction, &user, kind).await?;
        let entry = Entry {
            actor_kind: "unknown",
            actor_id: None,
            actor_name: "unknown".to_owned(),
            ..by_link(&user, &ASK, origin)
        };
        self.write_audit(&transaction, entry).await?;
        transaction.commit().await?;
        let link = self.link(kind, &token);
        let content = MailContent::PasswordReset { link, expires_at };
        self.send(mailer, &user, content).await;
        Ok(())
    }
}

/// What the holder of a link did: as the person, which the link proves.
fn by_link(user: &UserRecord, mutation: &Mutation, origin: &Origin) -> Entry {
    let target = Target::new(user.tenant_id, user.id, user.email.as_str());
    let context = Context {
        origin: origin.clone(),
        ..Context::command_line()
    };
    Entry {
        actor_kind: "user",
        actor_id: Some(user.id.0),
        actor_name: user.name.clone(),
        ..Entry::of(&context, mutation, target)
    }
}

/// A password that somebody chose for an account.
pub(crate) fn new_password(
    text: String,
    user: &UserRecord,
    field: &'static str,
) -> Result<Password, AppError> {
    use crate::{FieldCode, InvalidPassword};
    let password = Password::new(text).map_err(|error| match error {
        InvalidPassword::TooShort => invalid(field, FieldCode::TooShort),
        InvalidPassword::TooLong => invalid(field, FieldCode::TooLong),
    })?;
    let name = EmailAddress::parse(&user.email).map(|email| email.name().to_owned());
    let words = [
        user.email.as_str(),
        name.as_deref().unwrap_or_default(),
        user.name.as_str(),
    ];
    if password.is_easy_for(&words) {
        return Err(invalid(field, FieldCode::TooEasy));
    }
    Ok(password)
}
