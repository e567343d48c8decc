"""`python -m tests.fuzzing [TARGET …] [--minutes 20] [--folder FOLDER]`: atheris, each target for so long.

What breaks a target is printed with its traceback, and its bytes are kept as `crash-…` in the folder.
"""

import argparse
import logging
import subprocess
import sys
from pathlib import Path

import atheris

NAMES = ("event", "header", "parameter", "feed")
# For one input; a target takes well under a millisecond.
INPUT_SECONDS = 20
INPUT_BYTES = 4096
MEMORY_MB = 3000
SEEDS = 24


def main() -> None:
    options = _options()
    if options.in_this_process:
        _fuzz(options.targets[0], options.minutes, options.folder)
    own = (sys.executable, "-m", "tests.fuzzing", "--in-this-process")
    statuses = [
        # libFuzzer ends its process when the time is over.
        subprocess.run(
            (*own, name, f"--minutes={options.minutes}", f"--folder={options.folder}"),
            check=False,
        ).returncode
        for name in options.targets
    ]
    sys.exit(int(any(statuses)))


def _fuzz(name: str, minutes: float, folder: Path) -> None:
    corpus = folder / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number in range(SEEDS):
        (corpus / f"seed-{number}").write_bytes(bytes((number * 7 + step * 3) % 256 for step in range(400)))
    with atheris.instrument_imports(include=["api", "services", "vitrine", "jwt"]):
        from tests.fuzzing.targets import TARGETS
    # What is passed over is said in lines without number.
    logging.disable()
    limits = [f"-max_total_time={round(minutes * 60)}", f"-timeout={INPUT_SECONDS}", f"-max_len={INPUT_BYTES}"]
    limits += [f"-rss_limit_mb={MEMORY_MB}", f"-artifact_prefix={folder}/{name}-", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *limits, str(corpus)], TARGETS[name])
    atheris.Fuzz()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"{', '.join(NAMES)}; default: all, in turn")
    parser.add_argument("--minutes", type=float, default=20.0, help="each (default: %(default)s)")
    parser.add_argument("--folder", type=Path, default=Path("reports/fuzzing"), help="default: %(default)s")
    parser.add_argument("--in-this-process", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if unknown := set(options.targets) - set(NAMES):
        parser.error(f"there is no target {', '.join(sorted(unknown))}")
    options.targets = options.targets or NAMES
    return options


if __name__ == "__main__":
    main()
