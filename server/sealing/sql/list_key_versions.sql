SELECT key_version, state, master_key_id, created_at, activated_at, retired_at FROM tenant_keys
WHERE tenant_id = :tenant_id ORDER BY key_version
