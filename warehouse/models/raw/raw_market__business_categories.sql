{{ from_lake("market", "business_categories") }}
