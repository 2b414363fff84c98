//! The platform's shadow copies, as the backup engine asks for them.

use latarnik_backup::{Live, LiveReason, ShadowCopies, ShadowCopyHold, ShadowCopyMaker};
use latarnik_platform::shadow_copies::{self as platform, Failure, Reason};
use std::path::Path;
use tokio_util::sync::CancellationToken;

/// Those that this machine makes.
pub(super) struct OwnShadowCopies;

impl ShadowCopyMaker for OwnShadowCopies {
    fn make(&self, folders: &[&Path], cancellation: &CancellationToken) -> ShadowCopies {
        let cancellation = cancellation.clone();
        let (places, hold) = platform::make(folders, move || cancellation.is_cancelled());
        ShadowCopies {
            places: places
                .into_iter()
                .map(|place| place.map_err(live))
                .collect(),
            hold: Box::new(Held(hold)),
        }
    }
}

struct Held(platform::Hold);

impl ShadowCopyHold for Held {
    fn finish(self: Box<Self>) {
        self.0.finish();
    }
}

fn live(failure: Failure) -> Live {
    let reason = match failure.reason {
        Reason::UnsupportedSystem => LiveReason::UnsupportedSystem,
        Reason::Network => LiveReason::Network,
        Reason::UnsupportedVolume => LiveReason::UnsupportedVolume,
        Reason::UnknownVolume => LiveReason::UnknownVolume,
        Reason::NotPermitted => LiveReason::NotPermitted,
        Reason::Busy => LiveReason::Busy,
        Reason::InsufficientStorage => LiveReason::InsufficientStorage,
        Reason::LimitReached => LiveReason::LimitReached,
        Reason::TimedOut => LiveReason::TimedOut,
        Reason::WritersFailed => LiveReason::WritersFailed,
        Reason::ProviderFailed => LiveReason::ProviderFailed,
        Reason::ServiceUnavailable => LiveReason::ServiceUnavailable,
        Reason::RestartRequired => LiveReason::RestartRequired,
        Reason::Failed => LiveReason::Failed,
    };
    Live {
        reason,
        detail: failure.detail,
    }
}
