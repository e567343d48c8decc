"""Each API view checks the request, calls one selector or action, and answers."""
