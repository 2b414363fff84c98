-- Who may do what: people with a second factor, invitations, sessions that can be listed and ended,
-- API tokens, the audit as a chain, secrets at rest, sign-in with OpenID Connect.

ALTER TABLE tenants ADD COLUMN audit_retention_days BIGINT;
ALTER TABLE tenants ADD COLUMN deletion_requested_at BIGINT;
ALTER TABLE tenants ADD COLUMN deletion_requested_by TEXT;
ALTER TABLE tenants ADD COLUMN deletion_rows BIGINT;
ALTER TABLE tenants ADD COLUMN deletion_rows_done BIGINT;

-- Groups form a tree: names are unique among siblings.
{postgres}
ALTER TABLE device_groups DROP CONSTRAINT device_groups_tenant_id_name_key;
{end}
{sqlite}
PRAGMA defer_foreign_keys = ON;
CREATE TEMPORARY TABLE kept_groups AS SELECT * FROM device_groups;
DROP TABLE device_groups;
CREATE TABLE device_groups (
    tenant_id {uuid} NOT NULL REFERENCES tenants (tenant_id),
    id {uuid} NOT NULL,
    parent_id {uuid},
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, parent_id) REFERENCES device_groups (tenant_id, id)
);
INSERT INTO device_groups SELECT tenant_id, id, parent_id, name, created_at FROM kept_groups;
DROP TABLE kept_groups;
{end}
CREATE UNIQUE INDEX device_groups_by_name
    ON device_groups (tenant_id, COALESCE(parent_id, tenant_id), name);

-- Sessions get an id and say where they come from: everybody signs in once more.
DROP TABLE sessions;

CREATE TABLE people (
    tenant_id {uuid} NOT NULL REFERENCES tenants (tenant_id),
    id {uuid} NOT NULL,
    email TEXT NOT NULL,
    email_key {c_text} NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    -- invited, active or disabled
    state TEXT NOT NULL,
    -- 1: of all client tenants, sees only those in user_tenants
    limited BIGINT NOT NULL,
    language TEXT,
    color_scheme TEXT NOT NULL,
    -- none before the invitation is accepted, or for those who sign in elsewhere
    password_hash TEXT,
    -- sealed
    totp_secret {bytes},
    -- sealed; shown to the person and not confirmed yet
    totp_pending {bytes},
    -- the last time step whose code was accepted
    totp_step BIGINT,
    signed_in_at BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
INSERT INTO people (tenant_id, id, email, email_key, name, role, state, limited, language,
        color_scheme, password_hash, created_at)
    SELECT tenant_id, id, email, email_key, name, role, 'active', 0, language,
        color_scheme, password_hash, created_at
    FROM users;
DROP TABLE users;
ALTER TABLE people RENAME TO users;
CREATE UNIQUE INDEX users_by_id ON users (id);
CREATE INDEX users_by_email ON users (tenant_id, email_key, id);

CREATE TABLE user_tenants (
    tenant_id {uuid} NOT NULL,
    user_id {uuid} NOT NULL,
    client_id {uuid} NOT NULL REFERENCES tenants (tenant_id),
    PRIMARY KEY (tenant_id, user_id, client_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);

CREATE TABLE recovery_codes (
    tenant_id {uuid} NOT NULL,
    user_id {uuid} NOT NULL,
    code_hash {bytes} NOT NULL,
    PRIMARY KEY (tenant_id, user_id, code_hash),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);

-- What a mail leads back with: an invitation or a password reset. One of a kind a person.
CREATE TABLE user_links (
    tenant_id {uuid} NOT NULL,
    token_hash {bytes} NOT NULL UNIQUE,
    user_id {uuid} NOT NULL,
    kind TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id, kind),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);

CREATE TABLE sessions (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    token_hash {bytes} NOT NULL UNIQUE,
    user_id {uuid} NOT NULL,
    -- password or openid
    method TEXT NOT NULL,
    address TEXT,
    user_agent TEXT,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);
CREATE INDEX sessions_by_user ON sessions (tenant_id, user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE api_tokens (
    tenant_id {uuid} NOT NULL REFERENCES tenants (tenant_id),
    id {uuid} NOT NULL,
    name TEXT NOT NULL,
    secret_hash {bytes} NOT NULL UNIQUE,
    role TEXT NOT NULL,
    limited BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    last_used_at BIGINT,
    last_used_address TEXT,
    revoked_at BIGINT,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX api_tokens_by_creation ON api_tokens (tenant_id, created_at, id);

CREATE TABLE api_token_tenants (
    tenant_id {uuid} NOT NULL,
    api_token_id {uuid} NOT NULL,
    client_id {uuid} NOT NULL REFERENCES tenants (tenant_id),
    PRIMARY KEY (tenant_id, api_token_id, client_id),
    FOREIGN KEY (tenant_id, api_token_id) REFERENCES api_tokens (tenant_id, id)
);

-- The audit becomes a chain. What was written before it never was one, and no release wrote any.
DROP TABLE audit_events;

CREATE TABLE audit_events (
    tenant_id {uuid} NOT NULL REFERENCES tenants (tenant_id),
    -- 1, 2, 3, … in each tenant
    sequence BIGINT NOT NULL,
    id {uuid} NOT NULL,
    at BIGINT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id {uuid},
    actor_name TEXT NOT NULL,
    address TEXT,
    action TEXT NOT NULL,
    target_kind TEXT NOT NULL,
    target_id TEXT NOT NULL,
    target_name TEXT,
    result TEXT NOT NULL,
    request_id TEXT,
    details TEXT,
    previous_hash {bytes} NOT NULL,
    hash {bytes} NOT NULL,
    PRIMARY KEY (tenant_id, sequence)
);
CREATE UNIQUE INDEX audit_events_by_id ON audit_events (id);
CREATE INDEX audit_events_by_time ON audit_events (tenant_id, at, id);

-- Both ends of each tenant's chain, under a seal that needs the tenant's key.
CREATE TABLE audit_chains (
    tenant_id {uuid} PRIMARY KEY REFERENCES tenants (tenant_id),
    -- the hash before the oldest event that is kept
    anchor {bytes} NOT NULL,
    first_sequence BIGINT NOT NULL,
    last_sequence BIGINT NOT NULL,
    last_hash {bytes} NOT NULL,
    seal {bytes} NOT NULL
);

-- One key a tenant for what is sealed at rest, wrapped with the master key.
CREATE TABLE data_keys (
    tenant_id {uuid} PRIMARY KEY REFERENCES tenants (tenant_id),
    id {uuid} NOT NULL,
    wrapped {bytes} NOT NULL,
    master_key_id TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE openid_providers (
    tenant_id {uuid} PRIMARY KEY REFERENCES tenants (tenant_id),
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    -- sealed
    client_secret {bytes},
    role_claim TEXT NOT NULL,
    -- JSON: value of the claim and role, first match wins
    roles TEXT NOT NULL,
    default_role TEXT,
    enabled BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);

CREATE TABLE openid_domains (
    tenant_id {uuid} NOT NULL REFERENCES openid_providers (tenant_id),
    domain TEXT NOT NULL UNIQUE,
    PRIMARY KEY (tenant_id, domain)
);

-- Sign-ins on their way to the provider and back.
CREATE TABLE openid_sign_ins (
    tenant_id {uuid} NOT NULL REFERENCES tenants (tenant_id),
    state_hash {bytes} NOT NULL,
    browser_hash {bytes} NOT NULL,
    nonce TEXT NOT NULL,
    pkce_verifier TEXT NOT NULL,
    -- set when the provider has vouched for somebody whose second factor is still to come
    user_id {uuid},
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, state_hash)
);
