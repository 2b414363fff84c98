//! Actions as people see them: lists, counts, and how they went.

use crate::{
    ActionCourse, ActionFilter, ActionRecord, Creator, Cursor, Direction, FailureCount, Page,
    PageRequest, Store, StoreError, TaskCounts, page::SortKey, row::Row, sql::Sql, tasks::OPEN,
};
use latarnik_model::{ActionId, Scope, TaskState};
use std::collections::HashMap;

/// An action is the same in each tenant that it touches.
const SELECT: &str = "SELECT DISTINCT action_id, parameters, run_when, deadline_at, created_at,
        created_by, created_by_kind, created_by_name
    FROM action_tenants WHERE ";

impl Store {
    /// A page of the actions that touch devices in scope.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn actions(
        &self,
        scope: &Scope,
        filter: &ActionFilter,
        direction: Direction,
        page: &PageRequest,
    ) -> Result<Page<ActionRecord>, StoreError> {
        let mut sql =
            Sql::new("SELECT DISTINCT created_at, action_id FROM action_tenants a WHERE ");
        sql.within("tenant_id", scope);
        push_filter(&mut sql, scope, filter);
        page.continue_sql(&mut sql, "created_at", "action_id", direction);
        let rows = self.all(scope, sql).await?;
        let found = rows.iter().map(|row| {
            Ok(Cursor {
                key: SortKey::Number(row.integer("created_at")?),
                id: row.uuid("action_id")?,
            })
        });
        let found: Vec<Cursor> = found.collect::<Result<_, StoreError>>()?;
        let places = Page::new(found, page.limit, Clone::clone);
        let ids: Vec<_> = places
            .items
            .iter()
            .map(|place| ActionId(place.id))
            .collect();
        let mut read = self.actions_by_id(scope, &ids).await?;
        Ok(Page {
            items: ids.iter().filter_map(|id| read.remove(id)).collect(),
            next: places.next,
        })
    }

    /// An action with its tasks in scope; `None` if it has none there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn action(
        &self,
        scope: &Scope,
        id: ActionId,
    ) -> Result<Option<ActionRecord>, StoreError> {
        Ok(self.actions_by_id(scope, &[id]).await?.remove(&id))
    }

    async fn actions_by_id(
        &self,
        scope: &Scope,
        ids: &[ActionId],
    ) -> Result<HashMap<ActionId, ActionRecord>, StoreError> {
        let mut sql = Sql::new(SELECT);
        sql.push("action_id IN (")
            .bind_all(ids.iter().map(|id| id.0))
            .push(") AND ")
            .within("tenant_id", scope);
        let rows = self.all(scope, sql).await?;
        let mut counts = self.task_counts(scope, ids).await?;
        let breaking = self.breaking_counts(scope, ids).await?;
        rows.iter()
            .map(|row| {
                let id = ActionId(row.uuid("action_id")?);
                let tasks = counts.remove(&id).unwrap_or_default();
                let breaking = breaking.get(&id).copied().unwrap_or_default();
                Ok((id, read(row, id, tasks, breaking)?))
            })
            .collect()
    }

    async fn task_counts(
        &self,
        scope: &Scope,
        ids: &[ActionId],
    ) -> Result<HashMap<ActionId, TaskCounts>, StoreError> {
        let mut sql =
            Sql::new("SELECT action_id, state, COUNT(*) AS total FROM tasks WHERE action_id IN (");
        sql.bind_all(ids.iter().map(|id| id.0))
            .push(") AND ")
            .within("tenant_id", scope)
            .push(" GROUP BY action_id, state");
        let mut counts: HashMap<ActionId, TaskCounts> = HashMap::new();
        for row in self.all(scope, sql).await? {
            counts
                .entry(ActionId(row.uuid("action_id")?))
                .or_default()
                .insert(row.name("state")?, row.count("total")?);
        }
        Ok(counts)
    }

    /// How many tasks of these actions break windows; those without are missing.
    async fn breaking_counts(
        &self,
        scope: &Scope,
        ids: &[ActionId],
    ) -> Result<HashMap<ActionId, u64>, StoreError> {
        let mut sql = Sql::new(
            "SELECT action_id, COUNT(*) AS total FROM tasks
             WHERE breaks_windows = 1 AND action_id IN (",
        );
        sql.bind_all(ids.iter().map(|id| id.0))
            .push(") AND ")
            .within("tenant_id", scope)
            .push(" GROUP BY action_id");
        let rows = self.all(scope, sql).await?;
        rows.iter()
            .map(|row| Ok((ActionId(row.uuid("action_id")?), row.count("total")?)))
            .collect()
    }

    /// How the tasks of an action in scope went.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn action_course(
        &self,
        scope: &Scope,
        id: ActionId,
    ) -> Result<ActionCourse, StoreError> {
        let mut sql = Sql::new(
            "SELECT state, reason, COUNT(*) AS total, MIN(started_at) AS started_at,
                MAX(finished_at) AS finished_at FROM tasks WHERE action_id = ",
        );
        sql.bind(id.0)
            .push(" AND ")
            .within("tenant_id", scope)
            .push(" GROUP BY state, reason ORDER BY total DESC, state, reason");
        let mut course = ActionCourse::default();
        for row in self.all(scope, sql).await? {
            let started_at = row.optional_time("started_at")?;
            course.started_at = course.started_at.into_iter().chain(started_at).min();
            course.last_finished_at = course
                .last_finished_at
                .max(row.optional_time("finished_at")?);
            let state: TaskState = row.name("state")?;
            if matches!(state, TaskState::Failed | TaskState::Expired) {
                course.failures.push(FailureCount {
                    state,
                    reason: row.optional_name("reason")?,
                    count: row.count("total")?,
                });
            }
        }
        Ok(course)
    }
}

fn push_filter(sql: &mut Sql, scope: &Scope, filter: &ActionFilter) {
    if let Some(kind) = filter.kind {
        sql.push(" AND a.kind = ").bind(kind.name());
    }
    if let Some(creator) = filter.created_by {
        sql.push(" AND a.created_by = ").bind(creator);
    }
    if let Some(kind) = filter.created_by_kind {
        sql.push(" AND a.created_by_kind = ").bind(kind.name());
    }
    if let Some(open) = filter.open {
        let not = if open { "" } else { "NOT " };
        sql.push(&format!(
            " AND a.action_id {not}IN (SELECT action_id FROM tasks WHERE {OPEN} AND "
        ))
        .within("tenant_id", scope)
        .push(")");
    }
}

fn read(
    row: &Row,
    id: ActionId,
    tasks: TaskCounts,
    breaking_windows: u64,
) -> Result<ActionRecord, StoreError> {
    Ok(ActionRecord {
        id,
        parameters: row.json("parameters")?,
        when: row.json("run_when")?,
        deadline_at: row.optional_time("deadline_at")?,
        created_at: row.time("created_at")?,
        created_by: Creator {
            kind: row.name("created_by_kind")?,
            id: row.uuid("created_by")?,
            name: row.text("created_by_name")?,
        },
        tasks,
        breaking_windows,
    })
}
