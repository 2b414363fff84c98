//! Which devices: the same words in the list's query and in an action's filter.

use crate::{list, problem::ApiError};
use latarnik_app::{DeviceFilter, DeviceQuery, DeviceSort, PendingFilter};
use latarnik_model::{GroupId, OsFamily, TenantId};
use serde::{Deserialize, Deserializer, de::Error as _};
use utoipa::{IntoParams, ToSchema};

/// Conditions on devices; absent is any.
#[derive(Debug, Default, Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeviceConditions {
    /// Of this tenant.
    pub(crate) tenant_id: Option<TenantId>,
    /// Of this group.
    pub(crate) group_id: Option<GroupId>,
    /// With `group_id`: of all groups in it as well.
    pub(crate) subgroups: Option<bool>,
    /// With this text in their name.
    pub(crate) search: Option<String>,
    /// With this kind of system.
    #[serde(default, deserialize_with = "known_family")]
    pub(crate) os_family: Option<OsFamily>,
    /// Heard of lately, or not.
    pub(crate) connection: Option<ConnectionCondition>,
    /// Waiting for a restart.
    pub(crate) restart: Option<RestartCondition>,
    /// By their pending updates; definitions do not count.
    pub(crate) updates: Option<UpdatesCondition>,
}

/// Heard of lately, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ConnectionCondition {
    Online,
    Offline,
}

/// Waiting for a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RestartCondition {
    Required,
}

/// By pending updates without definitions: some, known to be none, or not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UpdatesCondition {
    Pending,
    None,
    Unknown,
}

/// Agents may name a kind that this program does not know; whoever asks for one may not.
pub(crate) fn known_family<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<OsFamily>, D::Error> {
    let Some(name) = Option::<String>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let family = OsFamily::from_name(&name);
    if family.name() == name {
        Ok(Some(family))
    } else {
        Err(D::Error::custom("no kind of system"))
    }
}

const DEFAULT_SORT: &str = "hostname";

impl DeviceConditions {
    /// The query for the application, sorted as asked for.
    pub(crate) fn query(self, sort: Option<&str>) -> Result<DeviceQuery, ApiError> {
        let (name, direction) = list::sort(sort.unwrap_or(DEFAULT_SORT));
        let sort = match name {
            "hostname" => DeviceSort::Hostname,
            "os_name" => DeviceSort::OsName,
            "agent_version" => DeviceSort::AgentVersion,
            "pending_updates" => DeviceSort::PendingUpdates,
            "restart" => DeviceSort::Restart,
            "last_scan_at" => DeviceSort::ScannedAt,
            "last_seen_at" => DeviceSort::LastSeenAt,
            _ => return Err(ApiError::MALFORMED_REQUEST),
        };
        let filter = DeviceFilter {
            group_id: self.group_id,
            subgroups: self.subgroups == Some(true),
            search: self.search.filter(|text| !text.is_empty()),
            os_family: self.os_family,
            restart_required: self.restart.is_some(),
            pending: self.updates.map(|condition| match condition {
                UpdatesCondition::Pending => PendingFilter::Some,
                UpdatesCondition::None => PendingFilter::None,
                UpdatesCondition::Unknown => PendingFilter::Unknown,
            }),
            ..DeviceFilter::default()
        };
        Ok(DeviceQuery {
            tenant_id: self.tenant_id,
            filter,
            online: self
                .connection
                .map(|condition| condition == ConnectionCondition::Online),
            sort,
            direction,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_of_system_that_nobody_knows_is_no_condition() {
        let read = |text: &str| serde_json::from_str::<DeviceConditions>(text);
        let known = read(r#"{"os_family":"other"}"#).unwrap();
        assert_eq!(known.os_family, Some(OsFamily::Other));
        assert!(read(r#"{"os_family":"amiga"}"#).is_err());
        assert_eq!(read("{}").unwrap().os_family, None);
        assert_eq!(read(r#"{"os_family":null}"#).unwrap().os_family, None);
    }
}
