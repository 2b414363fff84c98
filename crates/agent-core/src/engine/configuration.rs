//! The server's configuration: fetched as soon as the agent hears that there is another.

use super::shared::Shared;
use crate::connection::{ConfigAnswer, unquoted};

/// Whether the agent has the configuration that the server names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// Since before.
    Already,
    /// Since now.
    Now,
    /// Not yet: it is tried again when the server names it again.
    Not,
}

/// Fetches the configuration when the server names another than the agent has, and once in each
/// run: what an earlier run kept may lack what that program did not know yet.
pub(super) async fn follow(shared: &Shared, offered: &str) -> Held {
    // One at a time: the poll and the check-in hear of the same change.
    let mut is_fresh = shared.config_is_fresh.lock().await;
    let known = match *is_fresh {
        true => shared.insist(|state| Ok(state.config()?.1)).await,
        false => None,
    };
    if known.as_deref() == Some(unquoted(offered)) {
        return Held::Already;
    }
    match shared.client().config(known.as_deref()).await {
        Ok(ConfigAnswer::Unchanged) => {
            *is_fresh = true;
            Held::Already
        }
        Ok(ConfigAnswer::Changed { config, etag }) => {
            *is_fresh = true;
            let (kept, at) = (config.clone(), shared.clock.machine_now());
            let since = shared
                .insist(move |state| {
                    state.set_config(&kept, &etag, at)?;
                    state.maintenance_since()
                })
                .await;
            shared.knowledge.take_rules(&config, since);
            shared.config.send_replace(config);
            // What waits is decided anew, and the source of updates may be wanted otherwise.
            shared.notices.queue.notify_one();
            shared.notices.work.notify_one();
            Held::Now
        }
        Err(error) => {
            shared.failed(&error).await;
            Held::Not
        }
    }
}
