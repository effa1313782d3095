"""Long runs over every tenant: they can be killed anywhere and started again, while others read and write."""
