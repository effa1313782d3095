INSERT INTO key_seals (tenant_id, key_version, seals) VALUES (:tenant_id, :key_version, :seals)
ON CONFLICT (tenant_id, key_version) DO UPDATE SET seals = key_seals.seals + excluded.seals
