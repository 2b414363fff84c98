-- When automatic work may run.

-- `run` or `hold`: what happens where no window is in force
ALTER TABLE tenants ADD COLUMN without_window_update TEXT NOT NULL DEFAULT 'hold';
ALTER TABLE tenants ADD COLUMN without_window_restart TEXT NOT NULL DEFAULT 'hold';
ALTER TABLE tenants ADD COLUMN without_window_backup TEXT NOT NULL DEFAULT 'run';

-- Of the tenant if neither a group nor a device is named.
CREATE TABLE maintenance_windows (
    tenant_id {uuid} NOT NULL REFERENCES tenants (tenant_id),
    id {uuid} NOT NULL,
    group_id {uuid},
    device_id {uuid},
    name TEXT NOT NULL,
    -- 1 is enabled
    enabled BIGINT NOT NULL,
    -- JSON
    definition TEXT NOT NULL,
    -- counts the changes, so that nobody overwrites what they have not seen
    version BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    updated_by_name TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, group_id) REFERENCES device_groups (tenant_id, id),
    FOREIGN KEY (tenant_id, device_id) REFERENCES devices (tenant_id, id)
);
CREATE INDEX maintenance_windows_by_group ON maintenance_windows (tenant_id, group_id)
    WHERE group_id IS NOT NULL;
CREATE INDEX maintenance_windows_by_device ON maintenance_windows (tenant_id, device_id)
    WHERE device_id IS NOT NULL;

-- When nothing automatic may run, whatever the windows say. Of the tenant likewise.
CREATE TABLE blackouts (
    tenant_id {uuid} NOT NULL REFERENCES tenants (tenant_id),
    id {uuid} NOT NULL,
    group_id {uuid},
    device_id {uuid},
    name TEXT NOT NULL,
    -- JSON
    definition TEXT NOT NULL,
    version BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    updated_by_name TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, group_id) REFERENCES device_groups (tenant_id, id),
    FOREIGN KEY (tenant_id, device_id) REFERENCES devices (tenant_id, id)
);
CREATE INDEX blackouts_by_group ON blackouts (tenant_id, group_id) WHERE group_id IS NOT NULL;
CREATE INDEX blackouts_by_device ON blackouts (tenant_id, device_id) WHERE device_id IS NOT NULL;

-- Openings for programs that show calendars. Who knows the secret may read them.
CREATE TABLE calendar_feeds (
    tenant_id {uuid} NOT NULL REFERENCES tenants (tenant_id),
    id {uuid} NOT NULL,
    group_id {uuid},
    device_id {uuid},
    -- SHA-256 of the secret
    secret_hash {bytes} NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    created_by_name TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, group_id) REFERENCES device_groups (tenant_id, id),
    FOREIGN KEY (tenant_id, device_id) REFERENCES devices (tenant_id, id)
);
CREATE INDEX calendar_feeds_by_group ON calendar_feeds (tenant_id, group_id)
    WHERE group_id IS NOT NULL;
CREATE INDEX calendar_feeds_by_device ON calendar_feeds (tenant_id, device_id)
    WHERE device_id IS NOT NULL;

-- 1: a person knows that the task runs outside of windows, or in a blackout
ALTER TABLE tasks ADD COLUMN breaks_windows BIGINT NOT NULL DEFAULT 0;
-- what a waiting task waits for
ALTER TABLE tasks ADD COLUMN waits_for TEXT;
