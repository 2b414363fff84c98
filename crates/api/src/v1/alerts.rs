//! Alerts: what a person must know.

pub(super) mod acknowledge;
pub(super) mod acknowledge_many;
pub(super) mod count;
pub(super) mod list;
pub(super) mod read;

use super::tenants::TenantReference;
use crate::{instant::Instant, problem::ApiError};
use latarnik_app::{Acknowledgement as AppAcknowledgement, AlertRecord};
use latarnik_model::{
    AlertCause, AlertCloseReason, AlertId, AlertKind, AlertSeverity, AlertState, DeviceId,
};
use serde::Serialize;
use std::str::FromStr;
use utoipa::ToSchema;

/// Something that a person must know.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Alert {
    id: AlertId,
    kind: AlertKind,
    severity: AlertSeverity,
    state: AlertState,
    tenant: TenantReference,
    /// The device that it is about; null for what is not about one.
    device: Option<AlertDevice>,
    /// What raised it. While it is not closed, as it was last seen.
    cause: AlertCause,
    /// Since when the cause stands.
    since: Instant,
    raised_at: Instant,
    /// Who knows of it; null before anybody does.
    acknowledgement: Option<Acknowledgement>,
    closed_at: Option<Instant>,
    close_reason: Option<AlertCloseReason>,
}

/// The device that an alert is about.
#[derive(Debug, Serialize, ToSchema)]
struct AlertDevice {
    id: DeviceId,
    hostname: String,
}

/// That somebody knows of an alert.
#[derive(Debug, Serialize, ToSchema)]
struct Acknowledgement {
    at: Instant,
    by: String,
    /// What they say to it; may be empty.
    note: String,
}

impl From<AlertRecord> for Alert {
    fn from(record: AlertRecord) -> Self {
        let kind = record.cause.kind();
        Self {
            id: record.id,
            kind,
            severity: kind.severity(),
            state: record.state(),
            tenant: TenantReference {
                id: record.tenant_id,
                name: record.tenant_name,
            },
            device: record
                .device
                .map(|(id, hostname)| AlertDevice { id, hostname }),
            cause: record.cause,
            since: record.since.into(),
            raised_at: record.raised_at.into(),
            acknowledgement: record.acknowledgement.map(Acknowledgement::from),
            closed_at: record.closed.map(|(at, _)| at.into()),
            close_reason: record.closed.map(|(_, reason)| reason),
        }
    }
}

impl From<AppAcknowledgement> for Acknowledgement {
    fn from(acknowledgement: AppAcknowledgement) -> Self {
        Self {
            at: acknowledgement.at.into(),
            by: acknowledgement.by_name,
            note: acknowledgement.note,
        }
    }
}

/// Words, separated by commas; absent is any.
fn words<T: FromStr>(text: Option<&str>) -> Result<Vec<T>, ApiError> {
    let Some(text) = text else {
        return Ok(Vec::new());
    };
    let words: Result<Vec<_>, _> = text.split(',').map(str::parse).collect();
    words.map_err(|_| ApiError::MALFORMED_REQUEST)
}
