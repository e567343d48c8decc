"""What the shop says of its products over HTTP."""
