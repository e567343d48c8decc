"""Makes the README's pictures of the dashboard from one that runs.

.venv/bin/python -m tests.integration.analytics.screenshots docs/images
"""

import sys
from pathlib import Path

from tests.integration.airflow.chromium import chromium, visitor
from tests.integration.analytics.pages import PAGES, address, visit
from vitrine.settings import DashboardSettings, load


def screenshots(url: str, folder: Path) -> None:
    """One picture a page."""
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser, visitor(browser, viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        for name in PAGES:
            visit(page, address(url, name))
            page.locator(".stPlotlyChart, .stDataFrame, .stAlert").first.wait_for()
            page.wait_for_timeout(3000)  # plots are drawn after the rest
            page.screenshot(path=folder / f"dashboard-{name}.png")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    settings = load(DashboardSettings)
    screenshots(f"http://{settings.dashboard_host}:{settings.dashboard_port}", Path(sys.argv[1]))
