"""A shop to look at: a small shop over the sample catalogue, served beside the API by the development settings.

It is a shop like any other. Products and orders it keeps in its own database; of Vitrine it uses the public API and the
script for pages, with a browser's key and user tokens that it signs.
"""
