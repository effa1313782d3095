UPDATE tenant_keys
SET wrapped_key = :wrapped_key, identifiers_wrapped = :identifiers_wrapped, master_key_id = :master_key_id
WHERE tenant_id = :tenant_id AND key_version = :key_version AND master_key_id = :old_master_key_id
