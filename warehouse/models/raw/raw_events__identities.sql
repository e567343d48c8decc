{{ from_lake("events", "identities") }}
