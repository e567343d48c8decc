{{ from_lake("completejourney", "products") }}
