"""The tables of the schema market as Django's models; dbt fills them (warehouse/market/)."""
