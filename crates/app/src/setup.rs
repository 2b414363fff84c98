//! First steps: what administration commands on the server itself do.

use crate::{
    App, AppError, Context, FieldCode, Password, Problem,
    context::{Done, Mutation, Target},
    error::invalid,
    text::check_name,
    users::taken,
};
use jiff::tz::TimeZone;
use latarnik_model::{
    ColorScheme, EmailAddress, Permission, Role, Scope, TenantId, UserId, UserState,
};
use latarnik_store::{GroupRecord, StoreError, TenantRecord, TotpRecord, UserRecord};

/// A user to be, who needs no invitation.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The user's tenant.
    pub tenant_id: TenantId,
    /// E-mail address.
    pub email: String,
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Password.
    pub password: Password,
}

/// The name of the first tenant, until somebody gives it a better one.
const PROVIDER_NAME: &str = "Latarnik";

const CREATE_USER: Mutation = Mutation {
    permission: Some(Permission::ManageUsers),
    action: "create_user",
    target_kind: "user",
};

impl App {
    /// The provider: the tenant above all others. Made on the first start.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub async fn provider(&self) -> Result<TenantRecord, AppError> {
        if let Some(tenant) = self.find_provider().await? {
            return Ok(tenant);
        }
        let zone = TimeZone::system().iana_name().unwrap_or("UTC").to_owned();
        let tenant = self.new_tenant(PROVIDER_NAME, None, zone);
        let transaction = self.store().begin(&Scope::Everything).await?;
        match transaction.insert_tenant(&tenant).await {
            Ok(()) => transaction.commit().await?,
            // Another process was first.
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
        let provider = self.find_provider().await?;
        provider.ok_or_else(|| Problem::NotFound.into())
    }

    pub(crate) async fn find_provider(&self) -> Result<Option<TenantRecord>, StoreError> {
        let tenants = self.store().tenants(&Scope::Everything).await?;
        Ok(tenants
            .into_iter()
            .find(|tenant| tenant.parent_id.is_none()))
    }

    pub(crate) fn new_tenant(
        &self,
        name: &str,
        parent_id: Option<TenantId>,
        zone: String,
    ) -> TenantRecord {
        let now = self.now();
        TenantRecord {
            id: TenantId::generate(now, &self.ids()),
            parent_id,
            name: name.to_owned(),
            time_zone: zone,
            audit_retention_days: None,
            deletion: None,
            created_at: now,
        }
    }

    /// Makes a user who can sign in at once. For the command line: in the console people are
    /// invited, so that nobody else ever knows their password.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with the field that is not usable.
    pub async fn create_user(&self, context: &Context, new: NewUser) -> Result<UserId, AppError> {
        if context.role().is_some() {
            return Err(Problem::Forbidden.into());
        }
        let email =
            EmailAddress::parse(&new.email).map_err(|_| invalid("email", FieldCode::Malformed))?;
        check_name(&new.name).map_err(|code| invalid("name", code))?;
        let hash = self.passwords().hash(new.password, self.randomness()).await;
        let now = self.now();
        let user = UserRecord {
            id: UserId::generate(now, &self.ids()),
            tenant_id: new.tenant_id,
            email: email.to_string(),
            name: new.name.trim().to_owned(),
            role: new.role,
            state: UserState::Active,
            limited: false,
            language: None,
            color_scheme: ColorScheme::Auto,
            password_hash: Some(hash),
            totp: TotpRecord::default(),
            signed_in_at: None,
            created_at: now,
        };
        self.mutate(context, &CREATE_USER, async |transaction| {
            transaction
                .insert_user(&user)
                .await
                .map_err(|error| taken(error, "email"))?;
            let target = Target::new(user.tenant_id, user.id, user.email.as_str())
                .with("role", user.role.name());
            Ok(Done::to(target, user.id))
        })
        .await
    }

    /// The person with that e-mail address.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub async fn user_with_email(
        &self,
        context: &Context,
        email: &str,
    ) -> Result<Option<UserRecord>, AppError> {
        context.authorize(Permission::ManageUsers)?;
        Ok(self.store().user_by_email(&context.scope, email).await?)
    }

    /// The tenant of that name; without a name, the provider.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub async fn tenant_named(
        &self,
        context: &Context,
        name: Option<&str>,
    ) -> Result<Option<TenantRecord>, AppError> {
        let Some(name) = name else {
            return self.provider().await.map(Some);
        };
        Ok(self.store().tenant_named(&context.scope, name).await?)
    }

    /// The groups of that name in a tenant: in a tree there may be several.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub async fn groups_named(
        &self,
        tenant: TenantId,
        name: &str,
    ) -> Result<Vec<GroupRecord>, AppError> {
        let mut groups = self.store().groups(&Scope::one(tenant)).await?;
        groups.retain(|group| group.name == name);
        Ok(groups)
    }
}
