"""What the OpenAPI document says of the script for a shop's pages."""

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema

script = extend_schema(
    operation_id="page_script",
    summary="The script for a shop's pages",
    description=(
        "Reports what shoppers do, draws recommendations, and says which of them were seen and followed: docs/pages.md."
        " It is for everybody; what it asks for takes the key that stands beside it in the page."
    ),
    tags=["events"],
    responses={
        (200, "text/javascript"): OpenApiResponse(
            {"type": "string"},
            description="The script.",
            examples=[OpenApiExample("Script", value="(()=>{…})();")],
        )
    },
)
