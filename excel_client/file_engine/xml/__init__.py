"""Small XML parts and text as XML holds it."""
