"""Makes the README's picture of Airflow from the stack that `make up` has started.

.venv/bin/python -m tests.integration.airflow.screenshot docs/images/airflow.png
"""

import sys
from pathlib import Path

from local_stack import airflow
from tests.integration.airflow.chromium import chromium
from tests.integration.airflow.ui import operator
from vitrine.settings import StackSettings, load

DAG_ID = "orders_to_cassandra"


def screenshot(url: str, file: Path) -> None:
    """The page of the DAG that carries orders over, its watermark open."""
    with chromium() as browser, operator(browser, url) as context:
        page = context.new_page()
        page.set_viewport_size({"width": 1280, "height": 640})
        page.goto(f"{url}/dags/{DAG_ID}")
        page.get_by_role("link", name="Watermark", exact=True).click()
        page.frame_locator("iframe").locator("#watermark").wait_for()
        page.wait_for_timeout(2000)  # the grid of runs is drawn after the rest
        file.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=file)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    screenshot(airflow.url(load(StackSettings)), Path(sys.argv[1]))
