-- Edits and what they remember, statements' days, splits, closed months, leases of workbooks. Only additions: what
-- a server of the second schema reads stays as it was.

-- whole: as the bank gave it; split: its parts stand for it in sums by category, it for them in proofs;
-- adjustment: an explicit line that makes a stretch add up until its cause is found.
ALTER TABLE entries ADD COLUMN role TEXT NOT NULL DEFAULT 'whole'
    CHECK (role IN ('whole', 'split', 'part', 'adjustment'));
ALTER TABLE entries ADD COLUMN parent_id BLOB;
-- The statement that the entry belongs to, where that is not the one of its date.
ALTER TABLE entries ADD COLUMN statement_on TEXT;
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
    tenant_id BLOB NOT NULL,
    edit_id BLOB NOT NULL,
    batch_id BLOB NOT NULL,
    entry_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    key_version INTEGER NOT NULL,
    edit_sealed BLOB NOT NULL,
    undone INTEGER NOT NULL DEFAULT 0 CHECK (undone IN (0, 1)),
    PRIMARY KEY (tenant_id, edit_id, entry_id),
    FOREIGN KEY (tenant_id, batch_id) REFERENCES batches (tenant_id, batch_id),
    FOREIGN KEY (tenant_id, entry_id) REFERENCES entries (tenant_id, entry_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX edits_by_batch ON edits (tenant_id, batch_id);
CREATE INDEX edits_by_entry ON edits (tenant_id, entry_id, version);

-- A batch stated an entry that was in the ledger already: if the entry's own batch is undone, it becomes this one's.
CREATE TABLE sightings (
    tenant_id BLOB NOT NULL,
    entry_id BLOB NOT NULL,
    batch_id BLOB NOT NULL,
    PRIMARY KEY (tenant_id, entry_id, batch_id),
    FOREIGN KEY (tenant_id, batch_id) REFERENCES batches (tenant_id, batch_id),
    FOREIGN KEY (tenant_id, entry_id) REFERENCES entries (tenant_id, entry_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX sightings_by_batch ON sightings (tenant_id, batch_id);

-- A month that was closed, with its evidence as it was then; a reopened one keeps its row.
CREATE TABLE closings (
    tenant_id BLOB NOT NULL REFERENCES tenants (tenant_id),
    closing_id BLOB NOT NULL,
    month TEXT NOT NULL,
    version INTEGER NOT NULL,
    key_version INTEGER NOT NULL,
    closed_at TEXT NOT NULL,
    principal_id BLOB NOT NULL,
    evidence_sealed BLOB NOT NULL,
    reopened_version INTEGER,
    reopened_at TEXT,
    reopened_by BLOB,
    reason_sealed BLOB,
    PRIMARY KEY (tenant_id, closing_id)
) STRICT, WITHOUT ROWID;

-- One closing of a month is in force.
CREATE UNIQUE INDEX closings_in_force ON closings (tenant_id, month) WHERE reopened_version IS NULL;

-- Who is writing into a workbook just now; of no worth once expired.
CREATE TABLE workbook_leases (
    tenant_id BLOB NOT NULL REFERENCES tenants (tenant_id),
    workbook_id BLOB NOT NULL,
    lease_id BLOB NOT NULL,
    principal_id BLOB NOT NULL,
    expires_at TEXT NOT NULL,
    PRIMARY KEY (tenant_id, workbook_id)
) STRICT, WITHOUT ROWID;
