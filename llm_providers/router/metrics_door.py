"""``GET /metrics``, for Prometheus; it needs a key where all else does."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus

from fastapi import APIRouter, HTTPException, Request, Response

from llm_providers.responses import ErrorInfo
from llm_providers.router.http_examples import error_response
from llm_providers.router.service import Service

__all__ = ["router"]

router = APIRouter(tags=["operation"])
NOT_THERE = int(HTTPStatus.NOT_IMPLEMENTED)


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {}}, "description": "The metrics"},
        401: error_response(401),
        403: error_response(403),
        NOT_THERE: error_response(NOT_THERE),
    },
)
def metrics(request: Request) -> Response:
    """Tell the metrics in Prometheus's text format."""
    service: Service = request.app.state.service
    if service.metrics is None:
        info = ErrorInfo(
            kind="not_implemented",
            retryable=False,
            reason="The package prometheus-client is not installed.",
            what_to_do="Install it with the extra: llm-providers[metrics].",
        )
        raise HTTPException(NOT_THERE, asdict(info))
    kind = "text/plain; version=0.0.4; charset=utf-8"
    return Response(service.metrics.text(), media_type=kind)
