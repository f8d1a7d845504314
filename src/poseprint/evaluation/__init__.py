"""How often verification is right."""
