-- How much time work needs on a device, in seconds, as its agent learned it; null is not known.
ALTER TABLE devices ADD COLUMN needs_update_seconds BIGINT;
ALTER TABLE devices ADD COLUMN needs_restart_seconds BIGINT;

-- How many tasks of an action break windows: few do.
CREATE INDEX tasks_breaking_windows ON tasks (action_id, tenant_id) WHERE breaks_windows = 1;
