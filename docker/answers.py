"""Whether a server answers well, for a health check: `answers.py URL [COMPONENT]`.

Exit status 0 when it answers 200 and, where a component is named, says in JSON that this one is healthy.
"""

import json
import sys
from urllib.error import URLError
from urllib.request import urlopen


def why_not(url: str, component: str = "") -> str:
    """What is wrong; empty when all is well."""
    try:
        with urlopen(url, timeout=5) as answer:  # noqa: S310 - the address comes from docker-compose.yml
            status = json.load(answer)[component]["status"] if component else "healthy"
    except (URLError, TimeoutError, ValueError, KeyError) as error:
        return f"{url}: {error!r}"
    return "" if status == "healthy" else f"{component} is {status}"


if __name__ == "__main__":
    sys.exit(why_not(*sys.argv[1:]) or 0)
