"""The warehouse at work: its steps, what their checks found, and the marts where the API reads them."""
