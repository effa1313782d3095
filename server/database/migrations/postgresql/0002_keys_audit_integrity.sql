-- States of keys and their rotation, the audit trail, the ledger's integrity sum. Only additions: a
-- server of the first schema goes on working beside a newer one.

-- Writers lock tenants first and other tables after it. So does a migration, or the two deadlock.
LOCK TABLE tenants IN SHARE ROW EXCLUSIVE MODE;

-- 'announced': opens records, and seals none until every server has read it. A key that was destroyed keeps
-- its row, without the key: wrapped_key is then empty.
ALTER TABLE tenant_keys ADD COLUMN state TEXT NOT NULL DEFAULT 'active'
    CHECK (state IN ('announced', 'active', 'retired', 'destroyed'));
ALTER TABLE tenant_keys ADD COLUMN activated_at TEXT COLLATE "C";
ALTER TABLE tenant_keys ADD COLUMN retired_at TEXT COLLATE "C";
ALTER TABLE tenant_keys ADD COLUMN destroyed_at TEXT COLLATE "C";
-- The identifiers key, which never turns, wrapped again beside every later version.
ALTER TABLE tenant_keys ADD COLUMN identifiers_wrapped BYTEA;

-- How often a key version has sealed: the bound of random nonces.
CREATE TABLE key_seals (
    tenant_id BYTEA NOT NULL,
    key_version INTEGER NOT NULL,
    seals BIGINT NOT NULL CHECK (seals >= 0),
    PRIMARY KEY (tenant_id, key_version)
);

-- Directory table, read before a tenant is known: which tenants there are, and which master key each of
-- their keys is wrapped with. Triggers keep it, so that it can't differ from tenant_keys.
CREATE TABLE tenant_key_directory (
    tenant_id BYTEA NOT NULL,
    key_version INTEGER NOT NULL,
    master_key_id TEXT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (tenant_id, key_version)
);

ALTER TABLE tenant_keys NO FORCE ROW LEVEL SECURITY;
INSERT INTO tenant_key_directory (tenant_id, key_version, master_key_id, state)
SELECT tenant_id, key_version, master_key_id, state FROM tenant_keys;
ALTER TABLE tenant_keys FORCE ROW LEVEL SECURITY;

CREATE FUNCTION keep_tenant_key_directory() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM tenant_key_directory
        WHERE tenant_id = old.tenant_id AND key_version = old.key_version;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO tenant_key_directory (tenant_id, key_version, master_key_id, state)
        VALUES (new.tenant_id, new.key_version, new.master_key_id, new.state);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER tenant_keys_changed AFTER INSERT OR UPDATE OR DELETE ON tenant_keys
    FOR EACH ROW EXECUTE FUNCTION keep_tenant_key_directory();

-- Changes of a tenant's key: one without finished_at was interrupted and goes on.
CREATE TABLE key_rotations (
    tenant_id BYTEA NOT NULL,
    to_version INTEGER NOT NULL CHECK (to_version >= 2),
    started_at TEXT COLLATE "C" NOT NULL,
    finished_at TEXT COLLATE "C",
    PRIMARY KEY (tenant_id, to_version)
);

-- The keyed sum over (row, version, tag) of a ledger at one of its versions.
CREATE TABLE ledger_integrity (
    tenant_id BYTEA NOT NULL PRIMARY KEY REFERENCES tenants (tenant_id),
    version BIGINT NOT NULL,
    sum_sealed BYTEA NOT NULL
);

-- The trail of what was done, chained by hashes: ids and closed codes only, so it belongs to no tenant.
CREATE TABLE audit_events (
    sequence BIGINT NOT NULL PRIMARY KEY CHECK (sequence >= 1),
    at TEXT COLLATE "C" NOT NULL,
    tenant_id BYTEA,
    principal_id BYTEA,
    event TEXT NOT NULL,
    subject BYTEA,
    detail_code TEXT,
    count BIGINT,
    previous_hash BYTEA NOT NULL,
    hash BYTEA NOT NULL
);

CREATE INDEX audit_events_of_tenant ON audit_events (tenant_id, sequence) WHERE tenant_id IS NOT NULL;

-- The end of the trail. Who appends updates this row first and so holds it until the commit: appenders
-- queue instead of colliding, and a trail whose end was cut off no longer matches.
CREATE TABLE audit_head (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    sequence BIGINT NOT NULL,
    hash BYTEA NOT NULL
);

INSERT INTO audit_head (only_row, sequence, hash) VALUES (1, 0, decode(repeat('00', 32), 'hex'));

ALTER TABLE key_seals ENABLE ROW LEVEL SECURITY;
ALTER TABLE key_seals FORCE ROW LEVEL SECURITY;
CREATE POLICY of_the_tenant ON key_seals USING (tenant_id = current_tenant());

ALTER TABLE key_rotations ENABLE ROW LEVEL SECURITY;
ALTER TABLE key_rotations FORCE ROW LEVEL SECURITY;
CREATE POLICY of_the_tenant ON key_rotations USING (tenant_id = current_tenant());

ALTER TABLE ledger_integrity ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger_integrity FORCE ROW LEVEL SECURITY;
CREATE POLICY of_the_tenant ON ledger_integrity USING (tenant_id = current_tenant());

GRANT SELECT, INSERT, UPDATE, DELETE ON key_seals, key_rotations, ledger_integrity TO pennyvault_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON tenant_key_directory TO pennyvault_app;
-- The trail is insert only.
GRANT SELECT, INSERT ON audit_events TO pennyvault_app;
GRANT SELECT, UPDATE ON audit_head TO pennyvault_app;
