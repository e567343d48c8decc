"""Whether this container is connected to servers, for its health check: `connected.py PORT…`.

Exit status 0 when there is an established connection to each of the ports, 1 with a sentence when there is not.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

ESTABLISHED = "01"


def connected_ports() -> Iterator[int]:
    """The remote ports of the connections that stand, as the kernel lists them."""
    for table in ("tcp", "tcp6"):
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            _, _, remote, state, *_ = line.split()
            if state == ESTABLISHED:
                yield int(remote.rpartition(":")[2], 16)


if __name__ == "__main__":
    missing = set(map(int, sys.argv[1:])).difference(connected_ports())
    sys.exit(f"no connection to port {', '.join(map(str, sorted(missing)))}" if missing else 0)
