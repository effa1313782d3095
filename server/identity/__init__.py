"""People, tenants, memberships, principals and their tokens."""
