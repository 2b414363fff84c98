//! Providers of identities that tenants sign in through.

use crate::{Store, StoreError, sql::sql};
use latarnik_model::Scope;

impl Store {
    /// Whether any tenant has one that is in use.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn any_openid_provider(&self) -> Result<bool, StoreError> {
        let sql = sql!("SELECT issuer FROM openid_providers WHERE enabled = 1 LIMIT 1");
        Ok(self.one(&Scope::Everything, sql).await?.is_some())
    }
}
