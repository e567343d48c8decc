"""The script, for every page of every shop."""

import gzip
from pathlib import Path

from django.http import HttpResponse
from rest_framework.request import Request

from api.doors.snippet import documentation
from api.views.base import PublicView

_SCRIPT = Path(__file__).with_name("vitrine.min.js").read_bytes()
_PACKED = gzip.compress(_SCRIPT, 9, mtime=0)
_HEADERS = {
    # A mend is in every page an hour later.
    "Cache-Control": "public, max-age=3600",
    # Pages of other sites load it.
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Vary": "Accept-Encoding",
}


class ScriptView(PublicView):
    @documentation.script
    def get(self, request: Request) -> HttpResponse:
        is_packed = "gzip" in request.META.get("HTTP_ACCEPT_ENCODING", "")
        response = HttpResponse(_PACKED if is_packed else _SCRIPT, content_type="text/javascript", headers=_HEADERS)
        if is_packed:
            response.headers["Content-Encoding"] = "gzip"
        return response
