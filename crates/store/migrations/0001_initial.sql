-- {uuid}, {bytes} and {c_text} stand for each engine's own type names.
-- Every table carries tenant_id, and every foreign key between two tables of tenants includes it.

CREATE TABLE tenants (
    tenant_id {uuid} PRIMARY KEY,
    parent_id {uuid} REFERENCES tenants (tenant_id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    time_zone TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE device_groups (
    tenant_id {uuid} NOT NULL REFERENCES tenants (tenant_id),
    id {uuid} NOT NULL,
    parent_id {uuid},
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name),
    FOREIGN KEY (tenant_id, parent_id) REFERENCES device_groups (tenant_id, id)
);

CREATE TABLE users (
    tenant_id {uuid} NOT NULL REFERENCES tenants (tenant_id),
    id {uuid} NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    language TEXT,
    color_scheme TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE sessions (
    tenant_id {uuid} NOT NULL,
    token_hash {bytes} PRIMARY KEY,
    user_id {uuid} NOT NULL,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE enrollment_tokens (
    tenant_id {uuid} NOT NULL REFERENCES tenants (tenant_id),
    id {uuid} NOT NULL,
    group_id {uuid},
    name TEXT NOT NULL,
    secret_hash {bytes} NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    max_uses BIGINT,
    uses BIGINT NOT NULL,
    revoked_at BIGINT,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, group_id) REFERENCES device_groups (tenant_id, id)
);
CREATE INDEX enrollment_tokens_by_creation ON enrollment_tokens (tenant_id, created_at, id);

CREATE TABLE devices (
    tenant_id {uuid} NOT NULL REFERENCES tenants (tenant_id),
    id {uuid} NOT NULL,
    group_id {uuid},
    enrollment_token_id {uuid} NOT NULL,
    key_fingerprint {bytes} NOT NULL UNIQUE,
    hostname TEXT NOT NULL,
    hostname_key {c_text} NOT NULL,
    os_family TEXT NOT NULL,
    os_name {c_text} NOT NULL,
    os_version TEXT NOT NULL,
    architecture TEXT NOT NULL,
    agent_version {c_text} NOT NULL,
    time_zone TEXT,
    boot_id TEXT,
    booted_at BIGINT,
    enrolled_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    removed_at BIGINT,
    scan_state TEXT NOT NULL,
    scan_attempted_at BIGINT,
    scanned_at BIGINT,
    scan_error TEXT,
    scan_error_detail TEXT,
    updates_hash TEXT,
    pending_updates BIGINT,
    pending_security BIGINT,
    restart_required BIGINT NOT NULL,
    restart_signals TEXT,
    restart_scheduled_at BIGINT,
    task_sequence BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, group_id) REFERENCES device_groups (tenant_id, id),
    FOREIGN KEY (tenant_id, enrollment_token_id) REFERENCES enrollment_tokens (tenant_id, id)
);
CREATE UNIQUE INDEX devices_by_id ON devices (id);
CREATE INDEX devices_by_hostname ON devices (tenant_id, hostname_key, id) WHERE removed_at IS NULL;
CREATE INDEX devices_by_pending ON devices (tenant_id, COALESCE(pending_updates, -1), id) WHERE removed_at IS NULL;
CREATE INDEX devices_by_group ON devices (tenant_id, group_id) WHERE removed_at IS NULL;

CREATE TABLE device_certificates (
    tenant_id {uuid} NOT NULL,
    fingerprint {bytes} PRIMARY KEY,
    device_id {uuid} NOT NULL,
    serial {bytes} NOT NULL,
    not_before BIGINT NOT NULL,
    not_after BIGINT NOT NULL,
    FOREIGN KEY (tenant_id, device_id) REFERENCES devices (tenant_id, id)
);
CREATE INDEX device_certificates_by_device ON device_certificates (tenant_id, device_id);

CREATE TABLE device_updates (
    tenant_id {uuid} NOT NULL,
    device_id {uuid} NOT NULL,
    update_key TEXT NOT NULL,
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
    PRIMARY KEY (tenant_id, device_id, update_key),
    FOREIGN KEY (tenant_id, device_id) REFERENCES devices (tenant_id, id)
);

CREATE TABLE actions (
    tenant_id {uuid} NOT NULL REFERENCES tenants (tenant_id),
    id {uuid} NOT NULL,
    kind TEXT NOT NULL,
    run_when TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by {uuid} NOT NULL,
    created_by_name TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, created_by, idempotency_key)
);
CREATE UNIQUE INDEX actions_by_id ON actions (id);

-- A provider's action reaches into client tenants: a task has its device's tenant, and names the
-- tenant of its action beside it.
CREATE TABLE tasks (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    action_tenant_id {uuid} NOT NULL,
    action_id {uuid} NOT NULL,
    device_id {uuid} NOT NULL,
    sequence BIGINT NOT NULL,
    kind TEXT NOT NULL,
    parameters TEXT NOT NULL,
    run_when TEXT NOT NULL,
    deadline_at BIGINT,
    timeout_seconds BIGINT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    reason_detail TEXT,
    created_at BIGINT NOT NULL,
    created_by_name TEXT NOT NULL,
    offered_at BIGINT,
    delivered_at BIGINT,
    waiting_until BIGINT,
    started_at BIGINT,
    finished_at BIGINT,
    cancel_requested_at BIGINT,
    exit_code BIGINT,
    stdout_excerpt TEXT,
    stderr_excerpt TEXT,
    update_results TEXT,
    log_upload_id {uuid},
    log_bytes BIGINT,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, device_id, sequence),
    FOREIGN KEY (tenant_id, device_id) REFERENCES devices (tenant_id, id),
    FOREIGN KEY (action_tenant_id, action_id) REFERENCES actions (tenant_id, id)
);
CREATE UNIQUE INDEX tasks_by_id ON tasks (id);
CREATE INDEX tasks_by_creation ON tasks (tenant_id, created_at, id);
CREATE INDEX tasks_by_action ON tasks (action_id, state);
CREATE INDEX tasks_open ON tasks (device_id, sequence)
    WHERE state IN ('queued', 'delivered', 'waiting_for_window', 'running');

CREATE TABLE task_log_chunks (
    tenant_id {uuid} NOT NULL,
    task_id {uuid} NOT NULL,
    upload_id {uuid} NOT NULL,
    position BIGINT NOT NULL,
    content {bytes} NOT NULL,
    PRIMARY KEY (tenant_id, task_id, upload_id, position),
    FOREIGN KEY (tenant_id, task_id) REFERENCES tasks (tenant_id, id)
);

CREATE TABLE audit_events (
    tenant_id {uuid} NOT NULL REFERENCES tenants (tenant_id),
    id {uuid} NOT NULL,
    at BIGINT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id {uuid},
    actor_name TEXT NOT NULL,
    action TEXT NOT NULL,
    target_kind TEXT NOT NULL,
    target_id TEXT NOT NULL,
    result TEXT NOT NULL,
    request_id TEXT,
    details TEXT,
    PRIMARY KEY (tenant_id, id)
);
