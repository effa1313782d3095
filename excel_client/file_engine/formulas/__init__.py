"""Formula text and the areas it speaks of."""
