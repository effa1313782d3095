"""Words every room knows. Nothing here may import another room, log, or hold an exact amount."""
