"""Marts that were really published, of real households and a small shop."""

from pathlib import Path
from uuid import uuid4

from benchmarks.lakes import land_completejourney, land_made_up_shop
from tests.integration.analytics.running import Analytics

# Nothing listens there.
NOWHERE = "redis://127.0.0.1:1"


def publish_everything(real_data: Path, folder: Path, port: int) -> Analytics:
    land_made_up_shop(folder / "lake", users=20, products=50, orders=120, views=300)
    land_completejourney(folder / "lake", real_data / "completejourney")
    analytics = Analytics(folder, port, f"shop_{uuid4().hex}")
    analytics.make_database()
    analytics.run("run")
    return analytics
