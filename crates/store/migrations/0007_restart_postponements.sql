-- How often the people at a device have put the promised restart off.
ALTER TABLE devices ADD COLUMN restart_postponed BIGINT;
