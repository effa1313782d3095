SELECT key_version, wrapped_key, master_key_id, state, identifiers_wrapped FROM tenant_keys
WHERE tenant_id = :tenant_id ORDER BY key_version
