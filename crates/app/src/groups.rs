//! Groups of devices: a tree in each tenant.

use crate::{
    App, AppError, Context, FieldCode, FieldError, Problem,
    context::{Done, Mutation, Target},
    error::invalid,
    tenants::narrowed,
    text::check_name,
    users::taken,
};
use latarnik_model::{GroupId, Permission, Scope, TenantId};
use latarnik_store::{GroupRecord, StoreError};
use std::collections::HashMap;

/// A group and how many devices lie directly in it.
#[derive(Debug, Clone)]
pub struct Group {
    /// What is known.
    pub record: GroupRecord,
    /// Devices directly in it.
    pub devices: u64,
}

/// A group to be.
#[derive(Debug, Clone)]
pub struct NewGroup {
    /// Its tenant.
    pub tenant_id: TenantId,
    /// Its name, unique among its siblings.
    pub name: String,
    /// The group that it lies in.
    pub parent_id: Option<GroupId>,
}

/// What changes about a group; `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct GroupChange {
    /// Name.
    pub name: Option<String>,
    /// The group that it lies in: `Some(None)` is none.
    pub parent_id: Option<Option<GroupId>>,
}

const CREATE: Mutation = manage("create_group");
const CHANGE: Mutation = manage("update_group");
const DELETE: Mutation = manage("delete_group");
/// How deep groups may lie in each other.
const DEEPEST: usize = 10;

const fn manage(action: &'static str) -> Mutation {
    Mutation {
        permission: Some(Permission::ManageGroups),
        action,
        target_kind: "group",
    }
}

impl App {
    /// The groups that the caller may see, of all tenants or of one.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub async fn list_groups(
        &self,
        context: &Context,
        tenant: Option<TenantId>,
    ) -> Result<Vec<Group>, AppError> {
        context.authorize(Permission::ReadDevices)?;
        let scope = narrowed(&context.scope, tenant);
        let groups = self.store().groups(&scope).await?;
        let sizes: HashMap<_, _> = self
            .store()
            .group_sizes(&scope)
            .await?
            .into_iter()
            .collect();
        let with = |record: GroupRecord| Group {
            devices: sizes.get(&record.id).copied().unwrap_or_default(),
            record,
        };
        Ok(groups.into_iter().map(with).collect())
    }

    /// Makes a group.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with the fields that are not usable.
    pub async fn create_group(&self, context: &Context, new: NewGroup) -> Result<Group, AppError> {
        let now = self.now();
        let group = GroupRecord {
            id: GroupId::generate(now, &self.ids()),
            tenant_id: new.tenant_id,
            parent_id: new.parent_id,
            name: new.name.trim().to_owned(),
            created_at: now,
        };
        self.mutate(context, &CREATE, async |transaction| {
            self.check_new_group(context, &new).await?;
            let groups = transaction.lock_groups(group.tenant_id).await?;
            if let Some(parent) = group.parent_id {
                check_place(&groups, &group, parent)?;
            }
            transaction
                .insert_group(&group)
                .await
                .map_err(|error| taken(error, "name"))?;
            let target = Target::new(group.tenant_id, group.id, group.name.as_str());
            Ok(Done::to(target, ()))
        })
        .await?;
        Ok(Group {
            record: group,
            devices: 0,
        })
    }

    async fn check_new_group(&self, context: &Context, new: &NewGroup) -> Result<(), AppError> {
        let mut errors = Vec::new();
        let mut note = |field, code| errors.push(FieldError { field, code });
        if let Err(code) = check_name(&new.name) {
            note("name", code);
        }
        let own = Scope::one(new.tenant_id);
        let tenant = match context.scope.contains(new.tenant_id) {
            true => self.store().tenant(&own, new.tenant_id).await?,
            false => None,
        };
        if tenant.is_none_or(|tenant| tenant.deletion.is_some()) {
            note("tenant_id", FieldCode::Unknown);
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(AppError::Invalid(errors))
        }
    }

    /// Changes a group's name or place.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; [`AppError::Invalid`].
    pub async fn update_group(
        &self,
        context: &Context,
        id: GroupId,
        change: GroupChange,
    ) -> Result<Group, AppError> {
        let group = self
            .mutate(context, &CHANGE, async |transaction| {
                let found = self.store().group(&context.scope, id).await?;
                let found = found.ok_or(Problem::NotFound)?;
                let groups = transaction.lock_groups(found.tenant_id).await?;
                let found = groups.iter().find(|group| group.id == id);
                let mut group = found.cloned().ok_or(Problem::NotFound)?;
                let mut target = Target::new(group.tenant_id, id, group.name.as_str());
                if let Some(name) = &change.name {
                    check_name(name).map_err(|code| invalid("name", code))?;
                    group.name = name.trim().to_owned();
                    target = target.with("name", &group.name);
                }
                if let Some(parent) = change.parent_id {
                    if let Some(parent) = parent {
                        check_place(&groups, &group, parent)?;
                    }
                    group.parent_id = parent;
                    let around = groups.iter().find(|other| Some(other.id) == parent);
                    let around = around.map(|group| group.name.as_str());
                    target = target.with("parent", around.unwrap_or("none"));
                }
                transaction
                    .update_group(&group)
                    .await
                    .map_err(|error| taken(error, "name"))?;
                Ok(Done::to(target, group))
            })
            .await?;
        if change.parent_id.is_some() {
            self.maintenance_changed(group.tenant_id).await;
        }
        let scope = Scope::one(group.tenant_id);
        let sizes = self.store().group_sizes(&scope).await?;
        let devices = sizes.into_iter().find(|(group, _)| *group == id);
        Ok(Group {
            record: group,
            devices: devices.map_or(0, |(_, devices)| devices),
        })
    }

    /// Deletes a group; devices and groups in it move to the group around it.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; [`Problem::GroupNameTaken`] if one of them has the name of a group
    /// there.
    pub async fn delete_group(&self, context: &Context, id: GroupId) -> Result<(), AppError> {
        let deleted = self
            .mutate(context, &DELETE, async |transaction| {
                let group = self.store().group(&context.scope, id).await?;
                let group = group.ok_or(Problem::NotFound)?;
                transaction.lock_groups(group.tenant_id).await?;
                transaction
                    .delete_group(&group)
                    .await
                    .map_err(|error| match error {
                        StoreError::Conflict(_) => Problem::GroupNameTaken.into(),
                        other => AppError::from(other),
                    })?;
                let target = Target::new(group.tenant_id, id, group.name.as_str());
                Ok(Done::to(target, group))
            })
            .await?;
        let around = |_, lay| {
            if lay == Some(id) {
                deleted.parent_id
            } else {
                lay
            }
        };
        self.regrouped(deleted.tenant_id, around).await;
        Ok(())
    }
}

/// Refuses a place that is not there, that lies in the group itself, or that is too deep.
fn check_place(
    groups: &[GroupRecord],
    group: &GroupRecord,
    parent: GroupId,
) -> Result<(), AppError> {
    let find = |id| groups.iter().find(|group| group.id == id);
    let mut around = find(parent);
    if around.is_none() {
        return Err(invalid("parent_id", FieldCode::Unknown));
    }
    let mut depth = 1 + height(groups, group.id, DEEPEST);
    while let Some(ancestor) = around {
        if ancestor.id == group.id {
            return Err(invalid("parent_id", FieldCode::NotAllowed));
        }
        depth += 1;
        if depth > DEEPEST {
            return Err(invalid("parent_id", FieldCode::OutOfRange));
        }
        around = ancestor.parent_id.and_then(find);
    }
    Ok(())
}

/// How deep groups lie in a group; looked at no deeper than `limit`.
fn height(groups: &[GroupRecord], id: GroupId, limit: usize) -> usize {
    if limit == 0 {
        return 0;
    }
    groups
        .iter()
        .filter(|group| group.parent_id == Some(id))
        .map(|group| 1 + height(groups, group.id, limit - 1))
        .max()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use uuid::Uuid;

    fn group(id: u128, parent: Option<u128>) -> GroupRecord {
        GroupRecord {
            id: GroupId(Uuid::from_u128(id)),
            tenant_id: TenantId(Uuid::nil()),
            parent_id: parent.map(|id| GroupId(Uuid::from_u128(id))),
            name: id.to_string(),
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn code(result: Result<(), AppError>) -> Option<FieldCode> {
        match result {
            Ok(()) => None,
            Err(AppError::Invalid(errors)) => errors.first().map(|error| error.code),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn group_never_lies_in_itself() {
        let groups = [group(1, None), group(2, Some(1)), group(3, Some(2))];
        let place = |id: usize, parent| {
            code(check_place(
                &groups,
                &groups[id - 1],
                GroupId(Uuid::from_u128(parent)),
            ))
        };
        assert_eq!(place(1, 3), Some(FieldCode::NotAllowed));
        assert_eq!(place(1, 1), Some(FieldCode::NotAllowed));
        assert_eq!(place(3, 1), None);
        assert_eq!(place(3, 9), Some(FieldCode::Unknown));
    }

    #[test]
    fn tree_has_a_deepest_place() {
        let mut groups: Vec<_> = (1..=10)
            .map(|id| group(id, (id > 1).then(|| id - 1)))
            .collect();
        groups.push(group(20, None));
        groups.push(group(21, Some(20)));
        let parent = |id| GroupId(Uuid::from_u128(id));
        assert_eq!(code(check_place(&groups, &groups[11], parent(9))), None);
        assert_eq!(
            code(check_place(&groups, &groups[11], parent(10))),
            Some(FieldCode::OutOfRange)
        );
        assert_eq!(
            code(check_place(&groups, &groups[10], parent(9))),
            Some(FieldCode::OutOfRange),
            "what lies in it counts too"
        );
    }
}
