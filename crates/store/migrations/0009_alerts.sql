-- What people must know: raised and closed by what the server knows of devices and rollouts.

-- since when a strong restart signal stands, without a restart in between
ALTER TABLE devices ADD COLUMN restart_required_since BIGINT;
-- When it was raised was not written down; this is when the device last said that it stands.
UPDATE devices SET restart_required_since = last_seen_at WHERE restart_required = 2;
-- Failures were not counted from the beginning.
UPDATE device_updates SET failures = 1 WHERE state = 'failed' AND failures = 0;

CREATE TABLE alerts (
    tenant_id {uuid} NOT NULL REFERENCES tenants (tenant_id),
    id {uuid} NOT NULL,
    kind TEXT NOT NULL,
    device_id {uuid},
    -- on that device
    update_key {c_text},
    rollout_id {uuid},
    cause TEXT NOT NULL,
    -- since when the cause stands
    since BIGINT NOT NULL,
    raised_at BIGINT NOT NULL,
    acknowledged_at BIGINT,
    acknowledged_by_name TEXT,
    note TEXT,
    closed_at BIGINT,
    close_reason TEXT,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, device_id) REFERENCES devices (tenant_id, id),
    FOREIGN KEY (tenant_id, rollout_id) REFERENCES update_rollouts (tenant_id, id)
);
-- At most one open alert for a subject.
CREATE UNIQUE INDEX alerts_open_by_subject ON alerts
    (tenant_id, kind, COALESCE(device_id, rollout_id), COALESCE(update_key, ''))
    WHERE closed_at IS NULL;
CREATE INDEX alerts_by_raising ON alerts (tenant_id, raised_at, id);
CREATE INDEX alerts_open_by_raising ON alerts (tenant_id, raised_at, id) WHERE closed_at IS NULL;
CREATE INDEX alerts_by_device ON alerts (tenant_id, device_id);

-- What raises alerts is found without a look at the devices that are well.
CREATE INDEX devices_without_scan ON devices (tenant_id)
    WHERE removed_at IS NULL AND scan_state <> 'succeeded';
CREATE INDEX devices_awaiting_restart ON devices (tenant_id)
    WHERE removed_at IS NULL AND restart_required = 2;
CREATE INDEX device_updates_failed ON device_updates (tenant_id)
    WHERE failures > 0 AND state NOT IN ('installed', 'superseded');
CREATE INDEX device_updates_lacking ON device_updates (tenant_id, first_offered_at)
    WHERE offered = 1 OR state = 'restart_pending';
