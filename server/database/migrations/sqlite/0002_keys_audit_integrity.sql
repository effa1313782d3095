-- States of keys and their rotation, the audit trail, the ledger's integrity sum. Only additions: a
-- server of the first schema goes on working beside a newer one.

-- 'announced': opens records, and seals none until every server has read it. A key that was destroyed keeps
-- its row, without the key: wrapped_key is then empty.
ALTER TABLE tenant_keys ADD COLUMN state TEXT NOT NULL DEFAULT 'active'
    CHECK (state IN ('announced', 'active', 'retired', 'destroyed'));
ALTER TABLE tenant_keys ADD COLUMN activated_at TEXT;
ALTER TABLE tenant_keys ADD COLUMN retired_at TEXT;
ALTER TABLE tenant_keys ADD COLUMN destroyed_at TEXT;
-- The identifiers key, which never turns, wrapped again beside every later version.
ALTER TABLE tenant_keys ADD COLUMN identifiers_wrapped BLOB;

-- How often a key version has sealed: the bound of random nonces.
CREATE TABLE key_seals (
    tenant_id BLOB NOT NULL,
    key_version INTEGER NOT NULL,
    seals INTEGER NOT NULL CHECK (seals >= 0),
    PRIMARY KEY (tenant_id, key_version)
) STRICT, WITHOUT ROWID;

-- Directory table, read before a tenant is known: which tenants there are, and which master key each of
-- their keys is wrapped with. Triggers keep it, so that it can't differ from tenant_keys.
CREATE TABLE tenant_key_directory (
    tenant_id BLOB NOT NULL,
    key_version INTEGER NOT NULL,
    master_key_id TEXT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (tenant_id, key_version)
) STRICT, WITHOUT ROWID;

INSERT INTO tenant_key_directory (tenant_id, key_version, master_key_id, state)
SELECT tenant_id, key_version, master_key_id, state FROM tenant_keys;

CREATE TRIGGER tenant_keys_added AFTER INSERT ON tenant_keys BEGIN
    INSERT INTO tenant_key_directory (tenant_id, key_version, master_key_id, state)
    VALUES (new.tenant_id, new.key_version, new.master_key_id, new.state);
END;

CREATE TRIGGER tenant_keys_changed AFTER UPDATE ON tenant_keys BEGIN
    UPDATE tenant_key_directory
    SET tenant_id = new.tenant_id, key_version = new.key_version, master_key_id = new.master_key_id,
        state = new.state
    WHERE tenant_id = old.tenant_id AND key_version = old.key_version;
END;

CREATE TRIGGER tenant_keys_removed AFTER DELETE ON tenant_keys BEGIN
    DELETE FROM tenant_key_directory
    WHERE tenant_id = old.tenant_id AND key_version = old.key_version;
END;

-- Changes of a tenant's key: one without finished_at was interrupted and goes on.
CREATE TABLE key_rotations (
    tenant_id BLOB NOT NULL,
    to_version INTEGER NOT NULL CHECK (to_version >= 2),
    started_at TEXT NOT NULL,
    finished_at TEXT,
    PRIMARY KEY (tenant_id, to_version)
) STRICT, WITHOUT ROWID;

-- The keyed sum over (row, version, tag) of a ledger at one of its versions.
CREATE TABLE ledger_integrity (
    tenant_id BLOB NOT NULL PRIMARY KEY REFERENCES tenants (tenant_id),
    version INTEGER NOT NULL,
    sum_sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The trail of what was done, chained by hashes: ids and closed codes only, so it belongs to no tenant.
CREATE TABLE audit_events (
    sequence INTEGER NOT NULL PRIMARY KEY CHECK (sequence >= 1),
    at TEXT NOT NULL,
    tenant_id BLOB,
    principal_id BLOB,
    event TEXT NOT NULL,
    subject BLOB,
    detail_code TEXT,
    count INTEGER,
    previous_hash BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;

CREATE INDEX audit_events_of_tenant ON audit_events (tenant_id, sequence) WHERE tenant_id IS NOT NULL;

CREATE TRIGGER audit_events_never_change BEFORE UPDATE ON audit_events BEGIN
    SELECT RAISE(ABORT, 'the trail is insert only');
END;

CREATE TRIGGER audit_events_never_go BEFORE DELETE ON audit_events BEGIN
    SELECT RAISE(ABORT, 'the trail is insert only');
END;

-- The end of the trail. Who appends updates this row first and so holds it until the commit: appenders
-- queue instead of colliding, and a trail whose end was cut off no longer matches.
CREATE TABLE audit_head (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    sequence INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;

INSERT INTO audit_head (only_row, sequence, hash) VALUES (1, 0, zeroblob(32));
