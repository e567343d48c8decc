{{ from_lake("online_retail", "products") }}
