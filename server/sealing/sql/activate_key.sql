UPDATE tenant_keys SET state = 'active', activated_at = :now
WHERE tenant_id = :tenant_id AND key_version = :key_version AND state = 'announced'
