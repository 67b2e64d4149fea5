"""Answers as Gong gives them: `{requestId, errors}`, with the request's id as `x-traceid` too, whatever happened."""

from collections.abc import Mapping
from http import HTTPStatus

import orjson
from flask import Response

from relay.web.problems import CONTENT_TYPE as PROBLEM

CONTENT_TYPE = "application/json;charset=UTF-8"
REPORTED = "Event was already reported in the past"

_OURS, _GONGS = "is required", "must not be null"


def gong_answer(status: int, request_id: str, **told: object) -> Response:
    """An answer in Gong's envelope."""
    response = Response(status=status)
    _write(response, request_id, told)
    return response


def is_problem(response: Response) -> bool:
    """Whether an answer is a problem document, as every error of the relay is before it is told in Gong's words."""
    return response.content_type == PROBLEM


def in_gongs_envelope(response: Response, *, request_id: str) -> None:
    """Turn a problem document, for which see `is_problem`, into what Gong's clients read. Its headers stay."""
    told = orjson.loads(response.get_data())
    errors = [_worded(error) for error in told["errors"]] if "errors" in told else [told["detail"]]
    if response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY:
        response.status_code = (
            HTTPStatus.BAD_REQUEST
        )  # at Gong, a body that can be read is not told from one that cannot
    _write(response, request_id, {"errors": errors})


def _worded(error: Mapping[str, str]) -> str:
    """`content.contentTitle: must not be null`: the path, and Gong's own words for what is missing."""
    message = error["message"]
    if message.startswith(_OURS):
        message = _GONGS + message.removeprefix(_OURS)
    return f"{error['path']}: {message}" if error["path"] else f"The body {message}"


def _write(response: Response, request_id: str, told: Mapping[str, object]) -> None:
    response.set_data(orjson.dumps({"requestId": request_id, **told}))
    response.content_type = CONTENT_TYPE
    response.headers["x-traceid"] = request_id
