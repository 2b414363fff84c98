//! What someone asks for.

use crate::{
    AppError, DeviceQuery, FieldCode, context::Mutation, devices::check_query, error::invalid,
};
use jiff::Timestamp;
use latarnik_model::{
    ActionKind, DeviceId, Permission, Postponements, RestartDelay, TaskParameters, UpdateCategory,
    When,
};

/// What someone asks for.
#[derive(Debug, Clone)]
pub struct ActionRequest {
    /// What to do.
    pub parameters: RequestedParameters,
    /// On which devices.
    pub target: ActionTarget,
    /// When.
    pub when: When,
    /// What happens if that is outside of maintenance windows.
    pub breach: WindowBreach,
    /// The latest time to begin: a task that has not begun by then expires.
    pub deadline: Option<Timestamp>,
    /// Makes a repeated request recognisable: the same key is the same action.
    pub idempotency_key: String,
}

/// What happens to an action for now or for an instant where that is outside of the maintenance
/// windows of some of its devices, or in a blackout.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WindowBreach {
    /// It is refused.
    #[default]
    Refuse,
    /// It begins all the same: whoever asked for it knows.
    Confirmed,
}

/// What to do.
#[derive(Debug, Clone)]
pub enum RequestedParameters {
    /// Look for updates.
    Scan,
    /// Install updates. With neither keys nor categories it is everything that is offered.
    InstallUpdates {
        /// These.
        update_keys: Option<Vec<String>>,
        /// Those of these categories that each device is offered when its task runs. Not together
        /// with keys.
        categories: Option<Vec<UpdateCategory>>,
    },
    /// Restart.
    Restart {
        /// Time for the person at the machine.
        delay: RestartDelay,
        /// Whether that person may put it off.
        postponements: Option<Postponements>,
    },
}

/// On which devices.
#[derive(Debug, Clone)]
pub enum ActionTarget {
    /// These.
    Devices(Vec<DeviceId>),
    /// All that match at this moment.
    Matching(Box<DeviceQuery>),
}

/// Most updates in one action.
const MOST_UPDATES: usize = 1000;

impl RequestedParameters {
    /// Nothing more than the kind.
    pub(super) const fn of_kind(kind: ActionKind) -> Self {
        match kind {
            ActionKind::Scan => Self::Scan,
            ActionKind::InstallUpdates => Self::InstallUpdates {
                update_keys: None,
                categories: None,
            },
            ActionKind::Restart => Self::Restart {
                delay: RestartDelay::NONE,
                postponements: None,
            },
        }
    }

    pub(super) const fn mutation(&self) -> Mutation {
        let (permission, action) = match self {
            Self::Scan => (Permission::ScanDevices, "scan_devices"),
            Self::InstallUpdates { .. } => (Permission::InstallUpdates, "install_updates"),
            Self::Restart { .. } => (Permission::RestartDevices, "restart_devices"),
        };
        Mutation {
            permission: Some(permission),
            action,
            target_kind: "action",
        }
    }

    pub(super) fn parameters(&self) -> TaskParameters {
        match self {
            Self::Scan => TaskParameters::Scan,
            Self::InstallUpdates {
                update_keys,
                categories,
            } => TaskParameters::InstallUpdates {
                update_keys: update_keys.clone(),
                categories: categories.as_ref().map(|categories| {
                    let mut categories = categories.clone();
                    categories.sort_unstable();
                    categories.dedup();
                    categories
                }),
            },
            Self::Restart {
                delay,
                postponements,
            } => TaskParameters::Restart {
                delay_minutes: *delay,
                postponements: *postponements,
                if_pending: false,
            },
        }
    }
}

/// Refuses what cannot be meant.
pub(super) fn check(request: &ActionRequest, now: Timestamp) -> Result<(), AppError> {
    let key = request.idempotency_key.trim();
    if !(1..=200).contains(&key.len()) {
        return Err(invalid("idempotency_key", FieldCode::Malformed));
    }
    if let ActionTarget::Matching(query) = &request.target {
        check_query(query)?;
    }
    if let When::At { at } = request.when
        && at < now
    {
        return Err(invalid("when", FieldCode::InThePast));
    }
    if let Some(deadline) = request.deadline {
        check_deadline(request.when, deadline, now)?;
    }
    if let RequestedParameters::InstallUpdates {
        update_keys,
        categories,
    } = &request.parameters
    {
        check_choice(update_keys.as_deref(), categories.as_deref())?;
    }
    Ok(())
}

fn check_deadline(when: When, deadline: Timestamp, now: Timestamp) -> Result<(), AppError> {
    if deadline <= now {
        return Err(invalid("deadline", FieldCode::InThePast));
    }
    match when {
        // Nothing could ever begin.
        When::At { at } if deadline <= at => Err(invalid("deadline", FieldCode::OutOfRange)),
        _ => Ok(()),
    }
}

fn check_choice(
    keys: Option<&[String]>,
    categories: Option<&[UpdateCategory]>,
) -> Result<(), AppError> {
    if keys.is_some() && categories.is_some() {
        return Err(invalid("categories", FieldCode::NotAllowed));
    }
    if categories.is_some_and(<[_]>::is_empty) {
        return Err(invalid("categories", FieldCode::Required));
    }
    if categories.is_some_and(|categories| categories.len() > UpdateCategory::ALL.len()) {
        return Err(invalid("categories", FieldCode::TooLong));
    }
    let Some(keys) = keys else { return Ok(()) };
    if keys.is_empty() {
        return Err(invalid("update_keys", FieldCode::Required));
    }
    if keys.len() > MOST_UPDATES || keys.iter().any(|key| key.len() > 512) {
        return Err(invalid("update_keys", FieldCode::TooLong));
    }
    // No device offers one with a NUL.
    if keys.iter().any(|key| key.contains('\0')) {
        return Err(invalid("update_keys", FieldCode::Malformed));
    }
    Ok(())
}
