//! A bakery with an owner, and definitions of windows and blackouts.

use latarnik_app::{
    AppError, BlackoutEntry, Context, FieldCode, MaintenanceWindowChange, MaintenanceWindowEntry,
    NewBlackout, NewGroup, NewMaintenanceWindow, Problem,
};
use latarnik_model::{
    BlackoutDraft, GroupId, PeriodDraft, PolicyScope, RecurrenceDraft, Role, TenantId, WindowDraft,
};
use latarnik_testkit::{Database, Office};

pub(crate) struct Scene {
    pub(crate) office: Office,
    pub(crate) owner: Context,
}

/// Open on these days from this time on, for this many minutes.
pub(crate) fn weekly(
    days: &[&str],
    start_time: &str,
    minutes: i64,
    actions: &[&str],
) -> WindowDraft {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    WindowDraft {
        recurrence: RecurrenceDraft::Weekly { days: owned(days) },
        start_time: start_time.to_owned(),
        duration_minutes: minutes,
        time_zone: None,
        actions: owned(actions),
        valid_from: None,
        valid_until: None,
    }
}

/// Every Sunday night.
pub(crate) fn sunday_night() -> WindowDraft {
    weekly(&["sunday"], "22:00", 240, &["update", "restart"])
}

/// Every month, from one of its days to another.
pub(crate) fn monthly(first_day: i64, last_day: i64) -> BlackoutDraft {
    BlackoutDraft {
        period: PeriodDraft::Monthly {
            first_day,
            last_day,
        },
        time_zone: None,
        actions: ["update", "restart", "backup"].map(str::to_owned).to_vec(),
    }
}

pub(crate) fn taxes() -> BlackoutDraft {
    monthly(20, 25)
}

pub(crate) fn problem<T: std::fmt::Debug>(result: Result<T, AppError>) -> Problem {
    match result {
        Err(AppError::Refused(problem)) => problem,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

pub(crate) fn fields<T: std::fmt::Debug>(
    result: Result<T, AppError>,
) -> Vec<(&'static str, FieldCode)> {
    match result {
        Err(AppError::Invalid(errors)) => errors.iter().map(|e| (e.field, e.code)).collect(),
        other => panic!("expected unusable fields, got {other:?}"),
    }
}

impl Scene {
    pub(crate) async fn open(database: Database) -> Self {
        let office = Office::open(database).await;
        let owner = office.person(office.bakery, Role::Owner).await;
        Self { office, owner }
    }

    pub(crate) fn window_to_be(
        &self,
        scope: PolicyScope,
        name: &str,
        window: WindowDraft,
    ) -> NewMaintenanceWindow {
        NewMaintenanceWindow {
            tenant_id: self.office.bakery,
            scope,
            name: name.to_owned(),
            enabled: true,
            definition: window,
        }
    }

    pub(crate) async fn window(
        &self,
        scope: PolicyScope,
        name: &str,
        window: WindowDraft,
    ) -> MaintenanceWindowEntry {
        let new = self.window_to_be(scope, name, window);
        let made = self.office.app.create_maintenance_window(&self.owner, new);
        made.await.unwrap()
    }

    pub(crate) fn change(&self, version: u64, window: WindowDraft) -> MaintenanceWindowChange {
        MaintenanceWindowChange {
            version,
            scope: PolicyScope::Tenant,
            name: "Changed".to_owned(),
            enabled: true,
            definition: window,
        }
    }

    pub(crate) async fn blackout(
        &self,
        scope: PolicyScope,
        name: &str,
        blackout: BlackoutDraft,
    ) -> BlackoutEntry {
        let new = NewBlackout {
            tenant_id: self.office.bakery,
            scope,
            name: name.to_owned(),
            definition: blackout,
        };
        let made = self.office.app.create_blackout(&self.owner, new).await;
        made.unwrap()
    }

    pub(crate) async fn group(&self, name: &str, parent_id: Option<GroupId>) -> GroupId {
        let new = NewGroup {
            tenant_id: self.office.bakery,
            name: name.to_owned(),
            parent_id,
        };
        let group = self.office.app.create_group(&self.owner, new).await;
        group.unwrap().record.id
    }

    /// Names of the windows that somebody sees.
    pub(crate) async fn seen_by(&self, context: &Context, tenant: Option<TenantId>) -> Vec<String> {
        let windows = self.office.app.list_maintenance_windows(context, tenant);
        let windows = windows.await.unwrap().into_iter();
        windows.map(|entry| entry.record.window.name).collect()
    }
}
