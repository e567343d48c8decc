"""`python launch.py FILE COMMAND…`: becomes the command, with the bug that the file names, if there is one.

The supervisor runs each process of ours by this, so that a test can plant a bug and start the process anew.
"""

import os
import sys
from pathlib import Path

PLANTED = Path(__file__).with_name("planted.py")


def main(file: Path, command: list[str]) -> None:
    if file.exists():
        place = command.index("-m")
        command[place : place + 1] = [str(PLANTED), file.read_text()]
    os.execvp(command[0], command)  # noqa: S606 - there is no shell to be asked for


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
