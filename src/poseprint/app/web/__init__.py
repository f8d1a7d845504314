"""The page to work in: a server on this machine alone, for one user; see `docs/web.md`."""
