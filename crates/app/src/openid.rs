//! Signing in through a tenant's own provider of identities (OpenID Connect).

use crate::{App, AppError};

impl App {
    /// Whether any tenant signs in through a provider of its own.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub async fn any_openid(&self) -> Result<bool, AppError> {
        Ok(self.store().any_openid_provider().await?)
    }
}
