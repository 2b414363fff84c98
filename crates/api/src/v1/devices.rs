//! Managed machines.

pub(super) mod delete;
pub(super) mod list;
pub(super) mod list_updates;
pub(super) mod query;
pub(super) mod read;
pub(super) mod update;

use super::{groups::GroupReference, tenants::TenantReference};
use crate::instant::{Instant, optional};
use latarnik_app::{Device as AppDevice, Refusal, WindowOutlook as AppWindowOutlook};
use latarnik_model::{
    Because, DeviceId, OsFamily, ReasonCode, RestartRequired, RestartSignal, RestartSignalName,
    ScanState, SignalStrength,
};
use serde::Serialize;
use utoipa::ToSchema;

/// A managed machine as last reported, and what the caller may do with it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Device {
    id: DeviceId,
    tenant: TenantReference,
    group: Option<GroupReference>,
    hostname: String,
    os: OperatingSystem,
    agent_version: String,
    connection: Connection,
    /// When it last said anything.
    last_seen_at: Instant,
    /// IANA name.
    time_zone: Option<String>,
    enrolled_at: Instant,
    booted_at: Option<Instant>,
    /// The restart that it came out of, as far as its system knows; null is unknown.
    last_restart: Option<LastRestart>,
    pending_updates: PendingUpdates,
    scan: Scan,
    restart: Restart,
    /// Whether updates may install themselves now, and when they may next; null while nothing is
    /// known of that.
    maintenance_window: Option<WindowOutlook>,
    /// Tasks that have not ended.
    open_tasks: u64,
    can: DeviceAbilities,
}

/// The operating system.
#[derive(Debug, Serialize, ToSchema)]
struct OperatingSystem {
    family: OsFamily,
    /// Its own name.
    name: String,
    /// Version or build.
    version: String,
    /// Processor.
    architecture: String,
}

/// Whether the device was heard of lately.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Connection {
    Online,
    Offline,
}

/// Counts of offered updates; null is unknown, which is not zero.
#[derive(Debug, Serialize, ToSchema)]
struct PendingUpdates {
    /// Without definitions, which come several times a day.
    total: Option<u64>,
    /// Of `total`, those that close security holes.
    security: Option<u64>,
    /// Beside `total`: new signatures of protection programs.
    definitions: Option<u64>,
}

/// The last look for updates.
#[derive(Debug, Serialize, ToSchema)]
struct Scan {
    state: ScanState,
    /// When the last successful one ended.
    scanned_at: Option<Instant>,
    /// When the last attempt ended.
    attempted_at: Option<Instant>,
    error_code: Option<ReasonCode>,
    /// The system's own code, such as `0x8024402C`.
    error_detail: Option<String>,
}

/// Whether the device waits for a restart.
#[derive(Debug, Serialize, ToSchema)]
struct Restart {
    required: RestartRequired,
    signals: Vec<Signal>,
    /// When a promised restart will happen.
    scheduled_at: Option<Instant>,
    /// How often the people at the machine have put it off.
    postponed: u8,
}

/// A restart that a device came out of, as its system tells it.
#[derive(Debug, Serialize, ToSchema)]
struct LastRestart {
    /// When it was asked for.
    at: Instant,
    /// The account that asked, such as `NT AUTHORITY\\SYSTEM`.
    by: Option<String>,
    /// The program that asked.
    process: Option<String>,
    /// The system's code for the reason, such as `0x80020011`.
    reason: Option<String>,
    /// What was said to the people at the machine.
    comment: Option<String>,
}

/// A sign of a pending restart.
#[derive(Debug, Serialize, ToSchema)]
struct Signal {
    name: RestartSignalName,
    strength: SignalStrength,
    /// More, such as the packages that asked; not translated.
    detail: Option<String>,
}

impl From<RestartSignal> for Signal {
    fn from(signal: RestartSignal) -> Self {
        Self {
            name: signal.name,
            strength: signal.name.strength(),
            detail: signal.detail,
        }
    }
}

/// Whether updates may install themselves now, and when they may next.
#[derive(Debug, Serialize, ToSchema)]
struct WindowOutlook {
    /// Whether windows and blackouts let them now.
    open: bool,
    because: Because,
    /// Until when they may, if they may now; null without an end in sight.
    until: Option<Instant>,
    /// The same on the device's clock, RFC 3339 with its offset from UTC.
    #[schema(format = DateTime)]
    local_until: Option<String>,
    /// When they may next, if they may not now; null without an opening in sight.
    next: Option<Instant>,
    /// The same on the device's clock.
    #[schema(format = DateTime)]
    local_next: Option<String>,
}

impl From<AppWindowOutlook> for WindowOutlook {
    fn from(outlook: AppWindowOutlook) -> Self {
        Self {
            open: outlook.open,
            because: outlook.because,
            until: optional(outlook.until),
            local_until: outlook.local_until,
            next: optional(outlook.next),
            local_next: outlook.local_next,
        }
    }
}

/// What the caller may do with the device now.
#[derive(Debug, Serialize, ToSchema)]
struct DeviceAbilities {
    scan: Allowed,
    install: Allowed,
    restart: Allowed,
    remove: Allowed,
}

/// Whether something may be done, and why not.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Allowed {
    pub(crate) allowed: bool,
    /// The stable code of what stands against it.
    pub(crate) reason: Option<&'static str>,
}

impl From<Result<(), Refusal>> for Allowed {
    fn from(result: Result<(), Refusal>) -> Self {
        Self {
            allowed: result.is_ok(),
            reason: result.err().map(Refusal::code),
        }
    }
}

impl From<AppDevice> for Device {
    fn from(device: AppDevice) -> Self {
        let record = device.record;
        Self {
            id: record.id,
            tenant: TenantReference {
                id: record.tenant_id,
                name: record.tenant_name,
            },
            group: GroupReference::optional(record.group_id, record.group_name),
            hostname: record.facts.hostname,
            os: OperatingSystem {
                family: record.facts.os_family,
                name: record.facts.os_name,
                version: record.facts.os_version,
                architecture: record.facts.architecture,
            },
            agent_version: record.facts.agent_version,
            connection: if device.online {
                Connection::Online
            } else {
                Connection::Offline
            },
            last_seen_at: record.last_seen_at.into(),
            time_zone: record.facts.time_zone,
            enrolled_at: record.enrolled_at.into(),
            booted_at: optional(record.booted_at),
            last_restart: record.last_restart.map(|last| LastRestart {
                at: last.at.into(),
                by: last.by,
                process: last.process,
                reason: last.reason,
                comment: last.comment,
            }),
            pending_updates: PendingUpdates {
                total: record.pending_updates,
                security: record.pending_security,
                definitions: record.pending_definitions,
            },
            scan: Scan {
                state: record.scan.state,
                scanned_at: optional(record.scan.scanned_at),
                attempted_at: optional(record.scan.attempted_at),
                error_code: record.scan.error,
                error_detail: record.scan.error_detail,
            },
            restart: Restart {
                required: record.restart_required,
                signals: record
                    .restart_signals
                    .into_iter()
                    .map(Signal::from)
                    .collect(),
                scheduled_at: optional(record.restart_scheduled_at),
                postponed: record.restart_postponed,
            },
            maintenance_window: device.maintenance_window.map(WindowOutlook::from),
            open_tasks: record.open_tasks,
            can: DeviceAbilities {
                scan: device.scan.into(),
                install: device.install.into(),
                restart: device.restart.into(),
                remove: device.remove.into(),
            },
        }
    }
}
