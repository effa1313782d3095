-- Edits and what they remember, statements' days, splits, closed months, leases of workbooks. Only additions: what
-- a server of the second schema reads stays as it was.

-- whole: as the bank gave it; split: its parts stand for it in sums by category, it for them in proofs;
-- adjustment: an explicit line that makes a stretch add up until its cause is found.
ALTER TABLE entries ADD COLUMN role TEXT NOT NULL DEFAULT 'whole'
    CHECK (role IN ('whole', 'split', 'part', 'adjustment'));
ALTER TABLE entries ADD COLUMN parent_id BYTEA;
-- The statement that the entry belongs to, where that is not the one of its date.
ALTER TABLE entries ADD COLUMN statement_on TEXT COLLATE "C";
-- Why the entry is gone. What a user removed or merged is found again by imports, and not added a second time.
ALTER TABLE entries ADD COLUMN removal TEXT
    CHECK (removal IN ('undone', 'user', 'merged', 'cleared', 'unsplit', 'bank'));

CREATE INDEX entries_by_parent ON entries (tenant_id, parent_id) WHERE parent_id IS NOT NULL;
-- Few there are of these, and every write asks for them.
CREATE INDEX adjustments_in_force ON entries (tenant_id, entry_id) WHERE role = 'adjustment' AND removed = 0;
CREATE INDEX merged_entries ON entries (tenant_id, entry_id) WHERE removal = 'merged';

-- What a batch of typed rows is, where it is more than typed entries.
ALTER TABLE batches ADD COLUMN purpose TEXT
    CHECK (purpose IN ('edit', 'balance', 'adjustment'));

-- Every edit that was applied: known again by its id, undone by what it says of before.
CREATE TABLE edits (
    tenant_id BYTEA NOT NULL,
    edit_id BYTEA NOT NULL,
    batch_id BYTEA NOT NULL,
    entry_id BYTEA NOT NULL,
    version BIGINT NOT NULL,
    key_version BIGINT NOT NULL,
    edit_sealed BYTEA NOT NULL,
    undone SMALLINT NOT NULL DEFAULT 0 CHECK (undone IN (0, 1)),
    PRIMARY KEY (tenant_id, edit_id, entry_id),
    FOREIGN KEY (tenant_id, batch_id) REFERENCES batches (tenant_id, batch_id),
    FOREIGN KEY (tenant_id, entry_id) REFERENCES entries (tenant_id, entry_id)
);

CREATE INDEX edits_by_batch ON edits (tenant_id, batch_id);
CREATE INDEX edits_by_entry ON edits (tenant_id, entry_id, version);

-- A batch stated an entry that was in the ledger already: if the entry's own batch is undone, it becomes this one's.
CREATE TABLE sightings (
    tenant_id BYTEA NOT NULL,
    entry_id BYTEA NOT NULL,
    batch_id BYTEA NOT NULL,
    PRIMARY KEY (tenant_id, entry_id, batch_id),
    FOREIGN KEY (tenant_id, batch_id) REFERENCES batches (tenant_id, batch_id),
    FOREIGN KEY (tenant_id, entry_id) REFERENCES entries (tenant_id, entry_id)
);

CREATE INDEX sightings_by_batch ON sightings (tenant_id, batch_id);

-- A month that was closed, with its evidence as it was then; a reopened one keeps its row.
CREATE TABLE closings (
    tenant_id BYTEA NOT NULL REFERENCES tenants (tenant_id),
    closing_id BYTEA NOT NULL,
    month TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    key_version BIGINT NOT NULL,
    closed_at TEXT COLLATE "C" NOT NULL,
    principal_id BYTEA NOT NULL,
    evidence_sealed BYTEA NOT NULL,
    reopened_version BIGINT,
    reopened_at TEXT COLLATE "C",
    reopened_by BYTEA,
    reason_sealed BYTEA,
    PRIMARY KEY (tenant_id, closing_id)
);

-- One closing of a month is in force.
CREATE UNIQUE INDEX closings_in_force ON closings (tenant_id, month) WHERE reopened_version IS NULL;

-- Who is writing into a workbook just now; of no worth once expired.
CREATE TABLE workbook_leases (
    tenant_id BYTEA NOT NULL REFERENCES tenants (tenant_id),
    workbook_id BYTEA NOT NULL,
    lease_id BYTEA NOT NULL,
    principal_id BYTEA NOT NULL,
    expires_at TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, workbook_id)
);

ALTER TABLE edits ENABLE ROW LEVEL SECURITY;
ALTER TABLE edits FORCE ROW LEVEL SECURITY;
CREATE POLICY of_the_tenant ON edits USING (tenant_id = current_tenant());

ALTER TABLE sightings ENABLE ROW LEVEL SECURITY;
ALTER TABLE sightings FORCE ROW LEVEL SECURITY;
CREATE POLICY of_the_tenant ON sightings USING (tenant_id = current_tenant());

ALTER TABLE closings ENABLE ROW LEVEL SECURITY;
ALTER TABLE closings FORCE ROW LEVEL SECURITY;
CREATE POLICY of_the_tenant ON closings USING (tenant_id = current_tenant());

ALTER TABLE workbook_leases ENABLE ROW LEVEL SECURITY;
ALTER TABLE workbook_leases FORCE ROW LEVEL SECURITY;
CREATE POLICY of_the_tenant ON workbook_leases USING (tenant_id = current_tenant());

GRANT SELECT, INSERT, UPDATE, DELETE ON edits, sightings, closings, workbook_leases TO pennyvault_app;
