"""The tab Watermark on the pages of the DAGs: how far orders have been carried over, run by run.

The page asks for the same login, and the same right to see the DAG, as Airflow's own pages.
"""

from html import escape
from pathlib import Path
from string import Template
from typing import Any

from airflow.api_fastapi.core_api.security import requires_access_dag
from airflow.plugins_manager import AirflowPlugin
from fastapi import Depends, FastAPI
from fastapi.responses import HTMLResponse

DAG_ID = "orders_to_cassandra"
PREFIX = "/vitrine"
PAGE = Template((Path(__file__).parent / "watermark.html").read_text())

app = FastAPI(title="Vitrine", docs_url=None, redoc_url=None, openapi_url=None)


# A plain function: it waits for Cassandra in a thread of its own.
@app.get("/watermark", dependencies=[Depends(requires_access_dag("GET", param_dag_id=DAG_ID))])
def watermark() -> HTMLResponse:
    from vitrine.errors import VitrineError
    from vitrine.pipelines import orders_to_cassandra as pipeline

    try:
        history = pipeline.watermarks()
    except VitrineError as error:
        return HTMLResponse(PAGE.substitute(now=f"not known at the moment: {escape(str(error))}", rows=""), 503)
    now = escape(_second(history[0]["taken_at"])) if history else "not there yet: the next run carries everything over"
    return HTMLResponse(PAGE.substitute(now=now, rows="\n".join(map(_row, history))))


def _row(moved: dict[str, Any]) -> str:
    cells = (_second(moved["moved_at"]), _second(moved["taken_at"]), moved["rows_read"], moved["rows_stored"])
    return f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in (*cells, moved['reason']))}</tr>"


def _second(moment: str) -> str:
    """ISO 8601 as people read it, down to the second; the times are UTC."""
    return moment[:19].replace("T", " ")


class WatermarkPlugin(AirflowPlugin):
    name = "vitrine_watermark"
    fastapi_apps = [{"app": app, "url_prefix": PREFIX, "name": "Vitrine"}]  # noqa: RUF012 - as Airflow declares it
    external_views = [  # noqa: RUF012 - as Airflow declares it
        {"name": "Watermark", "href": f"{PREFIX}/watermark", "destination": "dag", "url_route": "watermark"}
    ]
