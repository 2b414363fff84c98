-- Where every update stands on every device, and every step on the way there. Offers alone were
-- kept before; devices tell them again.
DROP TABLE device_updates;
UPDATE devices SET updates_hash = NULL;
-- counts a device's steps upwards from 1
ALTER TABLE devices ADD COLUMN update_steps BIGINT NOT NULL DEFAULT 0;

CREATE TABLE device_updates (
    tenant_id {uuid} NOT NULL,
    device_id {uuid} NOT NULL,
    update_key {c_text} NOT NULL,
    -- the same on all devices
    id {uuid} NOT NULL,
    source TEXT NOT NULL,
    title TEXT NOT NULL,
    category TEXT NOT NULL,
    severity TEXT,
    kb TEXT,
    update_id TEXT,
    revision BIGINT,
    package TEXT,
    installed_version TEXT,
    available_version TEXT,
    size_bytes BIGINT,
    released_at BIGINT,
    restart_behavior TEXT NOT NULL,
    first_offered_at BIGINT NOT NULL,
    -- 1 while the latest successful search offers it
    offered BIGINT NOT NULL,
    state TEXT NOT NULL,
    state_at BIGINT NOT NULL,
    reason TEXT,
    result_code BIGINT,
    hresult TEXT,
    -- the task of the latest step that had one
    task_id {uuid},
    -- the start of the machine during which its installer ran
    boot_id TEXT,
    -- the search that the latest step rests on
    scan BIGINT,
    PRIMARY KEY (tenant_id, device_id, update_key),
    FOREIGN KEY (tenant_id, device_id) REFERENCES devices (tenant_id, id)
);
-- what is not known, or not known to be still true, comes first
DROP INDEX devices_by_pending;
CREATE INDEX devices_by_pending ON devices (tenant_id,
    (CASE WHEN pending_updates IS NULL OR scan_state = 'failed' THEN 1000000000
     ELSE pending_updates END), id) WHERE removed_at IS NULL;

CREATE INDEX device_updates_by_id ON device_updates (tenant_id, id, state);

CREATE TABLE update_steps (
    tenant_id {uuid} NOT NULL,
    device_id {uuid} NOT NULL,
    -- 1, 2, 3, … on each device
    position BIGINT NOT NULL,
    update_key {c_text} NOT NULL,
    at BIGINT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    task_id {uuid},
    -- which of the device's successful searches showed it
    scan BIGINT,
    boot_id TEXT,
    result_code BIGINT,
    hresult TEXT,
    PRIMARY KEY (tenant_id, device_id, position),
    FOREIGN KEY (tenant_id, device_id, update_key)
        REFERENCES device_updates (tenant_id, device_id, update_key)
);
CREATE INDEX update_steps_by_update ON update_steps (tenant_id, device_id, update_key, position);
