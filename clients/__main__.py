"""`python -m clients`: makes everything that is generated anew, in its place or in another folder."""

import argparse
from pathlib import Path

from clients import FOLDER, python_client, typescript_client
from clients.document import for_generators, served


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m clients", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the results go (default: clients/)")
    folder = parser.parse_args().folder
    document = for_generators(served())
    for path in (*python_client.generate(document, folder), typescript_client.generate(document, folder)):
        print(f"{path}: {len(path.read_text().splitlines())} lines")


if __name__ == "__main__":
    main()
