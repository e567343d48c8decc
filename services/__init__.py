"""The processes. Each parses its arguments, calls the library and answers with an exit status."""
