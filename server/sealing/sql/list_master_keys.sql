SELECT DISTINCT master_key_id FROM tenant_keys
