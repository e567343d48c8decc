{{ from_lake("completejourney", "transactions") }}
