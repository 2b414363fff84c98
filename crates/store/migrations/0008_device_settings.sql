-- How devices are to be set up by policies, what their updates are called in other languages, and
-- who restarted them.

-- as far as policies say it; 1 is on
ALTER TABLE devices ADD COLUMN microsoft_update BIGINT NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN control_automatic_updates BIGINT NOT NULL DEFAULT 0;
CREATE INDEX devices_with_settings ON devices (tenant_id)
    WHERE microsoft_update = 1 OR control_automatic_updates = 1;

-- JSON: when, by whom, through which program, why
ALTER TABLE devices ADD COLUMN last_restart TEXT;

-- JSON: language to title
ALTER TABLE device_updates ADD COLUMN titles TEXT;
ALTER TABLE update_rollouts ADD COLUMN titles TEXT;

-- restarts that have not ended, and those of the last day
CREATE INDEX tasks_restarts ON tasks (tenant_id, finished_at) WHERE kind = 'restart';
