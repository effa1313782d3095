"""The only room that encrypts, decrypts or derives a key."""
