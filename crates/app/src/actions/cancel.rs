//! Cancelling all of an action.

use super::{Action, begin::TOLD_ONE_BY_ONE};
use crate::{
    App, AppError, Context, Problem,
    context::{Done, Mutation, Target},
    events::Event,
};
use latarnik_model::{ActionId, Permission, TenantId};
use latarnik_store::TaskTaken;
use std::collections::BTreeMap;

const CANCEL: Mutation = Mutation {
    permission: Some(Permission::CancelTasks),
    action: "cancel_action",
    target_kind: "action",
};

impl App {
    /// Cancels those tasks of an action that the caller may see and that have not ended: at once
    /// where no agent can have them yet, otherwise as soon as the agents answer.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; [`Problem::ActionAlreadyFinished`] if no task is open.
    pub async fn cancel_action(&self, context: &Context, id: ActionId) -> Result<Action, AppError> {
        let tasks = self
            .mutate(context, &CANCEL, async |transaction| {
                let action = self.store().action(&context.scope, id).await?;
                action.ok_or(Problem::NotFound)?;
                let tasks = transaction
                    .cancel_tasks_of(&context.scope, id, self.now())
                    .await?;
                if tasks.is_empty() {
                    return Err(Problem::ActionAlreadyFinished.into());
                }
                let mut tenants: BTreeMap<TenantId, usize> = BTreeMap::new();
                for task in &tasks {
                    *tenants.entry(task.tenant_id).or_default() += 1;
                }
                let target = |(tenant, count)| {
                    Target {
                        name: None,
                        ..Target::new(tenant, id, "")
                    }
                    .with("tasks", count)
                };
                Ok(Done {
                    targets: tenants.into_iter().map(target).collect(),
                    ..Done::nothing(tasks)
                })
            })
            .await?;
        self.events().publish(Event::TasksWaiting {
            device_ids: tasks.iter().map(|task| task.device_id).collect(),
        });
        self.tell_taken(&tasks);
        self.read_action(context, id).await
    }

    /// Tells consoles of tasks that changed together.
    pub(crate) fn tell_taken(&self, tasks: &[TaskTaken]) {
        for task in tasks {
            self.action_board().note(task.action_id, task.tenant_id);
        }
        if tasks.len() > TOLD_ONE_BY_ONE {
            return;
        }
        for task in tasks {
            self.events().publish(Event::TaskChanged {
                task_id: task.id,
                device_id: task.device_id,
                action_id: task.action_id,
                tenant_id: task.tenant_id,
                state: task.state,
            });
        }
    }
}
