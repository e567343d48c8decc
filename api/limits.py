"""What a request may ask for and bring."""

# Products of an answer, unless the request says how many; the most is recommending.LIMIT_MAXIMUM.
LIMIT_DEFAULT = 10
VIEWS_MAXIMUM = 500
BODY_BYTES_MAXIMUM = 2 * 1024 * 1024
