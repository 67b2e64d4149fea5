"""The members of an RFC 9457 problem document. Without Flask, so that the server can use it before an application is loaded."""

CONTENT_TYPE = "application/problem+json"


def problem_document(status: int, code: str, title: str, detail: str) -> dict[str, object]:
    """Return the members that every problem document has."""
    return {"type": "about:blank", "title": title, "status": int(status), "code": code, "detail": detail}
