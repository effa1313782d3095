SELECT key_version, seals FROM key_seals WHERE tenant_id = :tenant_id
