"""Whatever may come in, made by atheris: `make fuzz`. What it finds becomes a test."""
