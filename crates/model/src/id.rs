//! Typed ids: time-ordered UUIDs (version 7), opaque to everyone outside the store.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// Where the randomness of new ids comes from.
///
/// A trait, so that tests can make ids that repeat.
pub trait IdSource: Send + Sync {
    /// Ten bytes of randomness.
    fn random_bytes(&self) -> [u8; 10];
}

/// The text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct InvalidId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(value_type = String, format = "uuid"))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id: ordered by `now` to the millisecond, unguessable by `source`.
            #[must_use]
            pub fn generate(now: Timestamp, source: &dyn IdSource) -> Self {
                let millisecond = u64::try_from(now.as_millisecond()).unwrap_or_default();
                Self(uuid::Builder::from_unix_timestamp_millis(millisecond, &source.random_bytes()).into_uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::parse_str(text).map(Self).map_err(|_| InvalidId)
            }
        }
    )*};
}

ids! {
    /// A tenant: the isolation boundary.
    TenantId;
    /// A group of devices inside one tenant.
    GroupId;
    /// A person who signs in to the console.
    UserId;
    /// A signed-in browser.
    SessionId;
    /// A token that programs call the API with.
    ApiTokenId;
    /// A key for what is sealed at rest.
    DataKeyId;
    /// A managed machine.
    DeviceId;
    /// A token that lets agents register.
    EnrollmentTokenId;
    /// What an operator asked for, on one or many devices.
    ActionId;
    /// One action on one device.
    TaskId;
    /// One line of the audit trail.
    AuditEventId;
    /// One update, whichever devices it is offered to. Not time-ordered: it follows from what
    /// names the update, so that every tenant's devices have the same one.
    UpdateId;
    /// What one scope says about updates.
    UpdatePolicyId;
    /// An approval or a block of one update.
    UpdateDecisionId;
    /// The way of one update through a tenant's rings.
    RolloutId;
    /// Something that a person must know.
    AlertId;
    /// When automatic work may run.
    MaintenanceWindowId;
    /// When nothing automatic may run.
    BlackoutId;
    /// A link under which programs read a calendar.
    CalendarFeedId;
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);
    impl IdSource for Fixed {
        fn random_bytes(&self) -> [u8; 10] {
            [self.0; 10]
        }
    }

    #[test]
    fn later_ids_sort_after_earlier_ones() {
        let early = TaskId::generate(Timestamp::from_millisecond(1_000).unwrap(), &Fixed(255));
        let late = TaskId::generate(Timestamp::from_millisecond(1_001).unwrap(), &Fixed(0));
        assert!(early < late);
    }

    #[test]
    fn id_survives_its_text_form() {
        let id = DeviceId::generate(Timestamp::UNIX_EPOCH, &Fixed(7));
        assert_eq!(id.to_string().parse::<DeviceId>(), Ok(id));
        assert_eq!("../../etc".parse::<DeviceId>(), Err(InvalidId));
    }
}
