//! Whose policy, decision or window a row is: its columns `group_id` and `device_id`.

use crate::{StoreError, row::Row, sql::Sql};
use latarnik_model::{DeviceId, GroupId, PolicyScope};
use uuid::Uuid;

/// The two columns, as they are written.
pub(crate) fn columns(scope: PolicyScope) -> (Option<Uuid>, Option<Uuid>) {
    match scope {
        PolicyScope::Tenant => (None, None),
        PolicyScope::Group(id) => (Some(id.0), None),
        PolicyScope::Device(id) => (None, Some(id.0)),
    }
}

pub(crate) fn read(row: &Row) -> Result<PolicyScope, StoreError> {
    let device = row.optional_uuid("device_id")?.map(DeviceId);
    let group = row.optional_uuid("group_id")?.map(GroupId);
    Ok(match (device, group) {
        (Some(device), _) => PolicyScope::Device(device),
        (None, Some(group)) => PolicyScope::Group(group),
        (None, None) => PolicyScope::Tenant,
    })
}

/// A statement that reads all columns of a table, and as `scope_name` what the group or device is
/// called. Its own rows are called `p`.
pub(crate) fn select(table: &str) -> Sql {
    Sql::new(&format!(
        "SELECT p.*, COALESCE(d.hostname, g.name) AS scope_name FROM {table} p
         LEFT JOIN device_groups g ON g.tenant_id = p.tenant_id AND g.id = p.group_id
         LEFT JOIN devices d ON d.tenant_id = p.tenant_id AND d.id = p.device_id WHERE "
    ))
}

/// The order of lists: of each tenant first, then of its groups and of its devices, by name.
pub(crate) const ORDER: &str = " ORDER BY p.tenant_id, CASE WHEN p.device_id IS NOT NULL THEN 2
    WHEN p.group_id IS NOT NULL THEN 1 ELSE 0 END, scope_name, p.id";

/// Tables whose rows belong to a scope: they go with it.
pub(crate) const TABLES: [&str; 5] = [
    "update_policies",
    "update_decisions",
    "maintenance_windows",
    "blackouts",
    "calendar_feeds",
];
