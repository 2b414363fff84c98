//! Groups of devices.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod list;
pub(super) mod update;

use latarnik_app::Group as AppGroup;
use latarnik_model::{GroupId, TenantId};
use serde::Serialize;
use utoipa::ToSchema;

/// A group, by name.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct GroupReference {
    pub(crate) id: GroupId,
    pub(crate) name: String,
}

impl GroupReference {
    /// A group that may be missing.
    pub(crate) fn optional(id: Option<GroupId>, name: Option<String>) -> Option<Self> {
        Some(Self {
            id: id?,
            name: name?,
        })
    }
}

/// A group of devices.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Group {
    id: GroupId,
    tenant_id: TenantId,
    /// Unique among its siblings.
    name: String,
    /// The group that it lies in.
    parent_id: Option<GroupId>,
    /// Devices directly in it.
    devices: u64,
}

impl From<AppGroup> for Group {
    fn from(group: AppGroup) -> Self {
        let AppGroup { record, devices } = group;
        Self {
            id: record.id,
            tenant_id: record.tenant_id,
            name: record.name,
            parent_id: record.parent_id,
            devices,
        }
    }
}
