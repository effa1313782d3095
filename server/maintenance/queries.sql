-- name: tenants
SELECT DISTINCT tenant_id FROM tenant_key_directory WHERE state <> 'destroyed' ORDER BY tenant_id

-- name: tenants_wrapped_otherwise
SELECT DISTINCT tenant_id FROM tenant_key_directory
WHERE state <> 'destroyed' AND master_key_id <> :master_key_id AND tenant_id > :after
ORDER BY tenant_id LIMIT :limit

-- name: lock_tenant
-- Takes the tenant's row lock and changes nothing, like a writer of the ledger.
UPDATE tenants SET version = version WHERE tenant_id = :tenant_id

-- name: last_rotation
SELECT to_version, started_at, finished_at FROM key_rotations
WHERE tenant_id = :tenant_id ORDER BY to_version DESC LIMIT 1

-- name: begin_rotation
INSERT INTO key_rotations (tenant_id, to_version, started_at) VALUES (:tenant_id, :to_version, :started_at)
ON CONFLICT DO NOTHING

-- name: finish_rotation
UPDATE key_rotations SET finished_at = :finished_at
WHERE tenant_id = :tenant_id AND to_version = :to_version AND finished_at IS NULL
