"""A learned embedding of movements, compared with the statistics; not part of any verdict."""
