//! People: inviting, changing, removing; and what each may do to their own account.

use crate::{
    App, AppError, Context, Delivery, FieldCode, FieldError, IssuedLink, Password, Problem,
    context::{Done, Mutation, Target},
    error::invalid,
    listing::check_page,
    second_factor::{current_session, own_user, wrong_password},
    tenants::{check_clients, narrowed},
    text::{check_name, check_search},
    throttle::Attempt,
    user_links::new_password,
};
use jiff::Timestamp;
use latarnik_model::{
    ColorScheme, EmailAddress, Language, Permission, Role, Scope, SessionId, TenantId, UserId,
    UserLinkKind, UserState,
};
use latarnik_store::{
    KeyKind, Page, PageRequest, SessionRecord, StoreError, Transaction, UserFilter, UserRecord,
};
use std::collections::HashMap;

/// A person as others see them.
#[derive(Debug, Clone)]
pub struct User {
    /// What is known.
    pub record: UserRecord,
    /// Their tenant's name.
    pub tenant_name: String,
    /// The clients that they are limited to, if they are.
    pub clients: Vec<(TenantId, String)>,
    /// When their invitation ends, if one waits.
    pub invitation_expires_at: Option<Timestamp>,
    /// Why the caller cannot change them, if so.
    pub change: Result<(), Problem>,
}

/// A person to be invited.
#[derive(Debug, Clone)]
pub struct NewInvitation {
    /// Their tenant.
    pub tenant_id: TenantId,
    /// E-mail address.
    pub email: String,
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// The language of the mail, and of the console until they choose another.
    pub language: Language,
    /// For people of the provider: see these clients alone. `None` is all.
    pub clients: Option<Vec<TenantId>>,
}

/// What changes about a person; `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    /// Name.
    pub name: Option<String>,
    /// Role.
    pub role: Option<Role>,
    /// Whether they can sign in: active or disabled.
    pub state: Option<UserState>,
    /// The clients that they see: `Some(None)` is all.
    pub clients: Option<Option<Vec<TenantId>>>,
}

const INVITE: Mutation = manage("invite_user");
const INVITE_AGAIN: Mutation = manage("renew_invitation");
const CHANGE: Mutation = manage("update_user");
const REMOVE: Mutation = manage("delete_user");
const RESET_LINK: Mutation = manage("create_password_reset");
const RESET_FACTOR: Mutation = manage("reset_second_factor");
const END_SESSIONS: Mutation = manage("end_user_sessions");
const CHANGE_PASSWORD: Mutation = Mutation {
    permission: None,
    action: "change_password",
    target_kind: "user",
};
const END_SESSION: Mutation = Mutation {
    permission: None,
    action: "end_session",
    target_kind: "session",
};

const fn manage(action: &'static str) -> Mutation {
    Mutation {
        permission: Some(Permission::ManageUsers),
        action,
        target_kind: "user",
    }
}

impl App {
    /// A page of the people that the caller may see, by e-mail address.
    ///
    /// # Errors
    /// [`Problem::Forbidden`].
    pub async fn list_users(
        &self,
        context: &Context,
        tenant: Option<TenantId>,
        filter: &UserFilter,
        page: &PageRequest,
    ) -> Result<Page<User>, AppError> {
        context.authorize(Permission::ManageUsers)?;
        check_page(page, KeyKind::Text)?;
        check_search("search", filter.search.as_deref())?;
        let scope = narrowed(&context.scope, tenant);
        let found = self.store().users(&scope, filter, page).await?;
        let items = self.with_surroundings(context, found.items).await?;
        Ok(Page {
            items,
            next: found.next,
        })
    }

    /// One person.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn read_user(&self, context: &Context, id: UserId) -> Result<User, AppError> {
        context.authorize(Permission::ManageUsers)?;
        let user = self.store().user(&context.scope, id).await?;
        let user = user.ok_or(Problem::NotFound)?;
        let users = self.with_surroundings(context, vec![user]).await?;
        users
            .into_iter()
            .next()
            .ok_or_else(|| Problem::NotFound.into())
    }

    async fn with_surroundings(
        &self,
        context: &Context,
        users: Vec<UserRecord>,
    ) -> Result<Vec<User>, AppError> {
        let ids: Vec<_> = users.iter().map(|user| user.id).collect();
        let names: HashMap<TenantId, String> = self
            .store()
            .tenants(&context.scope)
            .await?
            .into_iter()
            .map(|tenant| (tenant.id, tenant.name))
            .collect();
        let limits = self.store().user_tenants(&context.scope, &ids).await?;
        let ends: HashMap<_, _> = self
            .store()
            .invitation_ends(&context.scope, &ids)
            .await?
            .into_iter()
            .collect();
        let with = |record: UserRecord| User {
            tenant_name: names.get(&record.tenant_id).cloned().unwrap_or_default(),
            clients: limits
                .iter()
                .filter(|(user, _)| *user == record.id)
                .filter_map(|(_, client)| Some((*client, names.get(client)?.clone())))
                .collect(),
            invitation_expires_at: ends.get(&record.id).copied(),
            change: may_change(context, &record),
            record,
        };
        Ok(users.into_iter().map(with).collect())
    }

    /// Invites somebody: the account is there and waits for them to choose a password.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with the fields that are not usable.
    pub async fn invite_user(
        &self,
        context: &Context,
        new: NewInvitation,
    ) -> Result<(UserId, IssuedLink), AppError> {
        let (user, link) = self
            .mutate(context, &INVITE, async |transaction| {
                let email = self.check_invitation(context, &new).await?;
                let now = self.now();
                let user = UserRecord {
                    id: UserId::generate(now, &self.ids()),
                    tenant_id: new.tenant_id,
                    email: email.to_string(),
                    name: new.name.trim().to_owned(),
                    role: new.role,
                    state: UserState::Invited,
                    limited: new.clients.is_some(),
                    language: Some(new.language),
                    color_scheme: ColorScheme::Auto,
                    password_hash: None,
                    totp: latarnik_store::TotpRecord::default(),
                    signed_in_at: None,
                    created_at: now,
                };
                transaction
                    .insert_user(&user)
                    .await
                    .map_err(|error| taken(error, "email"))?;
                self.set_clients(transaction, &user, new.clients.as_deref())
                    .await?;
                let link = self
                    .new_link(transaction, &user, UserLinkKind::Invitation)
                    .await?;
                let target = Target::new(user.tenant_id, user.id, user.email.as_str())
                    .with("role", user.role.name());
                Ok(Done::to(target, (user, link)))
            })
            .await?;
        let link = self
            .deliver(context, &user, UserLinkKind::Invitation, link)
            .await?;
        Ok((user.id, link))
    }

    async fn check_invitation(
        &self,
        context: &Context,
        new: &NewInvitation,
    ) -> Result<EmailAddress, AppError> {
        let mut errors = Vec::new();
        let mut note = |field, code| errors.push(FieldError { field, code });
        let email = EmailAddress::parse(&new.email);
        if email.is_err() {
            let empty = new.email.trim().is_empty();
            note(
                "email",
                if empty {
                    FieldCode::Required
                } else {
                    FieldCode::Malformed
                },
            );
        }
        if let Err(code) = check_name(&new.name) {
            note("name", code);
        }
        if !context.covers(new.role) {
            note("role", FieldCode::NotAllowed);
        }
        let own = Scope::one(new.tenant_id);
        let tenant = match context.scope.contains(new.tenant_id) {
            true => self.store().tenant(&own, new.tenant_id).await?,
            false => None,
        };
        match &tenant {
            Some(tenant) if tenant.deletion.is_none() => {
                let clients = new.clients.as_deref();
                if let Err(code) = check_clients(context, tenant, new.role, clients) {
                    note("client_ids", code);
                }
            }
            _ => note("tenant_id", FieldCode::Unknown),
        }
        match email {
            Ok(email) if errors.is_empty() => Ok(email),
            _ => Err(AppError::Invalid(errors)),
        }
    }

    async fn set_clients(
        &self,
        transaction: &Transaction,
        user: &UserRecord,
        clients: Option<&[TenantId]>,
    ) -> Result<(), StoreError> {
        let mut clients = clients.unwrap_or_default().to_vec();
        clients.sort_unstable();
        clients.dedup();
        transaction
            .set_user_tenants(user.tenant_id, user.id, &clients)
            .await
    }

    /// Makes a new invitation in place of the one that was lost or has ended.
    ///
    /// # Errors
    /// [`Problem::NotFound`], [`Problem::UserAlreadyActive`].
    pub async fn renew_invitation(
        &self,
        context: &Context,
        id: UserId,
    ) -> Result<IssuedLink, AppError> {
        self.new_link_for(context, id, &INVITE_AGAIN, UserLinkKind::Invitation)
            .await
    }

    /// Makes a link with which somebody chooses a new password.
    ///
    /// # Errors
    /// [`Problem::NotFound`], [`Problem::UserNotActive`].
    pub async fn create_password_reset(
        &self,
        context: &Context,
        id: UserId,
    ) -> Result<IssuedLink, AppError> {
        self.new_link_for(context, id, &RESET_LINK, UserLinkKind::PasswordReset)
            .await
    }

    async fn new_link_for(
        &self,
        context: &Context,
        id: UserId,
        mutation: &Mutation,
        kind: UserLinkKind,
    ) -> Result<IssuedLink, AppError> {
        let (user, link) = self
            .mutate(context, mutation, async |transaction| {
                let user = changeable(context, transaction, id).await?;
                match (kind, user.state) {
                    (UserLinkKind::Invitation, UserState::Invited)
                    | (UserLinkKind::PasswordReset, UserState::Active) => {}
                    (UserLinkKind::Invitation, _) => {
                        return Err(Problem::UserAlreadyActive.into());
                    }
                    (UserLinkKind::PasswordReset, _) => return Err(Problem::UserNotActive.into()),
                }
                let link = self.new_link(transaction, &user, kind).await?;
                let target = Target::new(user.tenant_id, user.id, user.email.as_str());
                Ok(Done::to(target, (user, link)))
            })
            .await?;
        self.deliver(context, &user, kind, link).await
    }

    /// Changes a person. Somebody who was disabled or whose role changed is signed out everywhere.
    ///
    /// # Errors
    /// [`Problem::NotFound`], [`Problem::OwnAccount`], [`Problem::LastOwner`];
    /// [`AppError::Invalid`].
    pub async fn update_user(
        &self,
        context: &Context,
        id: UserId,
        change: UserChange,
    ) -> Result<User, AppError> {
        self.mutate(context, &CHANGE, async |transaction| {
            let before = changeable(context, transaction, id).await?;
            let mut user = before.clone();
            let mut target = Target::new(user.tenant_id, user.id, user.email.as_str());
            if let Some(name) = &change.name {
                check_name(name).map_err(|code| invalid("name", code))?;
                user.name = name.trim().to_owned();
                target = target.with("name", &user.name);
            }
            if let Some(role) = change.role.filter(|role| *role != user.role) {
                if !context.covers(role) {
                    return Err(invalid("role", FieldCode::NotAllowed));
                }
                user.role = role;
                target = target.with("role", role.name());
            }
            if let Some(state) = change.state.filter(|state| *state != user.state) {
                user.state = changed_state(&user, state)?;
                target = target.with("state", state_name(state));
            }
            if let Some(clients) = &change.clients {
                let own = Scope::one(user.tenant_id);
                let tenant = self.store().tenant(&own, user.tenant_id).await?;
                let tenant = tenant.ok_or(Problem::NotFound)?;
                check_clients(context, &tenant, user.role, clients.as_deref())
                    .map_err(|code| invalid("client_ids", code))?;
                user.limited = clients.is_some();
                self.set_clients(transaction, &user, clients.as_deref())
                    .await?;
                let seen = clients.as_ref().map(Vec::len);
                let seen = seen.map_or_else(|| "all".to_owned(), |count| count.to_string());
                target = target.with("clients", seen);
            }
            transaction.update_user(&user).await?;
            keep_an_owner(transaction, &before).await?;
            if user.role != before.role || user.state == UserState::Disabled {
                transaction
                    .delete_sessions(user.tenant_id, id, None)
                    .await?;
            }
            Ok(Done::to(target, ()))
        })
        .await?;
        self.read_user(context, id).await
    }

    /// Removes a person; their sessions end. What they did stays in the audit.
    ///
    /// # Errors
    /// [`Problem::NotFound`], [`Problem::OwnAccount`], [`Problem::LastOwner`].
    pub async fn delete_user(&self, context: &Context, id: UserId) -> Result<(), AppError> {
        self.mutate(context, &REMOVE, async |transaction| {
            let user = changeable(context, transaction, id).await?;
            transaction.delete_user(user.tenant_id, id).await?;
            keep_an_owner(transaction, &user).await?;
            let target =
                Target::new(user.tenant_id, id, user.email.as_str()).with("role", user.role.name());
            Ok(Done::to(target, ()))
        })
        .await
    }

    /// Takes away the second factor of somebody who has lost it; their sessions end.
    ///
    /// # Errors
    /// [`Problem::NotFound`], [`Problem::OwnAccount`], [`Problem::TotpNotOn`].
    pub async fn reset_second_factor(&self, context: &Context, id: UserId) -> Result<(), AppError> {
        self.mutate(context, &RESET_FACTOR, async |transaction| {
            let mut user = changeable(context, transaction, id).await?;
            if user.totp.secret.is_none() {
                return Err(Problem::TotpNotOn.into());
            }
            user.totp = latarnik_store::TotpRecord::default();
            transaction.update_user(&user).await?;
            let tenant = user.tenant_id;
            transaction.set_recovery_codes(tenant, id, &[]).await?;
            transaction.delete_sessions(tenant, id, None).await?;
            Ok(Done::to(Target::new(tenant, id, user.email.as_str()), ()))
        })
        .await
    }

    /// The sessions of a person.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn list_user_sessions(
        &self,
        context: &Context,
        id: UserId,
    ) -> Result<Vec<SessionRecord>, AppError> {
        context.authorize(Permission::ManageUsers)?;
        let user = self.store().user(&context.scope, id).await?;
        let user = user.ok_or(Problem::NotFound)?;
        Ok(self
            .store()
            .sessions_of_user(user.tenant_id, id, self.now())
            .await?)
    }

    /// Signs somebody out everywhere.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn end_user_sessions(&self, context: &Context, id: UserId) -> Result<(), AppError> {
        self.mutate(context, &END_SESSIONS, async |transaction| {
            let user = changeable(context, transaction, id).await?;
            let ended = transaction
                .delete_sessions(user.tenant_id, id, None)
                .await?;
            let target =
                Target::new(user.tenant_id, id, user.email.as_str()).with("sessions", ended);
            Ok(Done::to(target, ()))
        })
        .await
    }

    /// The caller's own sessions.
    ///
    /// # Errors
    /// [`Problem::UserRequired`] for a token.
    pub async fn list_own_sessions(
        &self,
        context: &Context,
    ) -> Result<Vec<SessionRecord>, AppError> {
        let (id, tenant) = context.user()?;
        Ok(self
            .store()
            .sessions_of_user(tenant, id, self.now())
            .await?)
    }

    /// Ends one of the caller's own sessions.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn end_own_session(&self, context: &Context, id: SessionId) -> Result<(), AppError> {
        let (user, tenant) = context.user()?;
        self.mutate(context, &END_SESSION, async |transaction| {
            if !transaction.delete_session(tenant, user, id).await? {
                return Err(Problem::NotFound.into());
            }
            Ok(Done::to(Target::new(tenant, id, context.actor_name()), ()))
        })
        .await
    }

    /// Changes the caller's own password; sessions elsewhere end.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for a wrong or an unusable password;
    /// [`Problem::TooManyAttempts`].
    pub async fn change_password(
        &self,
        context: &Context,
        current: Password,
        next: String,
    ) -> Result<(), AppError> {
        let own = context.user()?;
        self.confirm_password(context, own, current)
            .await
            .map_err(|error| match error {
                AppError::Invalid(_) => invalid("current_password", FieldCode::Wrong),
                other => other,
            })?;
        let (id, tenant) = own;
        let user = self.store().user(&Scope::one(tenant), id).await?;
        let user = user.ok_or(Problem::NotSignedIn)?;
        let password = new_password(next, &user, "new_password")?;
        let hash = self.passwords().hash(password, self.randomness()).await;
        self.mutate(context, &CHANGE_PASSWORD, async |transaction| {
            let mut user = own_user(transaction, own).await?;
            user.password_hash = Some(hash);
            transaction.update_user(&user).await?;
            let session = current_session(context);
            transaction.delete_sessions(tenant, id, session).await?;
            Ok(Done::to(Target::new(tenant, id, user.email.as_str()), ()))
        })
        .await
    }

    /// Makes sure that it is the person who sits at their open session. People who sign in
    /// elsewhere have no password to confirm.
    pub(crate) async fn confirm_password(
        &self,
        context: &Context,
        (id, tenant): (UserId, TenantId),
        password: Password,
    ) -> Result<(), AppError> {
        let user = self.store().user(&Scope::one(tenant), id).await?;
        let user = user.ok_or(Problem::NotSignedIn)?;
        let Some(hash) = user.password_hash else {
            return Ok(());
        };
        let attempt = self.attempt_of(context)?;
        if self.passwords().verify(password, Some(hash)).await {
            return Ok(());
        }
        self.attempts().failed(&attempt, self.now());
        Err(wrong_password())
    }

    /// Guesses at codes and passwords inside a session are slowed down like those at the door.
    pub(crate) fn attempt_of(&self, context: &Context) -> Result<Attempt, AppError> {
        let account = context.user()?.0.to_string();
        self.attempts()
            .begin(&account, context.origin.address, self.now())
    }

    /// Notes whether a code was right.
    pub(crate) fn note_attempt<T>(&self, attempt: &Attempt, result: &Result<T, AppError>) {
        match result {
            Ok(_) => self.attempts().succeeded(attempt),
            Err(AppError::Refused(Problem::TotpInvalid)) => {
                self.attempts().failed(attempt, self.now());
            }
            Err(_) => {}
        }
    }
}

/// Whether the caller may change a person: not themselves, and nobody whose role is wider.
fn may_change(context: &Context, user: &UserRecord) -> Result<(), Problem> {
    if matches!(context.actor, crate::Actor::User { id, .. } if id == user.id) {
        return Err(Problem::OwnAccount);
    }
    if context.covers(user.role) {
        Ok(())
    } else {
        Err(Problem::Forbidden)
    }
}

async fn changeable(
    context: &Context,
    transaction: &Transaction,
    id: UserId,
) -> Result<UserRecord, AppError> {
    let user = transaction.lock_user(&context.scope, id).await?;
    let user = user.ok_or(Problem::NotFound)?;
    may_change(context, &user)?;
    Ok(user)
}

fn changed_state(user: &UserRecord, state: UserState) -> Result<UserState, AppError> {
    match state {
        UserState::Disabled => Ok(state),
        // Somebody who never accepted their invitation still has to.
        UserState::Active if user.password_hash.is_none() && user.signed_in_at.is_none() => {
            Ok(UserState::Invited)
        }
        UserState::Active => Ok(state),
        UserState::Invited => Err(invalid("state", FieldCode::NotAllowed)),
    }
}

/// Refuses a change after which a tenant that had an owner has none who can sign in.
pub(crate) async fn keep_an_owner(
    transaction: &Transaction,
    before: &UserRecord,
) -> Result<(), AppError> {
    let was_owner = before.role == Role::Owner && before.state == UserState::Active;
    if was_owner
        && transaction
            .count_active(before.tenant_id, Role::Owner)
            .await?
            == 0
    {
        return Err(Problem::LastOwner.into());
    }
    Ok(())
}

const fn state_name(state: UserState) -> &'static str {
    match state {
        UserState::Invited => "invited",
        UserState::Active => "active",
        UserState::Disabled => "disabled",
    }
}

/// A conflict is a field whose value something else has.
pub(crate) fn taken(error: StoreError, field: &'static str) -> AppError {
    match error {
        StoreError::Conflict(_) => invalid(field, FieldCode::Taken),
        other => other.into(),
    }
}

impl IssuedLink {
    /// The link, if somebody has to hand it over.
    #[must_use]
    pub fn link(&self) -> Option<&str> {
        match &self.delivery {
            Delivery::Mailed => None,
            Delivery::ByHand { link } | Delivery::MailFailed { link } => Some(link),
        }
    }
}
