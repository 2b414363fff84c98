//! Ending tasks whose latest time to begin has passed while they waited for their devices.

use crate::{App, AppError};
use latarnik_model::Scope;
use std::time::Duration;

/// How often tasks are looked for.
const EVERY: Duration = Duration::from_secs(20);
/// Most tasks in one transaction.
const AT_ONCE: u32 = 1000;

impl App {
    /// Expires tasks in time, for ever.
    pub(crate) async fn watch_deadlines(&self) {
        loop {
            if let Err(error) = self.expire_tasks().await {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "expiring tasks failed"
                );
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Ends the queued tasks whose deadline has passed. Only those that no agent can have: what was
    /// handed out may have begun in time, and its agent says so when it is back.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub async fn expire_tasks(&self) -> Result<(), AppError> {
        loop {
            let transaction = self.store().begin(&Scope::Everything).await?;
            let expired = transaction.expire_tasks(self.now(), AT_ONCE).await?;
            transaction.commit().await?;
            self.tell_taken(&expired);
            if expired.len() < usize::try_from(AT_ONCE).unwrap_or(usize::MAX) {
                return Ok(());
            }
        }
    }
}
