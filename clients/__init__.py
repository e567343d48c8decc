"""The clients for Python and TypeScript, and what makes them from the OpenAPI document: `python -m clients`."""

from pathlib import Path

FOLDER = Path(__file__).parent
