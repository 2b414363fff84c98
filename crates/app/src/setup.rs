//! First steps: tenants and users made on the server itself.

use crate::{App, AppError, Context, Password, Problem};
use jiff::tz::TimeZone;
use latarnik_model::{ColorScheme, GroupId, Role, Scope, TenantId, UserId};
use latarnik_store::{GroupRecord, StoreError, TenantRecord, UserRecord};

/// Why a first step failed.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Only the server itself may do that.
    #[error("only administration commands on the server may do that")]
    NotAllowed,
    /// No tenant has that name.
    #[error("there is no tenant named {0:?}; `latarnik tenant list` shows them")]
    UnknownTenant(String),
    /// No group of the tenant has that name.
    #[error("the tenant has no group named {0:?}")]
    UnknownGroup(String),
    /// There is something of that name or address.
    #[error("{0:?} exists already")]
    Exists(String),
    /// The text cannot be used.
    #[error("{0}")]
    Unusable(&'static str),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A use case refused.
    #[error(transparent)]
    App(#[from] AppError),
}

/// A user to be.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The tenant's name; `None` is the provider.
    pub tenant: Option<String>,
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

impl App {
    /// The provider: the tenant above all others. Made on the first start.
    ///
    /// # Errors
    /// [`SetupError::Store`].
    pub async fn provider(&self) -> Result<TenantRecord, SetupError> {
        if let Some(tenant) = self.find_provider().await? {
            return Ok(tenant);
        }
        let zone = TimeZone::system().iana_name().unwrap_or("UTC").to_owned();
        let tenant = self.new_tenant(PROVIDER_NAME, None, zone);
        let transaction = self.store().begin().await?;
        match transaction.insert_tenant(&tenant).await {
            Ok(()) => transaction.commit().await?,
            // Another process was first.
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
        self.find_provider()
            .await?
            .ok_or(SetupError::Unusable("the provider tenant is missing"))
    }

    async fn find_provider(&self) -> Result<Option<TenantRecord>, StoreError> {
        let tenants = self.store().tenants(&Scope::Everything).await?;
        Ok(tenants
            .into_iter()
            .find(|tenant| tenant.parent_id.is_none()))
    }

    fn new_tenant(&self, name: &str, parent_id: Option<TenantId>, zone: String) -> TenantRecord {
        let now = self.now();
        TenantRecord {
            id: TenantId::generate(now, &self.ids()),
            parent_id,
            name: name.to_owned(),
            time_zone: zone,
            created_at: now,
        }
    }

    /// Makes a client tenant.
    ///
    /// # Errors
    /// [`SetupError::Exists`] if the name is taken.
    pub async fn create_tenant(
        &self,
        context: &Context,
        name: &str,
    ) -> Result<TenantRecord, SetupError> {
        only_command_line(context)?;
        let name = usable_name(name)?;
        let provider = self.provider().await?;
        let tenant = self.new_tenant(name, Some(provider.id), provider.time_zone);
        let transaction = self.store().begin().await?;
        transaction
            .insert_tenant(&tenant)
            .await
            .map_err(|error| taken(error, name))?;
        transaction.commit().await?;
        Ok(tenant)
    }

    /// Makes a group in a tenant.
    ///
    /// # Errors
    /// [`SetupError::Exists`] if the tenant has a group of that name.
    pub async fn create_group(
        &self,
        context: &Context,
        tenant: Option<&str>,
        name: &str,
    ) -> Result<GroupRecord, SetupError> {
        only_command_line(context)?;
        let name = usable_name(name)?;
        let now = self.now();
        let group = GroupRecord {
            id: GroupId::generate(now, &self.ids()),
            tenant_id: self.tenant_or_provider(tenant).await?.id,
            parent_id: None,
            name: name.to_owned(),
            created_at: now,
        };
        let transaction = self.store().begin().await?;
        transaction
            .insert_group(&group)
            .await
            .map_err(|error| taken(error, name))?;
        transaction.commit().await?;
        Ok(group)
    }

    /// Makes a user.
    ///
    /// # Errors
    /// [`SetupError::Exists`] if the e-mail address is taken.
    pub async fn create_user(&self, context: &Context, new: NewUser) -> Result<UserId, SetupError> {
        only_command_line(context)?;
        let email = new.email.trim();
        let (local, domain) = email.split_once('@').unwrap_or_default();
        if local.is_empty() || domain.is_empty() || email.chars().any(char::is_whitespace) {
            return Err(SetupError::Unusable(
                "an e-mail address looks like name@example.com",
            ));
        }
        let now = self.now();
        let user = UserRecord {
            id: UserId::generate(now, &self.ids()),
            tenant_id: self.tenant_or_provider(new.tenant.as_deref()).await?.id,
            email: email.to_owned(),
            name: usable_name(&new.name)?.to_owned(),
            role: new.role,
            language: None,
            color_scheme: ColorScheme::Auto,
            password_hash: self.passwords().hash(new.password, self.randomness()).await,
            created_at: now,
        };
        let transaction = self.store().begin().await?;
        transaction
            .insert_user(&user)
            .await
            .map_err(|error| taken(error, email))?;
        transaction.commit().await?;
        Ok(user.id)
    }

    /// Whether there is any user yet.
    ///
    /// # Errors
    /// [`SetupError::Store`].
    pub async fn any_user(&self) -> Result<bool, SetupError> {
        Ok(self.store().any_user(&Scope::Everything).await?)
    }

    /// The tenant of that name, or the provider.
    ///
    /// # Errors
    /// [`SetupError::UnknownTenant`].
    pub async fn tenant_or_provider(&self, name: Option<&str>) -> Result<TenantRecord, SetupError> {
        let Some(name) = name else {
            return self.provider().await;
        };
        let tenant = self.store().tenant_named(&Scope::Everything, name).await?;
        tenant.ok_or_else(|| SetupError::UnknownTenant(name.to_owned()))
    }

    /// The group of that name in a tenant.
    ///
    /// # Errors
    /// [`SetupError::UnknownGroup`].
    pub async fn group_named(
        &self,
        tenant: TenantId,
        name: &str,
    ) -> Result<GroupRecord, SetupError> {
        let groups = self.store().groups(&Scope::one(tenant)).await?;
        let group = groups.into_iter().find(|group| group.name == name);
        group.ok_or_else(|| SetupError::UnknownGroup(name.to_owned()))
    }
}

fn only_command_line(context: &Context) -> Result<(), SetupError> {
    match context.actor {
        crate::Actor::CommandLine => Ok(()),
        crate::Actor::User { .. } => Err(SetupError::NotAllowed),
    }
}

fn usable_name(name: &str) -> Result<&str, SetupError> {
    let name = name.trim();
    match name.chars().count() {
        1..=100 if !name.chars().any(char::is_control) => Ok(name),
        _ => Err(SetupError::Unusable(
            "a name has 1 to 100 characters on one line",
        )),
    }
}

fn taken(error: StoreError, what: &str) -> SetupError {
    match error {
        StoreError::Conflict(_) => SetupError::Exists(what.to_owned()),
        other => other.into(),
    }
}

impl From<Problem> for SetupError {
    fn from(problem: Problem) -> Self {
        Self::App(problem.into())
    }
}
