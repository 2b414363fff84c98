-- Who an action comes from, what it is to do and until when; and for each tenant the actions that
-- touch its devices, for a list that its people can read without their operators' tenants.

ALTER TABLE actions ADD COLUMN created_by_kind TEXT NOT NULL DEFAULT 'user';
ALTER TABLE tasks ADD COLUMN created_by_kind TEXT NOT NULL DEFAULT 'user';
UPDATE actions SET created_by_kind = 'api_token'
    WHERE EXISTS (SELECT 1 FROM api_tokens t WHERE t.id = actions.created_by);
UPDATE tasks SET created_by_kind = 'api_token'
    WHERE EXISTS (SELECT 1 FROM actions a WHERE a.tenant_id = tasks.action_tenant_id
        AND a.id = tasks.action_id AND a.created_by_kind = 'api_token');

CREATE TABLE action_tenants (
    -- whose devices
    tenant_id {uuid} NOT NULL REFERENCES tenants (tenant_id),
    action_tenant_id {uuid} NOT NULL,
    action_id {uuid} NOT NULL,
    kind TEXT NOT NULL,
    parameters TEXT NOT NULL,
    run_when TEXT NOT NULL,
    deadline_at BIGINT,
    created_at BIGINT NOT NULL,
    created_by {uuid} NOT NULL,
    created_by_kind TEXT NOT NULL,
    created_by_name TEXT NOT NULL,
    PRIMARY KEY (tenant_id, action_id),
    FOREIGN KEY (action_tenant_id, action_id) REFERENCES actions (tenant_id, id)
);
CREATE INDEX action_tenants_by_creation ON action_tenants (tenant_id, created_at, action_id);
CREATE INDEX action_tenants_by_action ON action_tenants (action_id);
INSERT INTO action_tenants (tenant_id, action_tenant_id, action_id, kind, parameters, run_when,
        deadline_at, created_at, created_by, created_by_kind, created_by_name)
    SELECT k.tenant_id, a.tenant_id, a.id, a.kind, MAX(k.parameters), a.run_when,
        MAX(k.deadline_at), a.created_at, a.created_by, a.created_by_kind, a.created_by_name
    FROM tasks k JOIN actions a ON a.tenant_id = k.action_tenant_id AND a.id = k.action_id
    GROUP BY k.tenant_id, a.tenant_id, a.id, a.kind, a.run_when, a.created_at, a.created_by,
        a.created_by_kind, a.created_by_name;

-- An action's counts are read from the index alone.
DROP INDEX tasks_by_action;
CREATE INDEX tasks_by_action ON tasks (action_id, state, tenant_id);
CREATE INDEX tasks_open_by_action ON tasks (action_id, tenant_id)
    WHERE state IN ('queued', 'delivered', 'waiting_for_window', 'running');
CREATE INDEX tasks_by_deadline ON tasks (deadline_at)
    WHERE state = 'queued' AND deadline_at IS NOT NULL;
