"""Rules of the shop's people on what is recommended: their table, the copy in memory, the API, the admin, a preview."""
