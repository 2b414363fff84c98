//! Groups of devices.

pub(super) mod list;

use latarnik_model::GroupId;
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
