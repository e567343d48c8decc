"""The shop's tables in Postgres as Django's models: their migrations, and the pages of the admin."""
