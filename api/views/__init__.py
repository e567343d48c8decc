"""Each view checks what the request says, calls one selector or service, answers."""
