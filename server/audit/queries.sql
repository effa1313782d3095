-- name: take_next_place
-- Whoever appends updates this row first and holds it until the commit: appenders queue.
UPDATE audit_head SET sequence = sequence + :events WHERE only_row = 1 RETURNING sequence, hash

-- name: add_event
INSERT INTO audit_events
    (sequence, at, tenant_id, principal_id, event, subject, detail_code, count, previous_hash, hash)
VALUES
    (:sequence, :at, :tenant_id, :principal_id, :event, :subject, :detail_code, :count, :previous_hash, :hash)

-- name: keep_head
UPDATE audit_head SET hash = :hash WHERE only_row = 1

-- name: head
SELECT sequence, hash FROM audit_head WHERE only_row = 1

-- name: page_of_events
SELECT sequence, at, tenant_id, principal_id, event, subject, detail_code, count, previous_hash, hash
FROM audit_events WHERE sequence > :after ORDER BY sequence LIMIT :limit

-- name: hash_at
SELECT hash FROM audit_events WHERE sequence = :sequence

-- name: last_count_of
SELECT max(count) FROM audit_events WHERE event = :event
