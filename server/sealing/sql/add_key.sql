INSERT INTO tenant_keys (tenant_id, key_version, wrapped_key, master_key_id, created_at)
VALUES (:tenant_id, :key_version, :wrapped_key, :master_key_id, :created_at)
