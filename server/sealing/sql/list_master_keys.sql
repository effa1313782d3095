SELECT DISTINCT master_key_id FROM tenant_key_directory WHERE state <> 'destroyed'
