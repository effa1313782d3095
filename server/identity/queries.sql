-- name: find_token
-- The look-up of every request: whose token it is. The hash comes back to be compared in constant time.
SELECT token_hash, tenant_id, token_id FROM token_directory WHERE token_hash = :token_hash

-- name: find_bearer
-- What follows it, with the tenant that it found.
SELECT t.principal_id, p.person_id, t.scopes, t.expires_at, t.revoked_at
FROM tokens AS t
JOIN principals AS p ON p.tenant_id = t.tenant_id AND p.principal_id = t.principal_id
JOIN memberships AS m ON m.tenant_id = p.tenant_id AND m.person_id = p.person_id
WHERE t.tenant_id = :tenant_id AND t.token_id = :token_id

-- name: find_profile
SELECT t.name_sealed, t.version, t.environment, m.role
FROM tenants AS t
JOIN memberships AS m ON m.tenant_id = t.tenant_id AND m.person_id = :person_id
WHERE t.tenant_id = :tenant_id

-- name: add_tenant
INSERT INTO tenants (tenant_id, created_at, environment, name_sealed)
VALUES (:tenant_id, :created_at, :environment, :name_sealed)

-- name: add_person
INSERT INTO people (person_id, created_at) VALUES (:person_id, :created_at)

-- name: add_membership
INSERT INTO memberships (tenant_id, person_id, role, created_at)
VALUES (:tenant_id, :person_id, :role, :created_at)

-- name: add_principal
INSERT INTO principals (tenant_id, principal_id, person_id, kind, created_at)
VALUES (:tenant_id, :principal_id, :person_id, :kind, :created_at)

-- name: add_token
INSERT INTO tokens (tenant_id, token_id, principal_id, scopes, label_sealed, created_at, expires_at)
VALUES (:tenant_id, :token_id, :principal_id, :scopes, :label_sealed, :created_at, :expires_at)

-- name: add_token_hash
INSERT INTO token_directory (token_hash, tenant_id, token_id)
VALUES (:token_hash, :tenant_id, :token_id)

-- name: list_tokens
SELECT token_id, scopes, label_sealed, created_at, expires_at, revoked_at
FROM tokens
WHERE tenant_id = :tenant_id
ORDER BY revoked_at IS NOT NULL, token_id DESC
LIMIT :limit

-- name: labels_of_principals
-- A principal is called by the first of its tokens.
SELECT principal_id, token_id, label_sealed
FROM tokens
WHERE tenant_id = :tenant_id
ORDER BY token_id DESC

-- name: count_tokens_in_use
SELECT count(*)
FROM tokens
WHERE tenant_id = :tenant_id AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now)

-- name: count_token
SELECT count(*) FROM tokens WHERE tenant_id = :tenant_id AND token_id = :token_id

-- name: revoke_token
-- A token that was revoked before keeps its first instant.
UPDATE tokens SET revoked_at = :revoked_at
WHERE tenant_id = :tenant_id AND token_id = :token_id AND revoked_at IS NULL

-- A record says itself, in its second to fifth byte, which key version it is sealed with.

-- name: lock_tenant
-- Takes the tenant's row lock and changes nothing, like a writer of the ledger.
UPDATE tenants SET version = version WHERE tenant_id = :tenant_id

-- name: name_of_other_key
SELECT name_sealed FROM tenants
WHERE tenant_id = :tenant_id AND substr(name_sealed, 2, 4) <> :key_version

-- name: reseal_name
UPDATE tenants SET name_sealed = :name_sealed WHERE tenant_id = :tenant_id

-- name: labels_of_other_key
SELECT token_id, label_sealed FROM tokens
WHERE tenant_id = :tenant_id AND substr(label_sealed, 2, 4) <> :key_version
LIMIT :limit

-- name: reseal_label
UPDATE tokens SET label_sealed = :label_sealed WHERE tenant_id = :tenant_id AND token_id = :token_id

-- name: all_sealed_words
SELECT tenant_id AS row_id, name_sealed AS sealed, 0 AS is_label FROM tenants WHERE tenant_id = :tenant_id
UNION ALL
SELECT token_id, label_sealed, 1 FROM tokens WHERE tenant_id = :tenant_id
