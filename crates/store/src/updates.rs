//! Updates over all devices: which devices have one, which lack it.

use crate::{
    Cursor, Direction, KeyKind, Page, PageRequest, Store, StoreError, UpdateStanding,
    page::SortKey,
    row::{Row, milliseconds, number},
    sql::Sql,
};
use jiff::Timestamp;
use latarnik_model::{
    DeviceId, Scope, Severity, TenantId, Titles, UpdateCategory, UpdateId, UpdateSource,
    UpdateState,
};

/// Which updates.
#[derive(Debug, Clone, Default)]
pub struct UpdateFilter {
    /// With this text in their title, article or package.
    pub search: Option<String>,
    /// Of this kind.
    pub category: Option<UpdateCategory>,
    /// That at least one device is in one of these states with; empty is any.
    pub states: Vec<UpdateState>,
}

/// What a list of updates is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateSort {
    /// How many devices lack it.
    Lacking,
    /// On how many devices it has failed.
    Failed,
    /// When the first device was offered it.
    FirstOfferedAt,
    /// Title.
    Title,
}

impl UpdateSort {
    /// What kind of value the list is sorted by, and with it its cursors.
    #[must_use]
    pub const fn key_kind(self) -> KeyKind {
        match self {
            Self::Title => KeyKind::Text,
            Self::Lacking | Self::Failed | Self::FirstOfferedAt => KeyKind::Number,
        }
    }

    const fn column(self) -> &'static str {
        match self {
            Self::Lacking => "lacking",
            Self::Failed => "failed",
            Self::FirstOfferedAt => "first_offered_at",
            Self::Title => "title",
        }
    }

    fn key(self, update: &UpdateSummary) -> SortKey {
        match self {
            Self::Lacking => SortKey::Number(number(update.counts.lacking())),
            Self::Failed => SortKey::Number(number(update.counts.failed)),
            Self::FirstOfferedAt => SortKey::Number(milliseconds(update.first_offered_at)),
            Self::Title => SortKey::Text(update.title.clone()),
        }
    }
}

/// On how many devices an update stands where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UpdateCounts {
    /// Offered, approved or downloaded.
    pub waiting: u64,
    /// Installed as far as its installer says, not confirmed: by a search, or because it waits for
    /// a restart.
    pub unconfirmed: u64,
    /// Waits for a restart.
    pub restart_pending: u64,
    /// Installed.
    pub installed: u64,
    /// Failed.
    pub failed: u64,
    /// No longer offered.
    pub superseded: u64,
}

impl UpdateCounts {
    /// How many devices lack it: they are offered it, or it has failed there.
    #[must_use]
    pub const fn lacking(&self) -> u64 {
        self.waiting + self.failed
    }

    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            waiting: row.count("waiting")?,
            unconfirmed: row.count("unconfirmed")?,
            restart_pending: row.count("restart_pending")?,
            installed: row.count("installed")?,
            failed: row.count("failed")?,
            superseded: row.count("superseded")?,
        })
    }
}

/// An update over all devices in scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateSummary {
    /// Its id.
    pub id: UpdateId,
    /// Where the offers come from.
    pub source: UpdateSource,
    /// Its title on one of the devices.
    pub title: String,
    /// What it is called in other languages (BCP 47), where that is known.
    pub titles: Titles,
    /// Kind of update.
    pub category: UpdateCategory,
    /// Severity of what it closes.
    pub severity: Option<Severity>,
    /// Knowledge base article.
    pub kb: Option<String>,
    /// Linux: package.
    pub package: Option<String>,
    /// The version that it leads to.
    pub available_version: Option<String>,
    /// When it was published.
    pub released_at: Option<Timestamp>,
    /// When the first device was offered it.
    pub first_offered_at: Timestamp,
    /// On how many devices it stands where.
    pub counts: UpdateCounts,
}

/// A device and where one update stands on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceUpdateRecord {
    /// The device.
    pub device_id: DeviceId,
    /// Its tenant.
    pub tenant_id: TenantId,
    /// Its name.
    pub hostname: String,
    /// What identifies the update there.
    pub key: String,
    /// When it was first offered it.
    pub first_offered_at: Timestamp,
    /// Where it stands.
    pub standing: UpdateStanding,
}

/// One row for each update. What differs between devices, such as the language of the title, is
/// taken from any of them.
const SUMMARIES: &str = "SELECT id, MAX(source) AS source, MAX(title) AS title,
    MAX(titles) AS titles, MAX(category) AS category, MAX(severity) AS severity, MAX(kb) AS kb, MAX(package) AS package,
    MAX(available_version) AS available_version, MAX(released_at) AS released_at,
    MIN(first_offered_at) AS first_offered_at,
    SUM(CASE WHEN state IN ('offered', 'approved', 'downloaded', 'failed') THEN 1 ELSE 0 END)
        AS lacking,
    SUM(CASE WHEN state IN ('offered', 'approved', 'downloaded') THEN 1 ELSE 0 END) AS waiting,
    SUM(CASE WHEN state = 'unconfirmed' THEN 1 ELSE 0 END) AS unconfirmed,
    SUM(CASE WHEN state = 'restart_pending' THEN 1 ELSE 0 END) AS restart_pending,
    SUM(CASE WHEN state = 'installed' THEN 1 ELSE 0 END) AS installed,
    SUM(CASE WHEN state = 'failed' THEN 1 ELSE 0 END) AS failed,
    SUM(CASE WHEN state = 'superseded' THEN 1 ELSE 0 END) AS superseded
    FROM device_updates WHERE ";

impl Store {
    /// Updates that devices in scope are or were offered.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn updates(
        &self,
        scope: &Scope,
        filter: &UpdateFilter,
        (sort, direction): (UpdateSort, Direction),
        page: &PageRequest,
    ) -> Result<Page<UpdateSummary>, StoreError> {
        let mut sql = Sql::new("SELECT * FROM (");
        sql.push(SUMMARIES).within("tenant_id", scope);
        if let Some(category) = filter.category {
            sql.push(" AND category = ")
                .bind(crate::row::variant_name(&category));
        }
        if let Some(search) = &filter.search {
            sql.push(" AND (").contains_name("title", search);
            for column in ["COALESCE(titles, '')", "kb", "package"] {
                sql.push(" OR ").contains_name(column, search);
            }
            sql.push(")");
        }
        sql.push(" GROUP BY id");
        if !filter.states.is_empty() {
            sql.push(" HAVING SUM(CASE WHEN state IN (")
                .bind_all(filter.states.iter().map(|state| state.name()))
                .push(") THEN 1 ELSE 0 END) > 0");
        }
        sql.push(") AS summaries WHERE 1 = 1");
        page.continue_sql(&mut sql, sort.column(), "id", direction);
        let rows = self.all(scope, sql).await?;
        let items: Result<Vec<_>, _> = rows.iter().map(UpdateSummary::read).collect();
        Ok(Page::new(items?, page.limit, |update| Cursor {
            key: sort.key(update),
            id: update.id.0,
        }))
    }

    /// One update; `None` if no device in scope is or was offered it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn update(
        &self,
        scope: &Scope,
        id: UpdateId,
    ) -> Result<Option<UpdateSummary>, StoreError> {
        let mut sql = Sql::new(SUMMARIES);
        sql.within("tenant_id", scope)
            .push(" AND id = ")
            .bind(id.0)
            .push(" GROUP BY id");
        let row = self.one(scope, sql).await?;
        row.as_ref().map(UpdateSummary::read).transpose()
    }

    /// The devices in scope that are or were offered an update, by name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn devices_of_update(
        &self,
        scope: &Scope,
        id: UpdateId,
        states: &[UpdateState],
        page: &PageRequest,
    ) -> Result<Page<DeviceUpdateRecord>, StoreError> {
        let mut sql = Sql::new(
            "SELECT u.*, d.hostname, d.hostname_key FROM device_updates u
             JOIN devices d ON d.tenant_id = u.tenant_id AND d.id = u.device_id WHERE u.id = ",
        );
        sql.bind(id.0)
            .push(" AND d.removed_at IS NULL AND ")
            .within("u.tenant_id", scope);
        if !states.is_empty() {
            sql.push(" AND u.state IN (")
                .bind_all(states.iter().map(|state| state.name()))
                .push(")");
        }
        // Two revisions of one update on one device are two rows with one id.
        page.continue_sql(
            &mut sql,
            "d.hostname_key || ' ' || u.update_key",
            "u.device_id",
            Direction::Ascending,
        );
        let rows = self.all(scope, sql).await?;
        let items: Result<Vec<_>, _> = rows.iter().map(DeviceUpdateRecord::read).collect();
        Ok(Page::new(items?, page.limit, |row| Cursor {
            key: SortKey::Text(format!("{} {}", row.hostname.to_lowercase(), row.key)),
            id: row.device_id.0,
        }))
    }
}

impl UpdateSummary {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: UpdateId(row.uuid("id")?),
            source: row.name("source")?,
            title: row.text("title")?,
            titles: row.titles()?,
            category: row.name("category")?,
            severity: row.optional_name("severity")?,
            kb: row.optional_text("kb")?,
            package: row.optional_text("package")?,
            available_version: row.optional_text("available_version")?,
            released_at: row.optional_time("released_at")?,
            first_offered_at: row.time("first_offered_at")?,
            counts: UpdateCounts::read(row)?,
        })
    }
}

impl DeviceUpdateRecord {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            device_id: DeviceId(row.uuid("device_id")?),
            tenant_id: TenantId(row.uuid("tenant_id")?),
            hostname: row.text("hostname")?,
            key: row.text("update_key")?,
            first_offered_at: row.time("first_offered_at")?,
            standing: UpdateStanding::read(row)?,
        })
    }
}
