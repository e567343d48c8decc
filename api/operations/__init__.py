"""The page of operations: how the system is, for those who run it. Behind the sign-in of the admin."""
