"""Forms as browsers send them, files among them; all of it in memory, so that no chart touches a disk."""

from __future__ import annotations

from io import BytesIO
from typing import Final, NamedTuple

from fastapi import Request

from app.web.errors import PageError

_MOST_PARTS: Final = 50
_MOST_BYTES_OF_FIELDS: Final = 100_000
"""Of all fields together, files apart."""


class Form(NamedTuple):
    """What was sent: texts and contents of files, the first of each name. An empty file is none."""

    fields: dict[str, str]
    files: dict[str, bytes]


async def read_form(request: Request) -> Form:
    """The form in the body of a request, whose size is limited before.

    Raises:
        PageError: 400, it is none, or has too many parts.
    """
    # Loads a server of its own along.
    from werkzeug.datastructures import FileStorage
    from werkzeug.exceptions import HTTPException
    from werkzeug.formparser import FormDataParser
    from werkzeug.http import parse_options_header

    def in_memory(*_: object, **__: object) -> BytesIO:
        return BytesIO()

    mimetype, options = parse_options_header(request.headers.get("content-type"))
    body = await request.body()
    parser = FormDataParser(
        stream_factory=in_memory,
        max_form_memory_size=_MOST_BYTES_OF_FIELDS,
        max_form_parts=_MOST_PARTS,
        silent=False,
    )
    try:
        _, fields, files = parser.parse(BytesIO(body), mimetype, len(body), options)
    except (ValueError, HTTPException):
        raise PageError(400, "layout.error.form") from None
    contents: dict[str, bytes] = {}
    for name, file in files.items():
        if isinstance(file, FileStorage) and (content := file.stream.read()):
            contents[name] = content
    return Form(fields.to_dict(), contents)
