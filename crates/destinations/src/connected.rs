//! A destination with all that a backup wants around it.

use crate::{
    Bandwidth, Destination, Failure, Metered, Metrics, ObjectName, Patience, Patient, Retries,
    Retrying, Settings, Throttled, Verification, Verified, nested::Nested, open,
};
use std::sync::Arc;

/// What a backup wants of a destination.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// How often and how patiently something is tried again.
    pub retries: Retries,
    /// How it is made sure that files arrive.
    pub verification: Verification,
    /// The rate to keep to, perhaps together with other destinations; `None` is no limit.
    pub bandwidth: Option<Arc<Bandwidth>>,
    /// How long operations may take.
    pub patience: Patience,
}

/// A destination that verifies, retries and keeps to its rate.
#[derive(Debug, Clone)]
pub struct Connected {
    /// The destination.
    pub destination: Arc<dyn Destination>,
    metered: Arc<Metered>,
}

impl Connected {
    /// What went over the line so far: every attempt, and what was read to verify.
    pub fn metrics(&self) -> Metrics {
        self.metered.metrics()
    }
}

/// Makes a destination of its description, for a backup. Nothing is connected yet.
///
/// # Errors
///
/// [`InvalidSettings`](crate::FailureCode::InvalidSettings) when the description makes no sense.
pub fn connect(settings: Settings, options: &Options) -> Result<Connected, Failure> {
    Ok(wrap(open(settings)?, options))
}

/// The same for a folder below the root, which is made together with the root where neither is
/// there. As everywhere, what lies above the root must exist.
///
/// # Errors
///
/// As for [`connect`].
pub fn connect_below(
    settings: &Settings,
    folder: &ObjectName,
    options: &Options,
) -> Result<Connected, Failure> {
    let nested = Nested {
        inner: open(settings.below(folder))?,
        outer: open(settings.clone())?,
    };
    Ok(wrap(Arc::new(nested), options))
}

/// Puts around a destination what a backup wants. From the inside:
///
/// 1. [`Patient`]: each attempt has its time. Neither the pauses of a limited rate nor those
///    between attempts count.
/// 2. [`Metered`]: counts what goes over the line, so it lies inside of everything that sends
///    again or reads back.
/// 3. [`Throttled`]: slows all of that, the reading back of [`Verified`] too.
/// 4. [`Verified`]: examines each file once it was written, and deletes what did not arrive.
/// 5. [`Retrying`]: sends again what did not arrive, and repeats what failed; so it lies outside.
pub fn wrap(inner: Arc<dyn Destination>, options: &Options) -> Connected {
    let patient = Arc::new(Patient::new(inner, options.patience));
    let metered = Arc::new(Metered::new(patient));
    let line: Arc<dyn Destination> = match &options.bandwidth {
        Some(bandwidth) => Arc::new(Throttled::new(
            Arc::clone(&metered) as _,
            Arc::clone(bandwidth),
        )),
        None => Arc::clone(&metered) as _,
    };
    let verified = Arc::new(Verified::new(line, options.verification));
    Connected {
        destination: Arc::new(Retrying::new(verified, options.retries)),
        metered,
    }
}
