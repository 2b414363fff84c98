//! A gateway with a real application behind it.

use jiff::Timestamp;
use latarnik_app::{
    ActionOrder, AgentSettings, Context, Creator, Direction, MaintenanceWindowChange,
    NewEnrollmentToken, NewMaintenanceWindow, PageRequest, TaskFilter, TaskRecord,
};
use latarnik_gateway::{Authorities, EnrollmentTokenFormat, Gateway, Settings};
use latarnik_model::{
    Clock, CreatorKind, DeviceId, MaintenanceWindowId, PolicyScope, RecurrenceDraft, Role, Scope,
    TaskParameters, TaskState, WaitReason, When, WindowDraft, WorkNeeds,
};
use latarnik_protocol::EnrollmentToken;
use latarnik_testkit::{Database, Office, OfficeOptions, test_start};
use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};

/// Nothing in these tests takes this long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Server {
    pub(crate) office: Office,
    pub(crate) gateway: Gateway,
    pub(crate) operator: Context,
    authority_folder: PathBuf,
    address: String,
    serving: JoinHandle<()>,
    _folder: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Server {
    /// Serves agents that check in every second and renew without delay when authorities change.
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority_folder = folder.path().join("authority");
        let authorities = Authorities::open_or_create(&authority_folder, test_start()).unwrap();
        let authorities = Arc::new(authorities);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let token_format = Arc::new(EnrollmentTokenFormat {
            address: address.clone(),
            authorities: authorities.clone(),
        });
        let agents = AgentSettings {
            check_in_interval_seconds: 1,
            ..AgentSettings::default()
        };
        let office = Office::open_with(
            Database::sqlite().await,
            OfficeOptions {
                token_format,
                agents,
                ..OfficeOptions::default()
            },
        )
        .await;
        let operator = office.person(office.provider, Role::Owner).await;
        let settings = Settings {
            renewal_spread: Duration::ZERO,
            authorities_check: Duration::from_millis(20),
            ..Settings::new(address.clone())
        };
        let gateway = Gateway::new(office.app.clone(), authorities, settings).unwrap();
        let serving = tokio::spawn({
            let gateway = gateway.clone();
            async move { gateway.serve(listener, std::future::pending()).await }
        });
        Self {
            office,
            gateway,
            operator,
            authority_folder,
            address,
            serving,
            _folder: folder,
        }
    }

    /// No agent reaches it any more.
    pub(crate) async fn hang_up(&mut self) {
        self.serving.abort();
        let _ = (&mut self.serving).await;
    }

    /// Agents reach it again, where they did before.
    pub(crate) async fn listen_again(&mut self) {
        let listener = TcpListener::bind(&self.address).await.unwrap();
        let gateway = self.gateway.clone();
        self.serving =
            tokio::spawn(async move { gateway.serve(listener, std::future::pending()).await });
    }

    /// The authorities as a command in another process sees them: what it does there, the gateway
    /// has to find by itself.
    pub(crate) fn authorities(&self) -> Authorities {
        Authorities::open_or_create(&self.authority_folder, self.office.clock.now()).unwrap()
    }

    pub(crate) fn rotate(&self) {
        self.authorities().rotate(self.office.clock.now()).unwrap();
    }

    /// Puts the next authority in force, and returns when the gateway has taken that up.
    pub(crate) async fn finish(&self) {
        let authorities = self.authorities();
        authorities.finish(self.office.clock.now()).unwrap();
        let present = authorities.present().fingerprint();
        in_time(async {
            while self.token().await.authority != present {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    pub(crate) async fn token(&self) -> EnrollmentToken {
        let new = NewEnrollmentToken {
            name: "tests".to_owned(),
            tenant_id: self.office.provider,
            group_id: None,
            expires_in_hours: 24,
            max_uses: None,
        };
        let issued = self
            .office
            .app
            .create_enrollment_token(&self.operator, new)
            .await;
        issued.unwrap().token.parse().unwrap()
    }

    /// Asks for an installation; its key is that of the update. As a policy does: a person would be
    /// told that no machine is offered it.
    pub(crate) async fn install(&self, devices: Vec<DeviceId>, key: &str) {
        self.install_when(When::Now, devices, key).await;
    }

    /// The same, at a time.
    pub(crate) async fn install_when(&self, when: When, devices: Vec<DeviceId>, key: &str) {
        let tenant_id = self.office.provider;
        let order = ActionOrder {
            outside_windows: HashSet::new(),
            parameters: TaskParameters::InstallUpdates {
                update_keys: Some(vec![key.to_owned()]),
                categories: None,
            },
            devices: devices.into_iter().map(|id| (tenant_id, id)).collect(),
            own: HashMap::new(),
            when,
            deadline: None,
            created_by: Creator {
                kind: CreatorKind::Policy,
                id: tenant_id.0,
                name: "tests".to_owned(),
            },
            tenant_id,
            idempotency_key: key.to_owned(),
        };
        let app = &self.office.app;
        let transaction = self.office.store().begin(&Scope::one(tenant_id)).await;
        let transaction = transaction.unwrap();
        let begun = app.begin_action(&transaction, order).await.unwrap();
        transaction.commit().await.unwrap();
        app.announce_action(&begun);
    }

    async fn tasks(&self) -> Vec<TaskRecord> {
        let page = PageRequest {
            limit: 200,
            after: None,
        };
        let filter = TaskFilter::default();
        let app = &self.office.app;
        app.list_tasks(&self.operator, None, &filter, Direction::Ascending, &page)
            .await
            .unwrap()
            .items
    }

    /// Returns when so many tasks are in a state, and no other is unfinished.
    pub(crate) async fn tasks_are(&self, count: usize, state: TaskState) {
        in_time(async {
            loop {
                let tasks = self.tasks().await;
                let are = |task: &TaskRecord| task.state == state;
                if tasks.iter().filter(|task| are(task)).count() == count
                    && tasks.iter().all(|task| are(task) || task.state.is_final())
                {
                    break;
                }
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// Returns when all tasks wait for a window, for this reason and until then.
    pub(crate) async fn tasks_wait(&self, reason: WaitReason, until: Option<Timestamp>) {
        in_time(async {
            loop {
                let tasks = self.tasks().await;
                let waits = |task: &TaskRecord| {
                    task.state == TaskState::WaitingForWindow
                        && task.waits_for == Some(reason)
                        && task.waiting_until == until
                };
                if !tasks.is_empty() && tasks.iter().all(waits) {
                    break;
                }
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// Returns when a task waits for this reason and until then.
    pub(crate) async fn one_waits(&self, reason: WaitReason, until: &str) {
        let until: Option<Timestamp> = Some(until.parse().unwrap());
        in_time(async {
            let waits =
                |task: &TaskRecord| task.waits_for == Some(reason) && task.waiting_until == until;
            while !self.tasks().await.iter().any(waits) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// Returns when the server knows that work needs so much time on a device.
    pub(crate) async fn needs_are(&self, device: DeviceId, needs: WorkNeeds) {
        in_time(async {
            loop {
                let known = self.office.app.read_device(&self.operator, device).await;
                if known.unwrap().record.needs == Some(needs) {
                    break;
                }
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// Makes a window of the tenant for updates, on Mondays from then on.
    pub(crate) async fn window(&self, start_time: &str, minutes: i64) -> MaintenanceWindowId {
        let new = NewMaintenanceWindow {
            tenant_id: self.office.provider,
            scope: PolicyScope::Tenant,
            name: format!("Mondays, {start_time}"),
            enabled: true,
            definition: definition(start_time, minutes),
        };
        let app = &self.office.app;
        let made = app.create_maintenance_window(&self.operator, new).await;
        made.unwrap().record.window.id
    }

    /// Moves a window.
    pub(crate) async fn move_window(&self, id: MaintenanceWindowId, start_time: &str) {
        let app = &self.office.app;
        let known = app.read_maintenance_window(&self.operator, id).await;
        let change = MaintenanceWindowChange {
            version: known.unwrap().record.version,
            scope: PolicyScope::Tenant,
            name: format!("Mondays, {start_time}"),
            enabled: true,
            definition: definition(start_time, 60),
        };
        let changed = app.replace_maintenance_window(&self.operator, id, change);
        changed.await.unwrap();
    }

    /// Returns when only so many devices have not connected with a certificate of the next authority.
    pub(crate) async fn uncovered_are(&self, count: usize) {
        let next = self.authorities().next().unwrap().fingerprint();
        let context = Context::command_line();
        in_time(async {
            loop {
                let app = &self.office.app;
                let coverage = app.authority_coverage(&context, *next.as_bytes()).await;
                if coverage.unwrap().uncovered.len() == count {
                    break;
                }
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

fn definition(start_time: &str, duration_minutes: i64) -> WindowDraft {
    WindowDraft {
        recurrence: RecurrenceDraft::Weekly {
            days: vec!["monday".to_owned()],
        },
        start_time: start_time.to_owned(),
        duration_minutes,
        time_zone: Some("UTC".to_owned()),
        actions: vec!["update".to_owned()],
        valid_from: None,
        valid_until: None,
    }
}

/// Fails a test that hangs.
pub(crate) async fn in_time<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("this hangs")
}
