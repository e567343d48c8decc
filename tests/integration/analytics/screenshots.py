"""Makes the README's pictures of the dashboard from one that runs.

.venv/bin/python -m tests.integration.analytics.screenshots docs/images
"""

import sys
from pathlib import Path

from tests.integration.airflow.chromium import chromium
from vitrine.settings import DashboardSettings, load

PAGES = ("overview", "customers", "products", "market", "data-quality", "recommender")


def address(url: str, name: str) -> str:
    """The first page is at the top."""
    return url if name == PAGES[0] else f"{url}/{name}"


def screenshots(url: str, folder: Path) -> None:
    """One picture a page."""
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        for name in PAGES:
            page.goto(address(url, name))
            page.locator(".stPlotlyChart, .stDataFrame, .stAlert").first.wait_for()
            page.wait_for_timeout(3000)  # plots are drawn after the rest
            page.screenshot(path=folder / f"dashboard-{name}.png")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    settings = load(DashboardSettings)
    screenshots(f"http://{settings.dashboard_host}:{settings.dashboard_port}", Path(sys.argv[1]))
