"""Who may do what: keys, user tokens, limits."""
