-- name: create_migrations_table
CREATE TABLE IF NOT EXISTS schema_migrations (
    version INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    applied_at TEXT NOT NULL
)

-- name: list_migrations
SELECT version, name, checksum FROM schema_migrations ORDER BY version

-- name: insert_migration
INSERT INTO schema_migrations (version, name, checksum, applied_at)
VALUES (:version, :name, :checksum, :applied_at)

-- name: find_migrations_table
-- PostgreSQL only, as what follows.
SELECT to_regclass('schema_migrations') IS NOT NULL

-- name: powers_of_this_role
-- What would lift row-level security, or let it be lifted.
SELECT rolsuper, rolbypassrls,
    EXISTS (
        SELECT FROM pg_class
        WHERE relnamespace = to_regnamespace('public') AND relkind = 'r'
            AND pg_has_role(current_user, relowner, 'MEMBER')
    )
FROM pg_roles WHERE rolname = current_user
