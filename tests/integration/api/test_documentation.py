import re

import httpx
from openapi_spec_validator import validate


def test_the_document_is_served(lonely_client: httpx.Client) -> None:
    answer = lonely_client.get("schema/", headers={"accept": "text/html"})
    assert answer.headers["cache-control"] == "no-store"
    document = answer.json()
    validate(document)
    assert "/api/v1/user_nav_history_latest_products/" in document["paths"]
    assert "/api/v1/user_history_recommendations/" in document["paths"]


def test_the_page_loads_nothing_from_elsewhere(lonely_client: httpx.Client) -> None:
    page = lonely_client.get("docs/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "//" not in re.sub(r"^\s*//.*", "", page.text, flags=re.MULTILINE)
    files = re.findall(r'(?:href|src)="([^"]+)"', page.text)
    assert len(files) == 5
    answers = [lonely_client.get(str(lonely_client.base_url.join(file))) for file in files]
    assert {answer.status_code for answer in answers} == {200}
    assert '"validatorUrl": null' in answers[-1].text
    assert "<script>" not in page.text
