{{ from_lake("events", "recommendations_shown") }}
