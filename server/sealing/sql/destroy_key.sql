UPDATE tenant_keys
SET state = 'destroyed', destroyed_at = :now, wrapped_key = :nothing, identifiers_wrapped = NULL
WHERE tenant_id = :tenant_id AND key_version = :key_version AND state = 'retired'
