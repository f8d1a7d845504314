"""Many clips against many profiles: an archive and a watch list."""
