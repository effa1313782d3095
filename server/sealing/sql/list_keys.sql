SELECT key_version, wrapped_key, master_key_id FROM tenant_keys
WHERE tenant_id = :tenant_id ORDER BY key_version
