-- The first schema. Every tenant table's key begins with tenant_id. Ids are 16-byte UUIDs, dates and
-- instants ISO 8601 text, *_sealed records of server.sealing, *_mac HMACs under the identifiers key.
--
-- Two roles: the owner runs the migrations, pennyvault_app is what servers log in as or belong to. Row-level
-- security is forced on every tenant table, so that a statement which forgets its tenant finds nothing.
-- A migration that has to touch rows of every tenant lifts FORCE for itself: ALTER TABLE accounts NO FORCE
-- ROW LEVEL SECURITY, the change, and FORCE again.

CREATE TABLE tenants (
    tenant_id BYTEA NOT NULL PRIMARY KEY,
    created_at TEXT COLLATE "C" NOT NULL,
    -- The last ledger version that was given out.
    version BIGINT NOT NULL DEFAULT 0 CHECK (version >= 0),
    environment TEXT NOT NULL CHECK (environment IN ('test', 'live')),
    name_sealed BYTEA NOT NULL
);

-- The wrapped data keys, apart from everything else: no table refers to them, so that they can be
-- kept, backed up and destroyed on their own.
CREATE TABLE tenant_keys (
    tenant_id BYTEA NOT NULL,
    key_version INTEGER NOT NULL CHECK (key_version >= 1),
    wrapped_key BYTEA NOT NULL,
    master_key_id TEXT NOT NULL,
    created_at TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, key_version)
);

CREATE TABLE people (
    person_id BYTEA NOT NULL PRIMARY KEY,
    created_at TEXT COLLATE "C" NOT NULL
);

CREATE TABLE memberships (
    tenant_id BYTEA NOT NULL REFERENCES tenants (tenant_id),
    person_id BYTEA NOT NULL REFERENCES people (person_id),
    role TEXT NOT NULL CHECK (role IN ('owner', 'administrator', 'editor', 'viewer')),
    created_at TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, person_id)
);

CREATE TABLE principals (
    tenant_id BYTEA NOT NULL REFERENCES tenants (tenant_id),
    principal_id BYTEA NOT NULL,
    person_id BYTEA NOT NULL REFERENCES people (person_id),
    kind TEXT NOT NULL CHECK (kind IN ('person', 'machine')),
    created_at TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, principal_id)
);

CREATE TABLE tokens (
    tenant_id BYTEA NOT NULL,
    token_id BYTEA NOT NULL,
    principal_id BYTEA NOT NULL,
    scopes TEXT NOT NULL,
    label_sealed BYTEA NOT NULL,
    created_at TEXT COLLATE "C" NOT NULL,
    expires_at TEXT COLLATE "C",
    revoked_at TEXT COLLATE "C",
    PRIMARY KEY (tenant_id, token_id),
    FOREIGN KEY (tenant_id, principal_id) REFERENCES principals (tenant_id, principal_id)
);

-- Directory table, read before a tenant is known: hashes and ids only.
CREATE TABLE token_directory (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    tenant_id BYTEA NOT NULL,
    token_id BYTEA NOT NULL,
    FOREIGN KEY (tenant_id, token_id) REFERENCES tokens (tenant_id, token_id)
);

CREATE TABLE accounts (
    tenant_id BYTEA NOT NULL REFERENCES tenants (tenant_id),
    account_id BYTEA NOT NULL,
    version BIGINT NOT NULL,
    account_type TEXT NOT NULL,
    currency TEXT NOT NULL,
    name_sealed BYTEA NOT NULL,
    name_mac BYTEA NOT NULL,
    number_sealed BYTEA,
    created_at TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, account_id),
    UNIQUE (tenant_id, name_mac)
);

-- HMAC of (account number as the file writes it, currency): which account a statement belongs to.
CREATE TABLE account_numbers (
    tenant_id BYTEA NOT NULL,
    number_mac BYTEA NOT NULL,
    account_id BYTEA NOT NULL,
    PRIMARY KEY (tenant_id, number_mac),
    FOREIGN KEY (tenant_id, account_id) REFERENCES accounts (tenant_id, account_id)
);

CREATE TABLE batches (
    tenant_id BYTEA NOT NULL REFERENCES tenants (tenant_id),
    batch_id BYTEA NOT NULL,
    version BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('import', 'typed')),
    created_at TEXT COLLATE "C" NOT NULL,
    -- No foreign key: what a principal did outlives the principal.
    principal_id BYTEA NOT NULL,
    -- HMAC of the source file's SHA-256.
    source_mac BYTEA,
    -- The file's name and SHA-256.
    source_sealed BYTEA,
    added INTEGER NOT NULL CHECK (added >= 0),
    undone_version BIGINT,
    undone_at TEXT COLLATE "C",
    undone_by BYTEA,
    PRIMARY KEY (tenant_id, batch_id)
);

CREATE INDEX batches_by_source ON batches (tenant_id, source_mac) WHERE source_mac IS NOT NULL;

-- What a write with an idempotency key was answered, so that a repetition gets the same answer.
CREATE TABLE idempotent_answers (
    tenant_id BYTEA NOT NULL REFERENCES tenants (tenant_id),
    idempotency_mac BYTEA NOT NULL,
    -- HMAC of the request: the same key with another request is refused.
    request_mac BYTEA NOT NULL,
    version BIGINT NOT NULL,
    key_version INTEGER NOT NULL,
    answer_sealed BYTEA NOT NULL,
    created_at TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, idempotency_mac)
);

CREATE TABLE entries (
    tenant_id BYTEA NOT NULL,
    entry_id BYTEA NOT NULL,
    version BIGINT NOT NULL,
    account_id BYTEA NOT NULL,
    batch_id BYTEA NOT NULL,
    posted_on TEXT COLLATE "C" NOT NULL,
    currency TEXT NOT NULL,
    bucket TEXT NOT NULL CHECK (bucket IN ('MICRO', 'SMALL', 'MEDIUM', 'LARGE', 'XLARGE')),
    direction SMALLINT NOT NULL CHECK (direction IN (-1, 0, 1)),
    status TEXT NOT NULL,
    removed SMALLINT NOT NULL DEFAULT 0 CHECK (removed IN (0, 1)),
    key_version INTEGER NOT NULL,
    amount_sealed BYTEA NOT NULL,
    text_sealed BYTEA NOT NULL,
    identity_mac BYTEA NOT NULL,
    bank_id_mac BYTEA,
    PRIMARY KEY (tenant_id, entry_id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES accounts (tenant_id, account_id),
    FOREIGN KEY (tenant_id, batch_id) REFERENCES batches (tenant_id, batch_id)
);

-- The change feed.
CREATE INDEX entries_by_version ON entries (tenant_id, version, entry_id);
CREATE INDEX entries_by_account ON entries (tenant_id, account_id, posted_on);
CREATE INDEX entries_by_identity ON entries (tenant_id, identity_mac);
CREATE INDEX entries_by_bank_id ON entries (tenant_id, bank_id_mac) WHERE bank_id_mac IS NOT NULL;
CREATE INDEX entries_by_batch ON entries (tenant_id, batch_id);

CREATE TABLE anchors (
    tenant_id BYTEA NOT NULL,
    account_id BYTEA NOT NULL,
    stated_on TEXT COLLATE "C" NOT NULL,
    batch_id BYTEA NOT NULL,
    source TEXT NOT NULL,
    version BIGINT NOT NULL,
    key_version INTEGER NOT NULL,
    balance_sealed BYTEA NOT NULL,
    removed SMALLINT NOT NULL DEFAULT 0 CHECK (removed IN (0, 1)),
    PRIMARY KEY (tenant_id, account_id, stated_on, batch_id, source),
    FOREIGN KEY (tenant_id, account_id) REFERENCES accounts (tenant_id, account_id),
    FOREIGN KEY (tenant_id, batch_id) REFERENCES batches (tenant_id, batch_id)
);

CREATE INDEX anchors_by_batch ON anchors (tenant_id, batch_id);

-- The tenant of this transaction, or null: nothing equals null.
CREATE FUNCTION current_tenant() RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
    RETURN decode(nullif(current_setting('app.tenant', true), ''), 'hex');

ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
CREATE POLICY of_the_tenant ON tenants USING (tenant_id = current_tenant());

ALTER TABLE tenant_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY of_the_tenant ON tenant_keys USING (tenant_id = current_tenant());

ALTER TABLE memberships ENABLE ROW LEVEL SECURITY;
ALTER TABLE memberships FORCE ROW LEVEL SECURITY;
CREATE POLICY of_the_tenant ON memberships USING (tenant_id = current_tenant());

ALTER TABLE principals ENABLE ROW LEVEL SECURITY;
ALTER TABLE principals FORCE ROW LEVEL SECURITY;
CREATE POLICY of_the_tenant ON principals USING (tenant_id = current_tenant());

ALTER TABLE tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY of_the_tenant ON tokens USING (tenant_id = current_tenant());

ALTER TABLE accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE accounts FORCE ROW LEVEL SECURITY;
CREATE POLICY of_the_tenant ON accounts USING (tenant_id = current_tenant());

ALTER TABLE account_numbers ENABLE ROW LEVEL SECURITY;
ALTER TABLE account_numbers FORCE ROW LEVEL SECURITY;
CREATE POLICY of_the_tenant ON account_numbers USING (tenant_id = current_tenant());

ALTER TABLE batches ENABLE ROW LEVEL SECURITY;
ALTER TABLE batches FORCE ROW LEVEL SECURITY;
CREATE POLICY of_the_tenant ON batches USING (tenant_id = current_tenant());

ALTER TABLE idempotent_answers ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotent_answers FORCE ROW LEVEL SECURITY;
CREATE POLICY of_the_tenant ON idempotent_answers USING (tenant_id = current_tenant());

ALTER TABLE entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE entries FORCE ROW LEVEL SECURITY;
CREATE POLICY of_the_tenant ON entries USING (tenant_id = current_tenant());

ALTER TABLE anchors ENABLE ROW LEVEL SECURITY;
ALTER TABLE anchors FORCE ROW LEVEL SECURITY;
CREATE POLICY of_the_tenant ON anchors USING (tenant_id = current_tenant());

GRANT SELECT, INSERT, UPDATE, DELETE ON
    tenants, tenant_keys, memberships, principals, tokens, accounts, account_numbers, batches,
    idempotent_answers, entries, anchors
TO pennyvault_app;

-- Read before a tenant is known; ids and hashes only.
GRANT SELECT, INSERT, DELETE ON people, token_directory TO pennyvault_app;
GRANT SELECT ON schema_migrations TO pennyvault_app;
