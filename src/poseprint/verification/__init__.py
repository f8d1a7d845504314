"""The enrolled method: a person's own footage against everybody else's. Knows no network and no video."""
