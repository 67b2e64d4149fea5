"""Escapes for text from outside: what a terminal would obey or reorder is written as its JSON escape."""

import json


def escape_json(text: str) -> str:
    r"""Return a JSON document with every non-printable character but the line feed as `\uXXXX`: the same value.

    orjson escapes ASCII control characters only. C1 controls begin terminal sequences too, and bidirectional marks
    change what a line seems to say.
    """
    if text.replace("\n", "").isprintable():
        return text
    # Outside of its strings a document has printable ASCII and line feeds only. `json` writes surrogates in pairs.
    return "".join(
        character if character.isprintable() or character == "\n" else json.dumps(character)[1:-1]
        for character in text
    )
