-- Which updates install by themselves, when, and which never do.

-- attempts that failed since the update was last installed
ALTER TABLE device_updates ADD COLUMN failures BIGINT NOT NULL DEFAULT 0;

-- why a task is taken back, where no person does it
ALTER TABLE tasks ADD COLUMN cancel_reason TEXT;

-- What a tenant, a group or a device says about updates; of the tenant if both are empty.
CREATE TABLE update_policies (
    tenant_id {uuid} NOT NULL REFERENCES tenants (tenant_id),
    id {uuid} NOT NULL,
    group_id {uuid},
    device_id {uuid},
    policy TEXT NOT NULL,
    -- counts the changes, so that nobody overwrites what they have not seen
    version BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    updated_by_name TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, group_id) REFERENCES device_groups (tenant_id, id),
    FOREIGN KEY (tenant_id, device_id) REFERENCES devices (tenant_id, id)
);
CREATE UNIQUE INDEX update_policies_by_scope
    ON update_policies (tenant_id, COALESCE(device_id, group_id, tenant_id));

-- An approval or a block of one update.
CREATE TABLE update_decisions (
    tenant_id {uuid} NOT NULL REFERENCES tenants (tenant_id),
    id {uuid} NOT NULL,
    group_id {uuid},
    device_id {uuid},
    -- kb, update_id or package
    subject_kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    verdict TEXT NOT NULL,
    note TEXT NOT NULL,
    decided_at BIGINT NOT NULL,
    decided_by_name TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, group_id) REFERENCES device_groups (tenant_id, id),
    FOREIGN KEY (tenant_id, device_id) REFERENCES devices (tenant_id, id)
);
CREATE UNIQUE INDEX update_decisions_by_subject ON update_decisions
    (tenant_id, COALESCE(device_id, group_id, tenant_id), subject_kind, subject);

-- The way of one update through a tenant's rings.
CREATE TABLE update_rollouts (
    tenant_id {uuid} NOT NULL REFERENCES tenants (tenant_id),
    id {uuid} NOT NULL,
    update_id {uuid} NOT NULL,
    title TEXT NOT NULL,
    kb TEXT,
    ring BIGINT NOT NULL,
    since BIGINT NOT NULL,
    state TEXT NOT NULL,
    -- failures that do not stop it any more
    forgiven BIGINT NOT NULL,
    begun_at BIGINT NOT NULL,
    -- who stopped it or let it go on
    changed_by_name TEXT,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, update_id)
);
