INSERT INTO tenant_keys
    (tenant_id, key_version, wrapped_key, identifiers_wrapped, master_key_id, state, created_at, activated_at)
VALUES
    (:tenant_id, :key_version, :wrapped_key, :identifiers_wrapped, :master_key_id, :state, :created_at, :activated_at)
