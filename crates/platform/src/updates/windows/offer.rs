//! One offered update, read from its COM object.

use super::category::{self, Presentation};
use jiff::Timestamp;
use latarnik_agent_core::Update;
use latarnik_model::{RestartBehavior, Severity, UpdateSource};
use windows::{
    Win32::{
        Foundation::DECIMAL,
        System::UpdateAgent::{
            IUpdate, IUpdate2, IUpdate3, InstallationRebootBehavior,
            irbAlwaysRequiresReboot as ALWAYS, irbCanRequestReboot as CAN_REQUEST,
            irbNeverReboots as NEVER, utDriver,
        },
    },
    core::{Interface, Result},
};

/// Days from 1899-12-30, where OLE dates begin, to 1970-01-01.
const OLE_EPOCH_DAYS: f64 = 25_569.0;
const DAY_SECONDS: f64 = 86_400.0;

/// An update that a search found.
pub(super) struct Offer {
    pub(super) object: IUpdate,
    pub(super) update: Update,
    pub(super) is_downloaded: bool,
    /// Its installation is complete but for the restart.
    pub(super) waits_for_restart: bool,
}

impl Offer {
    /// What identifies an update must be there; the rest is worth having.
    pub(super) fn read(object: IUpdate) -> Result<Self> {
        // SAFETY: the object belongs to this thread.
        unsafe {
            let identity = object.Identity()?;
            let update_id = identity.UpdateID()?.to_string().to_lowercase();
            let revision = identity.RevisionNumber()?;
            let update = Update {
                key: format!("{update_id}:{revision}"),
                source: UpdateSource::WindowsUpdate,
                title: object.Title()?.to_string(),
                category: category::category(presentation(&object), &categories(&object)?),
                severity: object
                    .MsrcSeverity()
                    .ok()
                    .and_then(|name| severity(&name.to_string())),
                kb: first_article(&object),
                update_id: Some(update_id),
                revision: Some(revision),
                package: None,
                installed_version: None,
                available_version: None,
                size_bytes: object.MaxDownloadSize().ok().and_then(|size| whole(&size)),
                released_at: object.LastDeploymentChangeTime().ok().and_then(instant),
                restart: object
                    .InstallationBehavior()
                    .and_then(|behavior| behavior.RebootBehavior())
                    .map_or(RestartBehavior::Unknown, restart_behavior),
                titles: None,
            };
            Ok(Self {
                is_downloaded: object.IsDownloaded()?.as_bool(),
                waits_for_restart: object
                    .cast::<IUpdate2>()
                    .and_then(|update| update.RebootRequired())
                    .is_ok_and(|required| required.as_bool()),
                object,
                update,
            })
        }
    }
}

fn presentation(object: &IUpdate) -> Presentation {
    // SAFETY: the object belongs to this thread.
    unsafe {
        if object.Type().is_ok_and(|kind| kind == utDriver) {
            return Presentation::Driver;
        }
        let browse_only = object
            .cast::<IUpdate3>()
            .and_then(|update| update.BrowseOnly());
        if browse_only.is_ok_and(|only| only.as_bool()) {
            Presentation::Optional
        } else {
            Presentation::Ordinary
        }
    }
}

fn categories(object: &IUpdate) -> Result<Vec<String>> {
    // SAFETY: the object belongs to this thread.
    unsafe {
        let categories = object.Categories()?;
        (0..categories.Count()?)
            .map(|index| Ok(categories.get_Item(index)?.CategoryID()?.to_string()))
            .collect()
    }
}

fn first_article(object: &IUpdate) -> Option<String> {
    // SAFETY: the object belongs to this thread.
    let article = unsafe { object.KBArticleIDs().ok()?.get_Item(0).ok()?.to_string() };
    let number = article.trim_start_matches(['K', 'B', 'k', 'b']);
    (!number.is_empty()).then(|| format!("KB{number}"))
}

/// The names are not translated; an update that closes no hole has none, or `Unspecified`.
fn severity(name: &str) -> Option<Severity> {
    Some(match name.to_ascii_lowercase().as_str() {
        "critical" => Severity::Critical,
        "important" => Severity::Important,
        "moderate" => Severity::Moderate,
        "low" => Severity::Low,
        _ => return None,
    })
}

fn restart_behavior(behavior: InstallationRebootBehavior) -> RestartBehavior {
    match behavior {
        NEVER => RestartBehavior::Never,
        ALWAYS => RestartBehavior::Always,
        CAN_REQUEST => RestartBehavior::CanRequest,
        _ => RestartBehavior::Unknown,
    }
}

/// Sizes are whole numbers in a decimal type; 0 stands for "not known".
pub(super) fn whole(size: &DECIMAL) -> Option<u64> {
    // SAFETY: both unions are plain numbers, whichever way they are read.
    let (low, scale) = unsafe { (size.Anonymous2.Lo64, size.Anonymous1.Anonymous.scale) };
    let whole = 10_u64
        .checked_pow(u32::from(scale))
        .map_or(0, |divisor| low / divisor);
    (whole > 0).then_some(whole)
}

/// WUA's dates are UTC.
fn instant(date: f64) -> Option<Timestamp> {
    let seconds = ((date - OLE_EPOCH_DAYS) * DAY_SECONDS).round();
    Timestamp::from_second(seconds as i64)
        .ok()
        .filter(|at| at.as_second() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_days_since_the_end_of_1899() {
        assert_eq!(
            instant(46_340.75).unwrap().to_string(),
            "2026-11-14T18:00:00Z"
        );
        assert_eq!(instant(0.0), None);
    }

    #[test]
    fn sizes_beyond_four_gigabytes_survive() {
        let mut size = DECIMAL::default();
        size.Anonymous2.Lo64 = 6_442_450_944;
        assert_eq!(whole(&size), Some(6_442_450_944));
        assert_eq!(whole(&DECIMAL::default()), None);
    }

    #[test]
    fn severity_unspecified_is_none() {
        assert_eq!(severity("Critical"), Some(Severity::Critical));
        assert_eq!(severity("Unspecified"), None);
        assert_eq!(severity(""), None);
    }
}
