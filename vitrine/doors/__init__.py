"""Events in the forms of others, turned into ours."""
