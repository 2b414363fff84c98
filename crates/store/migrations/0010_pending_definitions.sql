-- New signatures of protection programs are counted apart from what else is pending.
ALTER TABLE devices ADD COLUMN pending_definitions BIGINT;
UPDATE devices SET
    pending_updates = (SELECT COUNT(*) FROM device_updates u
        WHERE u.tenant_id = devices.tenant_id AND u.device_id = devices.id AND u.offered = 1
            AND u.category <> 'definition'),
    pending_definitions = (SELECT COUNT(*) FROM device_updates u
        WHERE u.tenant_id = devices.tenant_id AND u.device_id = devices.id AND u.offered = 1
            AND u.category = 'definition')
    WHERE pending_updates IS NOT NULL;
