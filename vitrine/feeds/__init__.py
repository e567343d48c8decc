"""Feeds of products, as shops make them for others, read into products of ours."""
