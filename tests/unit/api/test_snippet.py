"""The script for a shop's pages, as it is answered."""

import gzip

from django.test import Client

CLIENT = Client(HTTP_HOST="localhost")
HEADERS = {"accept-encoding": "gzip, deflate, br"}


def test_it_is_less_than_2_kb() -> None:
    answer = CLIENT.get("/v1/vitrine.js", headers=HEADERS)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.content) < 2000


def test_it_is_the_same_unpacked() -> None:
    packed, plain = CLIENT.get("/v1/vitrine.js", headers=HEADERS), CLIENT.get("/v1/vitrine.js")
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.content) == plain.content


def test_every_page_may_load_and_keep_it() -> None:
    answer = CLIENT.get("/v1/vitrine.js")
    assert answer.headers["Content-Type"] == "text/javascript"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert not answer.cookies


def test_what_is_no_script_is_not_kept() -> None:
    assert CLIENT.post("/v1/vitrine.js").headers["Cache-Control"] == "no-store"
