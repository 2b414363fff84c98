//! Tokens that let agents register.

use crate::{
    App, AppError, Context, FieldCode, FieldError, Problem,
    context::{Done, Mutation, Target},
    error::invalid,
    listing::check_page,
    text::check_name,
};
use jiff::{SignedDuration, Timestamp};
use latarnik_model::{EnrollmentTokenId, GroupId, Permission, TenantId};
use latarnik_store::{EnrollmentTokenRecord, KeyKind, Page, PageRequest};
use sha2::{Digest, Sha256};

/// A token to be.
#[derive(Debug, Clone)]
pub struct NewEnrollmentToken {
    /// What it is for.
    pub name: String,
    /// The tenant that devices join.
    pub tenant_id: TenantId,
    /// The group that devices join.
    pub group_id: Option<GroupId>,
    /// How long it works, in hours: 1 to 8760.
    pub expires_in_hours: u32,
    /// How many devices may register: 1 to 100,000; `None` is any number.
    pub max_uses: Option<u32>,
}

/// A new token, with the one look at its text.
#[derive(Clone)]
pub struct IssuedEnrollmentToken {
    /// What is kept.
    pub record: EnrollmentTokenRecord,
    /// The line to paste; not kept anywhere.
    pub token: String,
}

/// What a token is still good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnrollmentTokenState {
    /// Agents can register.
    Active,
    /// Its time is over.
    Expired,
    /// No use is left.
    UsedUp,
    /// It was revoked.
    Revoked,
}

/// What a token is still good for at an instant.
#[must_use]
pub fn enrollment_token_state(
    token: &EnrollmentTokenRecord,
    now: Timestamp,
) -> EnrollmentTokenState {
    if token.revoked_at.is_some() {
        EnrollmentTokenState::Revoked
    } else if now >= token.expires_at {
        EnrollmentTokenState::Expired
    } else if token.max_uses.is_some_and(|most| token.uses >= most) {
        EnrollmentTokenState::UsedUp
    } else {
        EnrollmentTokenState::Active
    }
}

/// A year.
const MOST_HOURS: u32 = 8760;

const CREATE: Mutation = Mutation {
    permission: Some(Permission::ManageEnrollmentTokens),
    action: "create_enrollment_token",
    target_kind: "enrollment_token",
};
const REVOKE: Mutation = Mutation {
    permission: Some(Permission::ManageEnrollmentTokens),
    action: "revoke_enrollment_token",
    target_kind: "enrollment_token",
};

impl App {
    /// Makes a token.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with the fields that are not usable.
    pub async fn create_enrollment_token(
        &self,
        context: &Context,
        new: NewEnrollmentToken,
    ) -> Result<IssuedEnrollmentToken, AppError> {
        let now = self.now();
        let mut secret = [0; 24];
        self.random(&mut secret);
        let record = EnrollmentTokenRecord {
            id: EnrollmentTokenId::generate(now, &self.ids()),
            tenant_id: new.tenant_id,
            tenant_name: String::new(),
            group_id: new.group_id,
            group_name: None,
            name: new.name.trim().to_owned(),
            secret_hash: Sha256::digest(secret).into(),
            created_at: now,
            created_by: context.actor_name().to_owned(),
            // More is refused below; no calendar reaches that far.
            expires_at: now
                + SignedDuration::from_hours(new.expires_in_hours.min(MOST_HOURS).into()),
            max_uses: new.max_uses.map(u64::from),
            uses: 0,
            revoked_at: None,
        };
        self.mutate(context, &CREATE, async |transaction| {
            self.check_new_token(context, &new).await?;
            transaction.insert_enrollment_token(&record).await?;
            let target = Target::new(record.tenant_id, record.id, record.name.as_str())
                .with("expires_at", record.expires_at);
            Ok(Done::to(target, ()))
        })
        .await?;
        // Read back, for the names of tenant and group.
        let record = self
            .store()
            .enrollment_token(&context.scope, record.id)
            .await?;
        let record = record.ok_or(Problem::NotFound)?;
        Ok(IssuedEnrollmentToken {
            record,
            token: self.token_format().token(secret),
        })
    }

    async fn check_new_token(
        &self,
        context: &Context,
        new: &NewEnrollmentToken,
    ) -> Result<(), AppError> {
        let mut errors = Vec::new();
        let mut check = |ok: bool, field: &'static str, code: FieldCode| {
            if !ok {
                errors.push(FieldError { field, code });
            }
        };
        if let Err(code) = check_name(&new.name) {
            check(false, "name", code);
        }
        let hours = (1..=MOST_HOURS).contains(&new.expires_in_hours);
        check(hours, "expires_in_hours", FieldCode::OutOfRange);
        let uses = new
            .max_uses
            .is_none_or(|uses| (1..=100_000).contains(&uses));
        check(uses, "max_uses", FieldCode::OutOfRange);
        let known = context.scope.contains(new.tenant_id);
        check(known, "tenant_id", FieldCode::Unknown);
        if !errors.is_empty() {
            return Err(AppError::Invalid(errors));
        }
        if let Some(id) = new.group_id {
            let group = self.store().group(&context.scope, id).await?;
            if group.is_none_or(|group| group.tenant_id != new.tenant_id) {
                return Err(invalid("group_id", FieldCode::Unknown));
            }
        }
        Ok(())
    }

    /// Revokes a token: no agent can register with it any more.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn revoke_enrollment_token(
        &self,
        context: &Context,
        id: EnrollmentTokenId,
    ) -> Result<(), AppError> {
        self.mutate(context, &REVOKE, async |transaction| {
            let token = self.store().enrollment_token(&context.scope, id).await?;
            let token = token.ok_or(Problem::NotFound)?;
            if !transaction
                .revoke_enrollment_token(&context.scope, id, self.now())
                .await?
            {
                return Err(Problem::NotFound.into());
            }
            Ok(Done::to(Target::new(token.tenant_id, id, token.name), ()))
        })
        .await
    }

    /// Tokens, newest first.
    ///
    /// # Errors
    /// [`Problem::Forbidden`] for those who may not make any.
    pub async fn list_enrollment_tokens(
        &self,
        context: &Context,
        page: &PageRequest,
    ) -> Result<Page<EnrollmentTokenRecord>, AppError> {
        context.authorize(Permission::ManageEnrollmentTokens)?;
        check_page(page, KeyKind::Number)?;
        Ok(self.store().enrollment_tokens(&context.scope, page).await?)
    }
}
