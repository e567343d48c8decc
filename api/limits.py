"""Limits of what a request may ask for and send."""

# Products in an answer unless the request says how many; recommending.LIMIT_MAXIMUM is the most.
LIMIT_DEFAULT = 10
# Products that a list is asked to leave out.
EXCLUDE_MAXIMUM = 100
# As the shop's database keeps prices.
PRICE_MAXIMUM = 9_999_999_999.99
VIEWS_MAXIMUM = 500
# Products in one request of the catalogue.
PRODUCTS_MAXIMUM = 1000
# Products in the carts and orders of a request: each of them is counted, for the caps, in one step of Valkey.
LINES_MAXIMUM = 2000
BODY_BYTES_MAXIMUM = 2 * 1024 * 1024
# How long a body may take to come in, and how much of all bodies a process holds while they do.
BODY_SECONDS = 10
BODIES_BYTES_MAXIMUM = 64 * 1024 * 1024
HEAD_SECONDS = 10
HEAD_BYTES_MAXIMUM = 64 * 1024
# An event is looked for among so many of its user's newest views, and as many events beside them.
NEWEST_EVENTS = 100
