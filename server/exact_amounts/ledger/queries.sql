-- name: version_of_ledger
SELECT version FROM tenants WHERE tenant_id = :tenant_id

-- name: lock_ledger
-- Takes the tenant's row lock and changes nothing: what is decided next is still so when it is written.
UPDATE tenants SET version = version WHERE tenant_id = :tenant_id RETURNING version

-- name: next_version
-- Versions are committed in their order: the row stays locked until the end.
UPDATE tenants SET version = version + 1 WHERE tenant_id = :tenant_id RETURNING version

-- name: find_answer
SELECT request_mac, version, answer_sealed FROM idempotent_answers
WHERE tenant_id = :tenant_id AND idempotency_mac = :idempotency_mac

-- name: add_answer
INSERT INTO idempotent_answers
    (tenant_id, idempotency_mac, request_mac, version, key_version, answer_sealed, created_at)
VALUES (:tenant_id, :idempotency_mac, :request_mac, :version, :key_version, :answer_sealed, :created_at)

-- name: accounts
SELECT account_id, version, account_type, currency, name_sealed, number_sealed FROM accounts
WHERE tenant_id = :tenant_id ORDER BY account_id

-- name: account_numbers
SELECT number_mac, account_id FROM account_numbers WHERE tenant_id = :tenant_id

-- name: add_account
INSERT INTO accounts
    (tenant_id, account_id, version, account_type, currency, name_sealed, name_mac, number_sealed, created_at)
VALUES
    (:tenant_id, :account_id, :version, :account_type, :currency, :name_sealed, :name_mac, :number_sealed,
     :created_at)

-- name: add_account_number
-- The first account of a number keeps it.
INSERT INTO account_numbers (tenant_id, number_mac, account_id) VALUES (:tenant_id, :number_mac, :account_id)
ON CONFLICT DO NOTHING

-- name: add_batch
INSERT INTO batches
    (tenant_id, batch_id, version, kind, created_at, principal_id, source_mac, source_sealed, added, undone_version,
     undone_at, undone_by, purpose)
VALUES
    (:tenant_id, :batch_id, :version, :kind, :created_at, :principal_id, :source_mac, :source_sealed, :added,
     :undone_version, :undone_at, :undone_by, :purpose)

-- name: batches
SELECT batch_id, version, kind, created_at, source_sealed, added, undone_at, purpose, principal_id FROM batches
WHERE tenant_id = :tenant_id ORDER BY version DESC

-- name: find_batch
SELECT version, undone_version FROM batches WHERE tenant_id = :tenant_id AND batch_id = :batch_id

-- name: undone_batches
SELECT batch_id, version, undone_version FROM batches
WHERE tenant_id = :tenant_id AND undone_version IS NOT NULL

-- name: batch_of_version
SELECT created_at, principal_id FROM batches WHERE tenant_id = :tenant_id AND version = :version

-- name: undo_of_version
SELECT undone_at, undone_by FROM batches WHERE tenant_id = :tenant_id AND undone_version = :version

-- name: find_source
SELECT 1 FROM batches
WHERE tenant_id = :tenant_id AND source_mac = :source_mac AND undone_version IS NULL LIMIT 1

-- name: mark_batch_undone
-- The version stays the one of the batch's making: its source is sealed to it.
UPDATE batches SET undone_version = :undone_version, undone_at = :undone_at, undone_by = :undone_by
WHERE tenant_id = :tenant_id AND batch_id = :batch_id

-- name: add_entry
INSERT INTO entries
    (tenant_id, entry_id, version, account_id, batch_id, posted_on, currency, bucket, direction, status, removed,
     key_version, amount_sealed, text_sealed, identity_mac, bank_id_mac, role, parent_id, statement_on, removal)
VALUES
    (:tenant_id, :entry_id, :version, :account_id, :batch_id, :posted_on, :currency, :bucket, :direction, :status,
     :removed, :key_version, :amount_sealed, :text_sealed, :identity_mac, :bank_id_mac, :role, :parent_id,
     :statement_on, :removal)

-- name: replace_entry
UPDATE entries SET
    version = :version, batch_id = :batch_id, posted_on = :posted_on, bucket = :bucket, direction = :direction,
    status = :status, removed = :removed, key_version = :key_version, amount_sealed = :amount_sealed,
    text_sealed = :text_sealed, identity_mac = :identity_mac, bank_id_mac = :bank_id_mac, role = :role,
    parent_id = :parent_id, statement_on = :statement_on, removal = :removal
WHERE tenant_id = :tenant_id AND entry_id = :entry_id AND account_id = :account_id AND currency = :currency

-- name: edit_entry
-- What identifies an entry to an import stays as it was.
UPDATE entries SET
    version = :version, batch_id = :batch_id, removed = :removed, key_version = :key_version,
    amount_sealed = :amount_sealed, text_sealed = :text_sealed, role = :role, parent_id = :parent_id,
    statement_on = :statement_on, removal = :removal
WHERE tenant_id = :tenant_id AND entry_id = :entry_id

-- The columns of an entry stand in one order everywhere: what `row_sealer` binds comes first.

-- name: digests_of_entries
-- :entry_ids is written out to a fixed number of parameters.
SELECT entry_id, identity_mac, bank_id_mac FROM entries WHERE tenant_id = :tenant_id AND entry_id IN (:entry_ids)

-- name: entries_of_batch
-- The live ones, and those that a person removed or merged.
SELECT amount_sealed, entry_id, version, account_id, currency, posted_on, text_sealed, status, removed, batch_id,
    role, parent_id, statement_on, removal
FROM entries WHERE tenant_id = :tenant_id AND batch_id = :batch_id
    AND (removed = 0 OR removal IN ('user', 'merged')) ORDER BY entry_id

-- name: entries_of_ids
-- :entry_ids is written out to a fixed number of parameters.
SELECT amount_sealed, entry_id, version, account_id, currency, posted_on, text_sealed, status, removed, batch_id,
    role, parent_id, statement_on, removal
FROM entries WHERE tenant_id = :tenant_id AND entry_id IN (:entry_ids)

-- name: parts_of
-- :entry_ids is written out to a fixed number of parameters.
SELECT amount_sealed, entry_id, version, account_id, currency, posted_on, text_sealed, status, removed, batch_id,
    role, parent_id, statement_on, removal
FROM entries WHERE tenant_id = :tenant_id AND parent_id IN (:entry_ids)

-- name: merged_entries
SELECT amount_sealed, entry_id, version, account_id, currency, posted_on, text_sealed, status, removed, batch_id,
    role, parent_id, statement_on, removal
FROM entries WHERE tenant_id = :tenant_id AND removal = 'merged' ORDER BY entry_id

-- name: live_adjustments
SELECT amount_sealed, entry_id, version, account_id, currency, posted_on, text_sealed, status, removed, batch_id,
    role, parent_id, statement_on, removal
FROM entries WHERE tenant_id = :tenant_id AND role = 'adjustment' AND removed = 0 ORDER BY entry_id

-- name: entries_of_account
-- Removed ones too: what a person took out may be what is missing.
SELECT amount_sealed, entry_id, version, account_id, currency, posted_on, text_sealed, status, removed, batch_id,
    role, parent_id, statement_on, removal
FROM entries WHERE tenant_id = :tenant_id AND account_id = :account_id ORDER BY entry_id

-- name: live_identities
-- What a person removed or merged is known still: an import does not bring it back.
SELECT identity_mac, entry_id, status, removed FROM entries
WHERE tenant_id = :tenant_id AND account_id = :account_id AND posted_on BETWEEN :first_day AND :last_day
    AND (removed = 0 OR removal IN ('user', 'merged')) AND role IN ('whole', 'split')
ORDER BY entry_id

-- name: live_entries_of_bank_ids
-- :bank_id_macs is written out to a fixed number of parameters.
SELECT amount_sealed, entry_id, version, account_id, currency, posted_on, text_sealed, status, removed, batch_id,
    role, parent_id, statement_on, removal,
    bank_id_mac
FROM entries WHERE tenant_id = :tenant_id AND bank_id_mac IN (:bank_id_macs)
    AND (removed = 0 OR removal IN ('user', 'merged')) AND role IN ('whole', 'split')

-- name: page_of_entries
SELECT amount_sealed, entry_id, version, account_id, currency, posted_on, text_sealed, status, removed, batch_id,
    role, parent_id, statement_on, removal,
    bucket
FROM entries
WHERE tenant_id = :tenant_id AND (posted_on, entry_id) > (:after_day, :after_id)
    AND posted_on BETWEEN :first_day AND :last_day AND removed = 0
ORDER BY posted_on, entry_id LIMIT :limit

-- name: page_of_account_entries
SELECT amount_sealed, entry_id, version, account_id, currency, posted_on, text_sealed, status, removed, batch_id,
    role, parent_id, statement_on, removal,
    bucket
FROM entries
WHERE tenant_id = :tenant_id AND account_id = :account_id AND (posted_on, entry_id) > (:after_day, :after_id)
    AND posted_on BETWEEN :first_day AND :last_day AND removed = 0
ORDER BY posted_on, entry_id LIMIT :limit

-- name: page_of_changes
-- The version is a range on both sides: what commits after the page's beginning belongs to a later page.
SELECT amount_sealed, entry_id, version, account_id, currency, posted_on, text_sealed, status, removed, batch_id,
    role, parent_id, statement_on, removal,
    bucket
FROM entries
WHERE tenant_id = :tenant_id AND (version, entry_id) > (:after_version, :after_id) AND version <= :through_version
    AND (removed = 0 OR version > :skip_removed_through)
ORDER BY version, entry_id LIMIT :limit

-- name: posted_amounts
-- With the day on which each counts. In a proof a split stands for its parts.
SELECT amount_sealed, entry_id, version, account_id, currency, posted_on, COALESCE(statement_on, posted_on)
FROM entries WHERE tenant_id = :tenant_id AND removed = 0 AND status = 'posted' AND role <> 'part'

-- name: posted_entries
-- What was earned and spent: parts stand for their split, and an adjustment is neither.
SELECT amount_sealed, entry_id, version, account_id, currency, posted_on, text_sealed, status, removed, batch_id,
    role, parent_id, statement_on, removal
FROM entries
WHERE tenant_id = :tenant_id AND removed = 0 AND status = 'posted' AND role IN ('whole', 'part') ORDER BY entry_id

-- name: live_anchors
SELECT anchors.balance_sealed, anchors.batch_id, anchors.version, anchors.account_id, accounts.currency,
    anchors.stated_on, anchors.source
FROM anchors JOIN accounts USING (tenant_id, account_id)
WHERE anchors.tenant_id = :tenant_id AND anchors.removed = 0
ORDER BY anchors.account_id, anchors.stated_on, anchors.version

-- name: add_anchor
INSERT INTO anchors
    (tenant_id, account_id, stated_on, batch_id, source, version, key_version, balance_sealed, removed)
VALUES
    (:tenant_id, :account_id, :stated_on, :batch_id, :source, :version, :key_version, :balance_sealed, :removed)

-- name: remove_anchors_of_batch
UPDATE anchors SET removed = 1 WHERE tenant_id = :tenant_id AND batch_id = :batch_id AND removed = 0


-- name: add_edit
INSERT INTO edits (tenant_id, edit_id, entry_id, batch_id, version, key_version, edit_sealed, undone)
VALUES (:tenant_id, :edit_id, :entry_id, :batch_id, :version, :key_version, :edit_sealed, :undone)

-- name: known_edits
-- :edit_ids is written out to a fixed number of parameters.
SELECT DISTINCT edit_id FROM edits WHERE tenant_id = :tenant_id AND edit_id IN (:edit_ids)

-- name: edits_of_batch
SELECT edit_sealed, edit_id, entry_id, version FROM edits
WHERE tenant_id = :tenant_id AND batch_id = :batch_id AND undone = 0

-- name: edits_of_entries
-- :entry_ids is written out to a fixed number of parameters. Those of undone batches too.
SELECT edit_sealed, edit_id, entry_id, version FROM edits
WHERE tenant_id = :tenant_id AND entry_id IN (:entry_ids)

-- name: mark_edits_undone
UPDATE edits SET undone = 1 WHERE tenant_id = :tenant_id AND batch_id = :batch_id AND undone = 0

-- name: add_sighting
INSERT INTO sightings (tenant_id, entry_id, batch_id) VALUES (:tenant_id, :entry_id, :batch_id)

-- name: seen_elsewhere
-- The entries of a batch that other batches in force stated too, with these.
SELECT sightings.entry_id, sightings.batch_id, batches.version
FROM sightings
JOIN entries ON entries.tenant_id = sightings.tenant_id AND entries.entry_id = sightings.entry_id
JOIN batches ON batches.tenant_id = sightings.tenant_id AND batches.batch_id = sightings.batch_id
WHERE sightings.tenant_id = :tenant_id AND entries.batch_id = :batch_id AND sightings.batch_id <> :batch_id
    AND batches.undone_version IS NULL
ORDER BY batches.version

-- name: add_closing
INSERT INTO closings
    (tenant_id, closing_id, month, version, key_version, closed_at, principal_id, evidence_sealed, reopened_version,
     reopened_at, reopened_by, reason_sealed)
VALUES
    (:tenant_id, :closing_id, :month, :version, :key_version, :closed_at, :principal_id, :evidence_sealed,
     :reopened_version, :reopened_at, :reopened_by, :reason_sealed)

-- name: closings
SELECT closing_id, month, version, closed_at, principal_id, evidence_sealed, reopened_version, reopened_at,
    reopened_by, reason_sealed
FROM closings WHERE tenant_id = :tenant_id ORDER BY version

-- name: closed_months
SELECT month FROM closings WHERE tenant_id = :tenant_id AND reopened_version IS NULL ORDER BY month

-- name: reopen_closing
UPDATE closings SET
    reopened_version = :reopened_version, reopened_at = :reopened_at, reopened_by = :reopened_by,
    reason_sealed = :reason_sealed
WHERE tenant_id = :tenant_id AND closing_id = :closing_id

-- name: adjustments_by_account
SELECT account_id, COUNT(*) FROM entries
WHERE tenant_id = :tenant_id AND role = 'adjustment' AND removed = 0 GROUP BY account_id

-- name: sources
-- Of batches in force, with the accounts that they stated something of.
SELECT batches.batch_id, batches.version, batches.source_sealed, touched.account_id
FROM batches
JOIN (
    SELECT batch_id, account_id FROM entries WHERE tenant_id = :tenant_id
    UNION SELECT batch_id, account_id FROM anchors WHERE tenant_id = :tenant_id
    UNION SELECT sightings.batch_id, entries.account_id
    FROM sightings
    JOIN entries ON entries.tenant_id = sightings.tenant_id AND entries.entry_id = sightings.entry_id
    WHERE sightings.tenant_id = :tenant_id
) AS touched ON touched.batch_id = batches.batch_id
WHERE batches.tenant_id = :tenant_id AND batches.source_sealed IS NOT NULL AND batches.undone_version IS NULL
ORDER BY batches.version, touched.account_id

-- name: find_lease
SELECT lease_id, expires_at FROM workbook_leases WHERE tenant_id = :tenant_id AND workbook_id = :workbook_id

-- name: put_lease
INSERT INTO workbook_leases (tenant_id, workbook_id, lease_id, principal_id, expires_at)
VALUES (:tenant_id, :workbook_id, :lease_id, :principal_id, :expires_at)
ON CONFLICT (tenant_id, workbook_id) DO UPDATE SET
    lease_id = excluded.lease_id, principal_id = excluded.principal_id, expires_at = excluded.expires_at

-- name: drop_lease
DELETE FROM workbook_leases WHERE tenant_id = :tenant_id AND lease_id = :lease_id


-- The rows that the sums cover: columns as in `summed_rows`, of a sealed record its tag.

-- name: sums_of_ledger
SELECT tenants.version, ledger_integrity.version, ledger_integrity.sum_sealed
FROM tenants LEFT JOIN ledger_integrity ON ledger_integrity.tenant_id = tenants.tenant_id
WHERE tenants.tenant_id = :tenant_id

-- name: write_sums
INSERT INTO ledger_integrity (tenant_id, version, sum_sealed) VALUES (:tenant_id, :version, :sum_sealed)
ON CONFLICT (tenant_id) DO UPDATE SET version = excluded.version, sum_sealed = excluded.sum_sealed

-- name: summed_entries
SELECT entry_id, version, account_id, batch_id, posted_on, currency, bucket, direction, status, removed, key_version,
    identity_mac, bank_id_mac, substr(amount_sealed, length(amount_sealed) - 15),
    substr(text_sealed, length(text_sealed) - 15), role, parent_id, statement_on, removal
FROM entries WHERE tenant_id = :tenant_id AND entry_id > :after_id ORDER BY entry_id LIMIT :limit

-- name: summed_entries_of_ids
-- :entry_ids is written out to a fixed number of parameters.
SELECT entry_id, version, account_id, batch_id, posted_on, currency, bucket, direction, status, removed, key_version,
    identity_mac, bank_id_mac, substr(amount_sealed, length(amount_sealed) - 15),
    substr(text_sealed, length(text_sealed) - 15), role, parent_id, statement_on, removal
FROM entries WHERE tenant_id = :tenant_id AND entry_id IN (:entry_ids)

-- name: summed_entries_of_batch
SELECT entry_id, version, account_id, batch_id, posted_on, currency, bucket, direction, status, removed, key_version,
    identity_mac, bank_id_mac, substr(amount_sealed, length(amount_sealed) - 15),
    substr(text_sealed, length(text_sealed) - 15), role, parent_id, statement_on, removal
FROM entries WHERE tenant_id = :tenant_id AND batch_id = :batch_id
    AND (removed = 0 OR removal IN ('user', 'merged')) ORDER BY entry_id

-- name: summed_accounts
SELECT account_id, version, account_type, currency, name_mac, created_at,
    substr(name_sealed, length(name_sealed) - 15), substr(number_sealed, length(number_sealed) - 15)
FROM accounts WHERE tenant_id = :tenant_id

-- name: summed_account_numbers
SELECT number_mac, account_id FROM account_numbers WHERE tenant_id = :tenant_id

-- name: summed_batches
SELECT batch_id, version, kind, created_at, principal_id, source_mac, added, undone_version, undone_at, undone_by,
    substr(source_sealed, length(source_sealed) - 15), purpose
FROM batches WHERE tenant_id = :tenant_id

-- name: summed_batch
SELECT batch_id, version, kind, created_at, principal_id, source_mac, added, undone_version, undone_at, undone_by,
    substr(source_sealed, length(source_sealed) - 15), purpose
FROM batches WHERE tenant_id = :tenant_id AND batch_id = :batch_id

-- name: summed_anchors
SELECT account_id, stated_on, batch_id, source, version, key_version, removed,
    substr(balance_sealed, length(balance_sealed) - 15)
FROM anchors WHERE tenant_id = :tenant_id

-- name: summed_live_anchors_of_batch
SELECT account_id, stated_on, batch_id, source, version, key_version, removed,
    substr(balance_sealed, length(balance_sealed) - 15)
FROM anchors WHERE tenant_id = :tenant_id AND batch_id = :batch_id AND removed = 0

-- name: summed_idempotent_answers
SELECT idempotency_mac, request_mac, version, key_version, created_at,
    substr(answer_sealed, length(answer_sealed) - 15)
FROM idempotent_answers WHERE tenant_id = :tenant_id

-- name: summed_edits
SELECT edit_id, entry_id, batch_id, version, key_version, undone, substr(edit_sealed, length(edit_sealed) - 15)
FROM edits WHERE tenant_id = :tenant_id

-- name: summed_edits_of_batch
SELECT edit_id, entry_id, batch_id, version, key_version, undone, substr(edit_sealed, length(edit_sealed) - 15)
FROM edits WHERE tenant_id = :tenant_id AND batch_id = :batch_id AND undone = 0

-- name: summed_sightings
SELECT entry_id, batch_id FROM sightings WHERE tenant_id = :tenant_id

-- name: summed_closings
SELECT closing_id, month, version, key_version, closed_at, principal_id, reopened_version, reopened_at, reopened_by,
    substr(evidence_sealed, length(evidence_sealed) - 15), substr(reason_sealed, length(reason_sealed) - 15)
FROM closings WHERE tenant_id = :tenant_id

-- name: summed_closing
SELECT closing_id, month, version, key_version, closed_at, principal_id, reopened_version, reopened_at, reopened_by,
    substr(evidence_sealed, length(evidence_sealed) - 15), substr(reason_sealed, length(reason_sealed) - 15)
FROM closings WHERE tenant_id = :tenant_id AND closing_id = :closing_id

-- Every sealed record with its place, removed rows too; `sealed_records` knows the columns.

-- name: records_of_entries
SELECT entry_id, version, account_id, currency, posted_on, amount_sealed, text_sealed
FROM entries WHERE tenant_id = :tenant_id AND entry_id > :after_id ORDER BY entry_id LIMIT :limit

-- name: records_of_accounts
SELECT account_id, version, currency, name_sealed, number_sealed FROM accounts WHERE tenant_id = :tenant_id

-- name: records_of_batches
SELECT batch_id, version, source_sealed FROM batches WHERE tenant_id = :tenant_id

-- name: records_of_anchors
SELECT anchors.batch_id, anchors.version, anchors.account_id, accounts.currency, anchors.stated_on,
    anchors.balance_sealed
FROM anchors
LEFT JOIN accounts ON accounts.tenant_id = anchors.tenant_id AND accounts.account_id = anchors.account_id
WHERE anchors.tenant_id = :tenant_id

-- name: records_of_idempotent_answers
SELECT idempotency_mac, version, answer_sealed FROM idempotent_answers WHERE tenant_id = :tenant_id

-- name: records_of_edits
SELECT edit_id, entry_id, version, edit_sealed FROM edits WHERE tenant_id = :tenant_id

-- name: records_of_closings
SELECT closing_id, version, evidence_sealed, reason_sealed FROM closings WHERE tenant_id = :tenant_id

-- Rows with a record of another key version (bytes 2 to 5 of a record say which): what is summed, then the records.

-- name: stale_entries
SELECT entry_id, version, account_id, batch_id, posted_on, currency, bucket, direction, status, removed, key_version,
    identity_mac, bank_id_mac, substr(amount_sealed, length(amount_sealed) - 15),
    substr(text_sealed, length(text_sealed) - 15), role, parent_id, statement_on, removal, amount_sealed, text_sealed
FROM entries WHERE tenant_id = :tenant_id AND entry_id > :after_id AND key_version <> :key_version
ORDER BY entry_id LIMIT :limit

-- name: stale_accounts
SELECT account_id, version, account_type, currency, name_mac, created_at,
    substr(name_sealed, length(name_sealed) - 15), substr(number_sealed, length(number_sealed) - 15),
    name_sealed, number_sealed
FROM accounts WHERE tenant_id = :tenant_id AND substr(name_sealed, 2, 4) <> :header LIMIT :limit

-- name: stale_batches
SELECT batch_id, version, kind, created_at, principal_id, source_mac, added, undone_version, undone_at, undone_by,
    substr(source_sealed, length(source_sealed) - 15), purpose, source_sealed
FROM batches WHERE tenant_id = :tenant_id AND substr(source_sealed, 2, 4) <> :header LIMIT :limit

-- name: stale_anchors
SELECT anchors.account_id, anchors.stated_on, anchors.batch_id, anchors.source, anchors.version, anchors.key_version,
    anchors.removed, substr(anchors.balance_sealed, length(anchors.balance_sealed) - 15), anchors.balance_sealed,
    accounts.currency
FROM anchors JOIN accounts ON accounts.tenant_id = anchors.tenant_id AND accounts.account_id = anchors.account_id
WHERE anchors.tenant_id = :tenant_id AND anchors.key_version <> :key_version LIMIT :limit

-- name: stale_idempotent_answers
SELECT idempotency_mac, request_mac, version, key_version, created_at,
    substr(answer_sealed, length(answer_sealed) - 15), answer_sealed
FROM idempotent_answers WHERE tenant_id = :tenant_id AND key_version <> :key_version LIMIT :limit

-- name: stale_edits
SELECT edit_id, entry_id, batch_id, version, key_version, undone, substr(edit_sealed, length(edit_sealed) - 15),
    edit_sealed
FROM edits WHERE tenant_id = :tenant_id AND key_version <> :key_version LIMIT :limit

-- name: stale_closings
SELECT closing_id, month, version, key_version, closed_at, principal_id, reopened_version, reopened_at, reopened_by,
    substr(evidence_sealed, length(evidence_sealed) - 15), substr(reason_sealed, length(reason_sealed) - 15),
    evidence_sealed, reason_sealed
FROM closings WHERE tenant_id = :tenant_id AND key_version <> :key_version LIMIT :limit

-- name: reseal_edits
UPDATE edits SET key_version = :key_version, edit_sealed = :edit_sealed
WHERE tenant_id = :tenant_id AND edit_id = :edit_id AND entry_id = :entry_id

-- name: reseal_closings
UPDATE closings SET key_version = :key_version, evidence_sealed = :evidence_sealed, reason_sealed = :reason_sealed
WHERE tenant_id = :tenant_id AND closing_id = :closing_id

-- name: reseal_entries
UPDATE entries SET key_version = :key_version, amount_sealed = :amount_sealed, text_sealed = :text_sealed
WHERE tenant_id = :tenant_id AND entry_id = :entry_id

-- name: reseal_accounts
UPDATE accounts SET name_sealed = :name_sealed, number_sealed = :number_sealed
WHERE tenant_id = :tenant_id AND account_id = :account_id

-- name: reseal_batches
UPDATE batches SET source_sealed = :source_sealed WHERE tenant_id = :tenant_id AND batch_id = :batch_id

-- name: reseal_anchors
UPDATE anchors SET key_version = :key_version, balance_sealed = :balance_sealed
WHERE tenant_id = :tenant_id AND account_id = :account_id AND stated_on = :stated_on AND batch_id = :batch_id
    AND source = :source

-- name: reseal_idempotent_answers
UPDATE idempotent_answers SET key_version = :key_version, answer_sealed = :answer_sealed
WHERE tenant_id = :tenant_id AND idempotency_mac = :idempotency_mac
