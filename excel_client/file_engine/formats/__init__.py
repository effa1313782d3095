"""How cells look: number formats, fonts, fills, borders, alignment, dates."""
