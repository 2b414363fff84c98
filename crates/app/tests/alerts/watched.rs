//! A bakery whose alerts are looked at.

use crate::scene::{Scene, ended};
use latarnik_app::{
    AlertFilter, AlertQuery, AlertRecord, Context, PageRequest,
    agents::{self, AgentIdentity, CheckIn, Outcome, Report, Scan, UpdateResult},
};
use latarnik_model::{AlertState, Clock, ReasonCode, TaskId, TaskState, UpdateOutcome};
use latarnik_testkit::facts;

impl Scene {
    pub(crate) async fn is_watched(&self) {
        self.office.app.raise_alerts().await.unwrap();
    }

    /// The alerts that somebody sees in these states, the latest first.
    pub(crate) async fn alerts_of(
        &self,
        whom: &Context,
        states: &[AlertState],
    ) -> Vec<AlertRecord> {
        let query = AlertQuery {
            tenant_id: None,
            filter: AlertFilter {
                states: states.to_vec(),
                ..AlertFilter::default()
            },
        };
        let page = PageRequest {
            limit: 100,
            after: None,
        };
        let alerts = self.office.app.list_alerts(whom, &query, &page);
        alerts.await.unwrap().items
    }

    pub(crate) async fn open_alerts(&self) -> Vec<AlertRecord> {
        self.alerts_of(&self.owner, &[AlertState::Open]).await
    }

    pub(crate) async fn closed_alerts(&self) -> Vec<AlertRecord> {
        self.alerts_of(&self.owner, &[AlertState::Closed]).await
    }

    /// The only open alert.
    pub(crate) async fn alert(&self) -> AlertRecord {
        let mut open = self.open_alerts().await;
        assert_eq!(open.len(), 1, "{open:?}");
        open.pop().unwrap()
    }

    /// A search of a machine ends now.
    pub(crate) async fn searches(&self, agent: &AgentIdentity, error: Option<ReasonCode>) {
        let now = self.office.clock.now();
        let device = self
            .office
            .app
            .read_device(&self.owner, agent.device_id)
            .await
            .unwrap();
        let check_in = CheckIn {
            boot_id: "first".to_owned(),
            facts: Some(facts("machine")),
            scan: Some(Scan {
                attempted_at: now,
                succeeded_at: match error {
                    None => Some(now),
                    Some(_) => device.record.scan.scanned_at,
                },
                number: None,
                boot_id: Some("first".to_owned()),
                error,
                error_detail: error.map(|_| "0x8024402C".to_owned()),
            }),
            ..CheckIn::default()
        };
        let app = &self.office.app;
        agents::check_in(app, agent, check_in).await.unwrap();
    }

    /// A person asks for the update, and its installer fails.
    pub(crate) async fn fails_to_install(&self, agent: &AgentIdentity, key: &str) {
        let task = self.is_asked_for(agent, key).await;
        self.ends(agent, task, key, UpdateOutcome::Failed).await;
    }

    /// A person asks for the update, and the machine has the task on its disk.
    pub(crate) async fn is_asked_for(&self, agent: &AgentIdentity, key: &str) -> TaskId {
        self.asks(&[agent], Some(&[key])).await.unwrap();
        self.takes_tasks(agent).await.unwrap()
    }

    /// The machine runs the task, and the update ends like this.
    pub(crate) async fn ends(
        &self,
        agent: &AgentIdentity,
        task: TaskId,
        key: &str,
        outcome: UpdateOutcome,
    ) {
        self.reports(agent, task, Report::Running).await;
        let failed = outcome == UpdateOutcome::Failed;
        let result = UpdateResult {
            key: key.to_owned(),
            title: key.to_owned(),
            outcome,
            result_code: failed.then_some(4),
            hresult: failed.then(|| "0x80070643".to_owned()),
            reason: None,
            restart_required: false,
        };
        let (state, reason) = match failed {
            true => (TaskState::Failed, Some(ReasonCode::InstallerFailed)),
            false => (TaskState::Succeeded, None),
        };
        let end = Outcome {
            exit_code: failed.then_some(100),
            updates: vec![result],
            ..ended(state, reason)
        };
        self.reports(agent, task, Report::Finished(end)).await;
    }
}
