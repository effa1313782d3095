-- The first schema. Every tenant table's key begins with tenant_id. Ids are 16-byte UUIDs, dates and
-- instants ISO 8601 text, *_sealed records of server.sealing, *_mac HMACs under the identifiers key.

CREATE TABLE tenants (
    tenant_id BLOB NOT NULL PRIMARY KEY,
    created_at TEXT NOT NULL,
    -- The last ledger version that was given out.
    version INTEGER NOT NULL DEFAULT 0 CHECK (version >= 0),
    environment TEXT NOT NULL CHECK (environment IN ('test', 'live')),
    name_sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The wrapped data keys, apart from everything else: no table refers to them, so that they can be
-- kept, backed up and destroyed on their own.
CREATE TABLE tenant_keys (
    tenant_id BLOB NOT NULL,
    key_version INTEGER NOT NULL CHECK (key_version >= 1),
    wrapped_key BLOB NOT NULL,
    master_key_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (tenant_id, key_version)
) STRICT, WITHOUT ROWID;

CREATE TABLE people (
    person_id BLOB NOT NULL PRIMARY KEY,
    created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE memberships (
    tenant_id BLOB NOT NULL REFERENCES tenants (tenant_id),
    person_id BLOB NOT NULL REFERENCES people (person_id),
    role TEXT NOT NULL CHECK (role IN ('owner', 'administrator', 'editor', 'viewer')),
    created_at TEXT NOT NULL,
    PRIMARY KEY (tenant_id, person_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE principals (
    tenant_id BLOB NOT NULL REFERENCES tenants (tenant_id),
    principal_id BLOB NOT NULL,
    person_id BLOB NOT NULL REFERENCES people (person_id),
    kind TEXT NOT NULL CHECK (kind IN ('person', 'machine')),
    created_at TEXT NOT NULL,
    PRIMARY KEY (tenant_id, principal_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
    tenant_id BLOB NOT NULL,
    token_id BLOB NOT NULL,
    principal_id BLOB NOT NULL,
    scopes TEXT NOT NULL,
    label_sealed BLOB NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT,
    revoked_at TEXT,
    PRIMARY KEY (tenant_id, token_id),
    FOREIGN KEY (tenant_id, principal_id) REFERENCES principals (tenant_id, principal_id)
) STRICT, WITHOUT ROWID;

-- Directory table, read before a tenant is known: hashes and ids only.
CREATE TABLE token_directory (
    token_hash BLOB NOT NULL PRIMARY KEY,
    tenant_id BLOB NOT NULL,
    token_id BLOB NOT NULL,
    FOREIGN KEY (tenant_id, token_id) REFERENCES tokens (tenant_id, token_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    tenant_id BLOB NOT NULL REFERENCES tenants (tenant_id),
    account_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    account_type TEXT NOT NULL,
    currency TEXT NOT NULL,
    name_sealed BLOB NOT NULL,
    name_mac BLOB NOT NULL,
    number_sealed BLOB,
    created_at TEXT NOT NULL,
    PRIMARY KEY (tenant_id, account_id),
    UNIQUE (tenant_id, name_mac)
) STRICT, WITHOUT ROWID;

-- HMAC of (account number as the file writes it, currency): which account a statement belongs to.
CREATE TABLE account_numbers (
    tenant_id BLOB NOT NULL,
    number_mac BLOB NOT NULL,
    account_id BLOB NOT NULL,
    PRIMARY KEY (tenant_id, number_mac),
    FOREIGN KEY (tenant_id, account_id) REFERENCES accounts (tenant_id, account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE batches (
    tenant_id BLOB NOT NULL REFERENCES tenants (tenant_id),
    batch_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('import', 'typed')),
    created_at TEXT NOT NULL,
    -- No foreign key: what a principal did outlives the principal.
    principal_id BLOB NOT NULL,
    -- HMAC of the source file's SHA-256.
    source_mac BLOB,
    -- The file's name and SHA-256.
    source_sealed BLOB,
    added INTEGER NOT NULL CHECK (added >= 0),
    undone_version INTEGER,
    undone_at TEXT,
    undone_by BLOB,
    PRIMARY KEY (tenant_id, batch_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX batches_by_source ON batches (tenant_id, source_mac) WHERE source_mac IS NOT NULL;

-- What a write with an idempotency key was answered, so that a repetition gets the same answer.
CREATE TABLE idempotent_answers (
    tenant_id BLOB NOT NULL REFERENCES tenants (tenant_id),
    idempotency_mac BLOB NOT NULL,
    -- HMAC of the request: the same key with another request is refused.
    request_mac BLOB NOT NULL,
    version INTEGER NOT NULL,
    key_version INTEGER NOT NULL,
    answer_sealed BLOB NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (tenant_id, idempotency_mac)
) STRICT, WITHOUT ROWID;

-- With a rowid, unlike the others: rows of 400 bytes make a slow key tree (measured: inserts a fifth and
-- scans of one account a third faster this way, the change feed the same).
CREATE TABLE entries (
    tenant_id BLOB NOT NULL,
    entry_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    account_id BLOB NOT NULL,
    batch_id BLOB NOT NULL,
    posted_on TEXT NOT NULL,
    currency TEXT NOT NULL,
    bucket TEXT NOT NULL CHECK (bucket IN ('MICRO', 'SMALL', 'MEDIUM', 'LARGE', 'XLARGE')),
    direction INTEGER NOT NULL CHECK (direction IN (-1, 0, 1)),
    status TEXT NOT NULL,
    removed INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1)),
    key_version INTEGER NOT NULL,
    amount_sealed BLOB NOT NULL,
    text_sealed BLOB NOT NULL,
    identity_mac BLOB NOT NULL,
    bank_id_mac BLOB,
    PRIMARY KEY (tenant_id, entry_id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES accounts (tenant_id, account_id),
    FOREIGN KEY (tenant_id, batch_id) REFERENCES batches (tenant_id, batch_id)
) STRICT;

-- The change feed.
CREATE INDEX entries_by_version ON entries (tenant_id, version, entry_id);
CREATE INDEX entries_by_account ON entries (tenant_id, account_id, posted_on);
CREATE INDEX entries_by_identity ON entries (tenant_id, identity_mac);
CREATE INDEX entries_by_bank_id ON entries (tenant_id, bank_id_mac) WHERE bank_id_mac IS NOT NULL;
CREATE INDEX entries_by_batch ON entries (tenant_id, batch_id);

CREATE TABLE anchors (
    tenant_id BLOB NOT NULL,
    account_id BLOB NOT NULL,
    stated_on TEXT NOT NULL,
    batch_id BLOB NOT NULL,
    source TEXT NOT NULL,
    version INTEGER NOT NULL,
    key_version INTEGER NOT NULL,
    balance_sealed BLOB NOT NULL,
    removed INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1)),
    PRIMARY KEY (tenant_id, account_id, stated_on, batch_id, source),
    FOREIGN KEY (tenant_id, account_id) REFERENCES accounts (tenant_id, account_id),
    FOREIGN KEY (tenant_id, batch_id) REFERENCES batches (tenant_id, batch_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX anchors_by_batch ON anchors (tenant_id, batch_id);
