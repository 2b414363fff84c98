//! Actions, as people see them.

use crate::{App, AppError, Context, Problem, listing::check_page, tenants::narrowed};
use jiff::Timestamp;
use latarnik_model::{ActionId, ActionKind, CreatorKind, Permission, TaskState, TenantId};
use latarnik_store::{
    ActionCourse, ActionFilter, ActionRecord, Direction, KeyKind, Page, PageRequest,
};

/// An action and how it goes.
#[derive(Debug, Clone)]
pub struct Action {
    /// What it is, with the tasks that the caller may see.
    pub record: ActionRecord,
    /// How they went.
    pub course: ActionCourse,
}

impl Action {
    /// When its last task ended; `None` while one is open.
    #[must_use]
    pub fn ended_at(&self) -> Option<Timestamp> {
        let open = self.record.tasks.keys().any(|state| !state.is_final());
        self.course.last_finished_at.filter(|_| !open)
    }

    /// How many tasks are in a state.
    #[must_use]
    pub fn count(&self, state: TaskState) -> u64 {
        self.record.tasks.get(&state).copied().unwrap_or(0)
    }
}

/// Which actions.
#[derive(Debug, Clone, Copy, Default)]
pub struct ActionQuery {
    /// That touch devices of this tenant.
    pub tenant_id: Option<TenantId>,
    /// Of this kind.
    pub kind: Option<ActionKind>,
    /// With tasks that have not ended, or only others.
    pub open: Option<bool>,
    /// Only what the caller asked for.
    pub own: bool,
    /// From creators of this kind.
    pub created_by_kind: Option<CreatorKind>,
}

impl App {
    /// A page of the actions that touch devices which the caller may see, newest first.
    ///
    /// # Errors
    /// [`AppError::Invalid`] if the cursor is of another list.
    pub async fn list_actions(
        &self,
        context: &Context,
        query: &ActionQuery,
        page: &PageRequest,
    ) -> Result<Page<ActionRecord>, AppError> {
        context.authorize(Permission::ReadDevices)?;
        check_page(page, KeyKind::Number)?;
        let scope = narrowed(&context.scope, query.tenant_id);
        let (_, own, _) = context.actor_columns();
        let filter = ActionFilter {
            kind: query.kind,
            open: query.open,
            created_by: query.own.then(|| own.unwrap_or_default()),
            created_by_kind: query.created_by_kind,
        };
        let newest_first = Direction::Descending;
        Ok(self
            .store()
            .actions(&scope, &filter, newest_first, page)
            .await?)
    }

    /// An action with what the caller may see of its tasks.
    ///
    /// # Errors
    /// [`Problem::NotFound`].
    pub async fn read_action(&self, context: &Context, id: ActionId) -> Result<Action, AppError> {
        context.authorize(Permission::ReadDevices)?;
        let record = self.store().action(&context.scope, id).await?;
        let record = record.ok_or(Problem::NotFound)?;
        let course = self.store().action_course(&context.scope, id).await?;
        Ok(Action { record, course })
    }
}
