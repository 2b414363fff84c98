//! The list of devices: filters, sorting, pages, counts.

use crate::{
    Cursor, DeviceRecord, Direction, KeyKind, Page, PageRequest, Store, StoreError,
    devices::SELECT,
    page::SortKey,
    row::{milliseconds, number},
    sql::Sql,
};
use jiff::Timestamp;
use latarnik_model::{GroupId, OsFamily, RestartRequired, ScanState, Scope};

/// Which devices.
#[derive(Debug, Clone, Default)]
pub struct DeviceFilter {
    /// Of this group.
    pub group_id: Option<GroupId>,
    /// With the group: of all groups in it as well.
    pub subgroups: bool,
    /// With this text in their name, whatever the case.
    pub search: Option<String>,
    /// With this kind of system.
    pub os_family: Option<OsFamily>,
    /// Seen at this instant or later.
    pub seen_since: Option<Timestamp>,
    /// Not seen since this instant.
    pub silent_since: Option<Timestamp>,
    /// Waiting for a restart.
    pub restart_required: bool,
    /// By their pending updates.
    pub pending: Option<PendingFilter>,
}

/// Which state of pending updates; definitions are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PendingFilter {
    /// At least one.
    Some,
    /// None, and known to be none.
    None,
    /// Not known.
    Unknown,
}

/// What the list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceSort {
    /// Name, whatever the case.
    Hostname,
    /// Name of the operating system.
    OsName,
    /// Version of the agent.
    AgentVersion,
    /// Number of pending updates. A number that is not known, or that nobody knows to be still true
    /// because the last scan failed, is above every other: it needs somebody first.
    PendingUpdates,
    /// Whether a restart is pending.
    Restart,
    /// Last successful scan; never first.
    ScannedAt,
    /// Last sign of life.
    LastSeenAt,
}

/// Above what any device can have.
const UNKNOWN_PENDING: i64 = 1_000_000_000;

impl DeviceSort {
    const fn column(self) -> &'static str {
        match self {
            Self::Hostname => "d.hostname_key",
            Self::OsName => "d.os_name",
            Self::AgentVersion => "d.agent_version",
            // As the index has it.
            Self::PendingUpdates => {
                "(CASE WHEN d.pending_updates IS NULL OR d.scan_state = 'failed' THEN 1000000000
                  ELSE d.pending_updates END)"
            }
            Self::Restart => "d.restart_required",
            Self::ScannedAt => "COALESCE(d.scanned_at, 0)",
            Self::LastSeenAt => "d.last_seen_at",
        }
    }

    fn key(self, device: &DeviceRecord) -> SortKey {
        match self {
            Self::Hostname => SortKey::Text(device.facts.hostname.to_lowercase()),
            Self::OsName => SortKey::Text(device.facts.os_name.clone()),
            Self::AgentVersion => SortKey::Text(device.facts.agent_version.clone()),
            Self::PendingUpdates => SortKey::Number(match device.pending_updates {
                Some(pending) if device.scan.state != ScanState::Failed => number(pending),
                _ => UNKNOWN_PENDING,
            }),
            Self::Restart => SortKey::Number(match device.restart_required {
                RestartRequired::No => 0,
                RestartRequired::Unknown => 1,
                RestartRequired::Yes => 2,
            }),
            Self::ScannedAt => SortKey::Number(device.scan.scanned_at.map_or(0, milliseconds)),
            Self::LastSeenAt => SortKey::Number(milliseconds(device.last_seen_at)),
        }
    }

    /// What kind of value it sorts by.
    #[must_use]
    pub const fn key_kind(self) -> KeyKind {
        match self {
            Self::Hostname | Self::OsName | Self::AgentVersion => KeyKind::Text,
            Self::PendingUpdates | Self::Restart | Self::ScannedAt | Self::LastSeenAt => {
                KeyKind::Number
            }
        }
    }
}

impl Store {
    /// A page of the devices in scope that match.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn devices(
        &self,
        scope: &Scope,
        filter: &DeviceFilter,
        sort: DeviceSort,
        direction: Direction,
        page: &PageRequest,
    ) -> Result<Page<DeviceRecord>, StoreError> {
        let mut sql = Sql::new(SELECT);
        sql.within("d.tenant_id", scope);
        push_filter(&mut sql, filter);
        page.continue_sql(&mut sql, sort.column(), "d.id", direction);
        let rows = self.all(scope, sql).await?;
        let items: Result<Vec<_>, _> = rows.iter().map(DeviceRecord::read).collect();
        Ok(Page::new(items?, page.limit, |device| Cursor {
            key: sort.key(device),
            id: device.id.0,
        }))
    }

    /// How many devices in scope match.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn count_devices(
        &self,
        scope: &Scope,
        filter: &DeviceFilter,
    ) -> Result<u64, StoreError> {
        let mut sql =
            Sql::new("SELECT COUNT(*) AS total FROM devices d WHERE d.removed_at IS NULL AND ");
        sql.within("d.tenant_id", scope);
        push_filter(&mut sql, filter);
        self.one(scope, sql)
            .await?
            .map_or(Ok(0), |row| row.count("total"))
    }
}

fn push_filter(sql: &mut Sql, filter: &DeviceFilter) {
    match filter.group_id {
        Some(group) if filter.subgroups => sql
            .push(" AND d.group_id IN (WITH RECURSIVE tree (id) AS (VALUES (")
            .bind(group.0)
            .push(
                ") UNION SELECT g.id FROM device_groups g JOIN tree ON g.parent_id = tree.id)
                SELECT id FROM tree)",
            ),
        Some(group) => sql.push(" AND d.group_id = ").bind(group.0),
        None => sql,
    };
    if let Some(search) = &filter.search {
        sql.push(" AND ").contains("d.hostname_key", search);
    }
    if let Some(family) = filter.os_family {
        sql.push(" AND d.os_family = ").bind(family.name());
    }
    if let Some(instant) = filter.seen_since {
        sql.push(" AND d.last_seen_at >= ")
            .bind(milliseconds(instant));
    }
    if let Some(instant) = filter.silent_since {
        sql.push(" AND d.last_seen_at < ")
            .bind(milliseconds(instant));
    }
    if filter.restart_required {
        sql.push(" AND d.restart_required = 2");
    }
    match filter.pending {
        Some(PendingFilter::Some) => sql.push(" AND d.pending_updates > 0"),
        Some(PendingFilter::None) => sql.push(" AND d.pending_updates = 0"),
        Some(PendingFilter::Unknown) => sql.push(" AND d.pending_updates IS NULL"),
        None => sql,
    };
}
