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
     undone_at, undone_by)
VALUES
    (:tenant_id, :batch_id, :version, :kind, :created_at, :principal_id, :source_mac, :source_sealed, :added,
     :undone_version, :undone_at, :undone_by)

-- name: batches
SELECT batch_id, version, kind, created_at, source_sealed, added, undone_at FROM batches
WHERE tenant_id = :tenant_id ORDER BY version DESC

-- name: find_batch
SELECT undone_version FROM batches WHERE tenant_id = :tenant_id AND batch_id = :batch_id

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
     key_version, amount_sealed, text_sealed, identity_mac, bank_id_mac)
VALUES
    (:tenant_id, :entry_id, :version, :account_id, :batch_id, :posted_on, :currency, :bucket, :direction, :status,
     :removed, :key_version, :amount_sealed, :text_sealed, :identity_mac, :bank_id_mac)

-- name: replace_entry
UPDATE entries SET
    version = :version, batch_id = :batch_id, posted_on = :posted_on, bucket = :bucket, direction = :direction,
    status = :status, removed = :removed, key_version = :key_version, amount_sealed = :amount_sealed,
    text_sealed = :text_sealed, identity_mac = :identity_mac, bank_id_mac = :bank_id_mac
WHERE tenant_id = :tenant_id AND entry_id = :entry_id AND account_id = :account_id AND currency = :currency

-- name: remove_entry
UPDATE entries SET
    version = :version, removed = 1, key_version = :key_version, amount_sealed = :amount_sealed,
    text_sealed = :text_sealed
WHERE tenant_id = :tenant_id AND entry_id = :entry_id

-- The columns of an entry stand in one order everywhere: what `row_sealer` binds comes first.

-- name: entry
SELECT amount_sealed, entry_id, version, account_id, currency, posted_on, text_sealed, status, removed, batch_id
FROM entries WHERE tenant_id = :tenant_id AND entry_id = :entry_id

-- name: live_entries_of_batch
SELECT amount_sealed, entry_id, version, account_id, currency, posted_on, text_sealed, status, removed, batch_id
FROM entries WHERE tenant_id = :tenant_id AND batch_id = :batch_id AND removed = 0 ORDER BY entry_id

-- name: live_identities
SELECT identity_mac, entry_id, status FROM entries
WHERE tenant_id = :tenant_id AND account_id = :account_id AND posted_on BETWEEN :first_day AND :last_day
    AND removed = 0
ORDER BY entry_id

-- name: live_entries_of_bank_ids
-- :bank_id_macs is written out to a fixed number of parameters.
SELECT amount_sealed, entry_id, version, account_id, currency, posted_on, text_sealed, status, removed, batch_id,
    bank_id_mac
FROM entries WHERE tenant_id = :tenant_id AND bank_id_mac IN (:bank_id_macs) AND removed = 0

-- name: page_of_entries
SELECT amount_sealed, entry_id, version, account_id, currency, posted_on, text_sealed, status, removed, batch_id,
    bucket
FROM entries
WHERE tenant_id = :tenant_id AND (posted_on, entry_id) > (:after_day, :after_id)
    AND posted_on BETWEEN :first_day AND :last_day AND removed = 0
ORDER BY posted_on, entry_id LIMIT :limit

-- name: page_of_account_entries
SELECT amount_sealed, entry_id, version, account_id, currency, posted_on, text_sealed, status, removed, batch_id,
    bucket
FROM entries
WHERE tenant_id = :tenant_id AND account_id = :account_id AND (posted_on, entry_id) > (:after_day, :after_id)
    AND posted_on BETWEEN :first_day AND :last_day AND removed = 0
ORDER BY posted_on, entry_id LIMIT :limit

-- name: page_of_changes
-- The version is a range on both sides: what commits after the page's beginning belongs to a later page.
SELECT amount_sealed, entry_id, version, account_id, currency, posted_on, text_sealed, status, removed, batch_id,
    bucket
FROM entries
WHERE tenant_id = :tenant_id AND (version, entry_id) > (:after_version, :after_id) AND version <= :through_version
    AND (removed = 0 OR version > :skip_removed_through)
ORDER BY version, entry_id LIMIT :limit

-- name: posted_amounts
SELECT amount_sealed, entry_id, version, account_id, currency, posted_on FROM entries
WHERE tenant_id = :tenant_id AND removed = 0 AND status = 'posted'

-- name: posted_entries
SELECT amount_sealed, entry_id, version, account_id, currency, posted_on, text_sealed, status, removed, batch_id
FROM entries WHERE tenant_id = :tenant_id AND removed = 0 AND status = 'posted' ORDER BY entry_id

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
    substr(text_sealed, length(text_sealed) - 15)
FROM entries WHERE tenant_id = :tenant_id AND entry_id > :after_id ORDER BY entry_id LIMIT :limit

-- name: summed_entry
SELECT entry_id, version, account_id, batch_id, posted_on, currency, bucket, direction, status, removed, key_version,
    identity_mac, bank_id_mac, substr(amount_sealed, length(amount_sealed) - 15),
    substr(text_sealed, length(text_sealed) - 15)
FROM entries WHERE tenant_id = :tenant_id AND entry_id = :entry_id

-- name: summed_live_entries_of_batch
SELECT entry_id, version, account_id, batch_id, posted_on, currency, bucket, direction, status, removed, key_version,
    identity_mac, bank_id_mac, substr(amount_sealed, length(amount_sealed) - 15),
    substr(text_sealed, length(text_sealed) - 15)
FROM entries WHERE tenant_id = :tenant_id AND batch_id = :batch_id AND removed = 0 ORDER BY entry_id

-- name: summed_accounts
SELECT account_id, version, account_type, currency, name_mac, created_at,
    substr(name_sealed, length(name_sealed) - 15), substr(number_sealed, length(number_sealed) - 15)
FROM accounts WHERE tenant_id = :tenant_id

-- name: summed_account_numbers
SELECT number_mac, account_id FROM account_numbers WHERE tenant_id = :tenant_id

-- name: summed_batches
SELECT batch_id, version, kind, created_at, principal_id, source_mac, added, undone_version, undone_at, undone_by,
    substr(source_sealed, length(source_sealed) - 15)
FROM batches WHERE tenant_id = :tenant_id

-- name: summed_batch
SELECT batch_id, version, kind, created_at, principal_id, source_mac, added, undone_version, undone_at, undone_by,
    substr(source_sealed, length(source_sealed) - 15)
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

-- Rows with a record of another key version (bytes 2 to 5 of a record say which): what is summed, then the records.

-- name: stale_entries
SELECT entry_id, version, account_id, batch_id, posted_on, currency, bucket, direction, status, removed, key_version,
    identity_mac, bank_id_mac, substr(amount_sealed, length(amount_sealed) - 15),
    substr(text_sealed, length(text_sealed) - 15), amount_sealed, text_sealed
FROM entries WHERE tenant_id = :tenant_id AND entry_id > :after_id AND key_version <> :key_version
ORDER BY entry_id LIMIT :limit

-- name: stale_accounts
SELECT account_id, version, account_type, currency, name_mac, created_at,
    substr(name_sealed, length(name_sealed) - 15), substr(number_sealed, length(number_sealed) - 15),
    name_sealed, number_sealed
FROM accounts WHERE tenant_id = :tenant_id AND substr(name_sealed, 2, 4) <> :header LIMIT :limit

-- name: stale_batches
SELECT batch_id, version, kind, created_at, principal_id, source_mac, added, undone_version, undone_at, undone_by,
    substr(source_sealed, length(source_sealed) - 15), source_sealed
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
