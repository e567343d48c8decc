{{ from_lake("completejourney", "households") }}
