"""Serves the dashboard: `python -m services.dashboard`.

VITRINE_DASHBOARD_HOST and VITRINE_DASHBOARD_PORT say where, VITRINE_DASHBOARD_API_URL where the API is.
"""

import os
import sys
from pathlib import Path

from vitrine.errors import SettingsError
from vitrine.settings import PROJECT_FOLDER, DashboardSettings, load


def main() -> None:
    try:
        settings = load(DashboardSettings)
    except SettingsError as error:
        sys.exit(f"dashboard: {error}")
    options = {
        "server.address": settings.dashboard_host,
        "server.port": settings.dashboard_port,
        "server.headless": "true",
        "server.fileWatcherType": "none",
        # Nothing is sent to Streamlit's makers, and errors show no code.
        "browser.gatherUsageStats": "false",
        "client.showErrorDetails": "none",
        "client.toolbarMode": "minimal",
    }
    arguments = [f"--{name}={value}" for name, value in options.items()]
    # Streamlit runs a file, and finds our packages by this.
    environment = {**os.environ, "PYTHONPATH": str(PROJECT_FOLDER)}
    script = str(Path(__file__).with_name("app.py"))
    os.execve(sys.executable, [sys.executable, "-m", "streamlit", "run", script, *arguments], environment)  # noqa: S606 - ours


if __name__ == "__main__":
    main()
