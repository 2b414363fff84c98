//! What an operator asks for.

use crate::UpdateCategory;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The kind of an action and of its tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Look for updates.
    Scan,
    /// Install updates.
    InstallUpdates,
    /// Restart the machine.
    Restart,
}

impl ActionKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Scan, Self::InstallUpdates, Self::Restart];

    /// The name in the API, on the wire and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::InstallUpdates => "install_updates",
            Self::Restart => "restart",
        }
    }

    /// The inverse of [`ActionKind::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// When a task may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum When {
    /// As soon as the device takes it.
    Now,
    /// In the device's next maintenance window that allows it.
    InWindow,
    /// Not before this instant.
    At {
        /// The instant.
        #[cfg_attr(feature = "schema", schema(value_type = String, format = DateTime))]
        at: Timestamp,
    },
}

/// How long the person at the machine has before it restarts: nothing, or 5 to 60 minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct RestartDelay(u16);

impl RestartDelay {
    /// At once.
    pub const NONE: Self = Self(0);

    /// The delay in minutes.
    #[must_use]
    pub const fn minutes(self) -> u16 {
        self.0
    }
}

impl From<RestartDelay> for u16 {
    fn from(delay: RestartDelay) -> Self {
        delay.0
    }
}

impl TryFrom<u16> for RestartDelay {
    type Error = InvalidParameters;
    fn try_from(minutes: u16) -> Result<Self, InvalidParameters> {
        match minutes {
            0 | 5..=60 => Ok(Self(minutes)),
            _ => Err(InvalidParameters::RestartDelay),
        }
    }
}

/// How often the people at the machine may put a restart off, and by how long each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "UncheckedPostponements", into = "UncheckedPostponements")]
pub struct Postponements {
    most: u8,
    minutes: u16,
}

impl Postponements {
    /// Up to 10 times, by 5 to 240 minutes each.
    ///
    /// # Errors
    /// [`InvalidParameters::PostponementCount`], [`InvalidParameters::PostponementLength`].
    pub const fn new(most: u8, minutes: u16) -> Result<Self, InvalidParameters> {
        if most > 10 {
            return Err(InvalidParameters::PostponementCount);
        }
        match minutes {
            5..=240 => Ok(Self { most, minutes }),
            _ => Err(InvalidParameters::PostponementLength),
        }
    }

    /// How often, in all and together: 0 to 10.
    #[must_use]
    pub const fn most(self) -> u8 {
        self.most
    }

    /// By how much each time: 5 to 240 minutes.
    #[must_use]
    pub const fn minutes(self) -> u16 {
        self.minutes
    }
}

#[derive(Serialize, Deserialize)]
struct UncheckedPostponements {
    most: u8,
    minutes: u16,
}

impl From<Postponements> for UncheckedPostponements {
    fn from(Postponements { most, minutes }: Postponements) -> Self {
        Self { most, minutes }
    }
}

impl TryFrom<UncheckedPostponements> for Postponements {
    type Error = InvalidParameters;
    fn try_from(unchecked: UncheckedPostponements) -> Result<Self, InvalidParameters> {
        Self::new(unchecked.most, unchecked.minutes)
    }
}

/// What a task's parameters may not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidParameters {
    /// A delay that is neither 0 nor 5 to 60 minutes.
    #[error("a restart is delayed by 0 or by 5 to 60 minutes")]
    RestartDelay,
    /// No category, or one that this program does not know: taken for `other`, it would let updates
    /// in that nobody asked for.
    #[error("an installation by category names only categories that are known")]
    Categories,
    /// More than 10 postponements.
    #[error("a restart is postponed 0 to 10 times")]
    PostponementCount,
    /// A postponement that is not 5 to 240 minutes long.
    #[error("a restart is postponed by 5 to 240 minutes")]
    PostponementLength,
}

/// What exactly a task does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WrittenParameters", into = "WrittenParameters")]
pub enum TaskParameters {
    /// Look for updates.
    Scan,
    /// Install updates. With neither keys nor categories it is everything that is offered.
    InstallUpdates {
        /// The keys of the updates to install.
        update_keys: Option<Vec<String>>,
        /// What is offered in these categories when the task runs. Not together with keys.
        categories: Option<Vec<UpdateCategory>>,
    },
    /// Restart the machine.
    Restart {
        /// Time for the person at the machine.
        delay_minutes: RestartDelay,
        /// Whether that person may put it off; absent means no.
        postponements: Option<Postponements>,
        /// It is for what other tasks may leave behind: installations go first, and where no
        /// restart is pending then, it is not needed and did not fail.
        if_pending: bool,
    },
}

impl TaskParameters {
    /// The kind of task that these parameters belong to.
    #[must_use]
    pub const fn kind(&self) -> ActionKind {
        match self {
            Self::Scan => ActionKind::Scan,
            Self::InstallUpdates { .. } => ActionKind::InstallUpdates,
            Self::Restart { .. } => ActionKind::Restart,
        }
    }
}

/// [`TaskParameters`] as they are written, on the wire and in the database.
///
/// An installation by category has a kind of its own: an agent that does not know categories would
/// pass over the field and install everything, but it refuses a kind that it does not know.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum WrittenParameters {
    Scan,
    InstallUpdates {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        update_keys: Option<Vec<String>>,
    },
    InstallCategories {
        categories: Vec<String>,
    },
    Restart {
        delay_minutes: RestartDelay,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        postponements: Option<Postponements>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        if_pending: bool,
    },
}

impl From<TaskParameters> for WrittenParameters {
    fn from(parameters: TaskParameters) -> Self {
        match parameters {
            TaskParameters::Scan => Self::Scan,
            TaskParameters::InstallUpdates {
                categories: Some(categories),
                ..
            } => Self::InstallCategories {
                categories: categories.iter().map(|c| c.name().to_owned()).collect(),
            },
            TaskParameters::InstallUpdates { update_keys, .. } => {
                Self::InstallUpdates { update_keys }
            }
            TaskParameters::Restart {
                delay_minutes,
                postponements,
                if_pending,
            } => Self::Restart {
                delay_minutes,
                postponements,
                if_pending,
            },
        }
    }
}

impl TryFrom<WrittenParameters> for TaskParameters {
    type Error = InvalidParameters;
    fn try_from(written: WrittenParameters) -> Result<Self, InvalidParameters> {
        Ok(match written {
            WrittenParameters::Scan => Self::Scan,
            WrittenParameters::InstallUpdates { update_keys } => Self::InstallUpdates {
                update_keys,
                categories: None,
            },
            WrittenParameters::InstallCategories { categories } => {
                let known: Option<Vec<_>> = categories
                    .iter()
                    .map(|name| UpdateCategory::from_name(name))
                    .collect();
                let known = known.filter(|categories| !categories.is_empty());
                Self::InstallUpdates {
                    update_keys: None,
                    categories: Some(known.ok_or(InvalidParameters::Categories)?),
                }
            }
            WrittenParameters::Restart {
                delay_minutes,
                postponements,
                if_pending,
            } => Self::Restart {
                delay_minutes,
                postponements,
                if_pending,
            },
        })
    }
}

/// Who an action comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CreatorKind {
    /// A signed-in person.
    User,
    /// A program with a token.
    ApiToken,
    /// Someone with a shell on the server.
    CommandLine,
    /// A policy, by itself.
    Policy,
}

impl CreatorKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::User, Self::ApiToken, Self::CommandLine, Self::Policy];

    /// The name in the API and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::ApiToken => "api_token",
            Self::CommandLine => "command_line",
            Self::Policy => "policy",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn restart_delay_is_none_or_five_to_sixty_minutes() {
        for minutes in 0..=100 {
            let allowed = minutes == 0 || (5..=60).contains(&minutes);
            assert_eq!(
                RestartDelay::try_from(minutes).is_ok(),
                allowed,
                "{minutes}"
            );
        }
    }

    #[test]
    fn postponements_are_few_and_short() {
        for most in 0..=12 {
            assert_eq!(Postponements::new(most, 15).is_ok(), most <= 10, "{most}");
        }
        for minutes in 0..=250 {
            let allowed = (5..=240).contains(&minutes);
            assert_eq!(Postponements::new(2, minutes).is_ok(), allowed, "{minutes}");
        }
    }

    #[test]
    fn postponements_out_of_range_are_not_read() {
        let read = |text| serde_json::from_str::<Postponements>(text).is_ok();
        assert!(read(r#"{"most":10,"minutes":240}"#));
        assert!(!read(r#"{"most":11,"minutes":15}"#));
        assert!(!read(r#"{"most":1,"minutes":4}"#));
    }

    #[test]
    fn a_restart_without_postponements_is_read_as_one_that_allows_none() {
        let restart = serde_json::from_str(r#"{"kind":"restart","delay_minutes":5}"#);
        let expected = TaskParameters::Restart {
            delay_minutes: RestartDelay(5),
            postponements: None,
            if_pending: false,
        };
        assert_eq!(restart.ok(), Some(expected));
    }

    #[test]
    fn parameters_of_an_unknown_kind_are_refused() {
        assert!(serde_json::from_str::<TaskParameters>(r#"{"kind":"format_disk"}"#).is_err());
    }

    #[test]
    fn installing_by_category_is_a_kind_that_an_older_agent_refuses() {
        let parameters = TaskParameters::InstallUpdates {
            update_keys: None,
            categories: Some(vec![UpdateCategory::Security, UpdateCategory::Critical]),
        };
        let text = serde_json::to_string(&parameters).unwrap();
        assert_eq!(
            text,
            r#"{"kind":"install_categories","categories":["security","critical"]}"#
        );
        assert_eq!(
            serde_json::from_str::<TaskParameters>(&text).unwrap(),
            parameters
        );
    }

    #[test]
    fn a_category_that_is_not_known_is_not_taken_for_another() {
        for categories in ["[]", r#"["quantum"]"#, r#"["security","quantum"]"#] {
            let text = format!(r#"{{"kind":"install_categories","categories":{categories}}}"#);
            assert!(
                serde_json::from_str::<TaskParameters>(&text).is_err(),
                "{text}"
            );
        }
    }

    #[test]
    fn names_are_those_that_serde_writes() {
        for kind in CreatorKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }

    #[test]
    fn kind_survives_its_name() {
        for kind in ActionKind::ALL {
            assert_eq!(ActionKind::from_name(kind.name()), Some(kind));
        }
    }
}
