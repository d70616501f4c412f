"""What a request for a page of the desk passes through, and no other.

Sessions, the account and messages belong to editors alone. A page of a visitor never reads or sets their cookies,
so it stays the same for everybody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import BadRequest
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import translation
from django.utils.datastructures import MultiValueDict

from apps.desk.passwords import Busy
from apps.desk.views.wait import BUSY, please_wait
from apps.editions.compiled import ORIGINAL

PREFIX = "/editor/"
"""Where every page of the desk is."""

MOST_FIELDS = 5_000
"""Fields of one form: a long letter in several languages has some hundreds."""

GetResponse = Callable[[HttpRequest], HttpResponse]


class _OnlyForEditors:
    """Leave every request alone that is not for the desk."""

    def __call__(self, request: HttpRequest) -> Any:
        if request.path_info.startswith(PREFIX):
            return super().__call__(request)  # type: ignore[misc]
        return self.get_response(request)  # type: ignore[attr-defined]


class EditorSessions(_OnlyForEditors, SessionMiddleware):
    """Sessions for editors. The desk speaks English, whatever the browser asks for; previews choose for themselves."""

    def __call__(self, request: HttpRequest) -> Any:
        """Answer a request for the desk in English."""
        if request.path_info.startswith(PREFIX):
            with translation.override(ORIGINAL):
                return super().__call__(request)
        return super().__call__(request)


class EditorAccounts(_OnlyForEditors, AuthenticationMiddleware):
    """Who an editor is."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Ask for patience where too many passwords are being checked at once."""
        return please_wait(request, 5, BUSY) if isinstance(exception, Busy) else None


class EditorMessages(_OnlyForEditors, MessageMiddleware):
    """What an editor is told on the next page."""


class PackInMemory(MemoryFileUploadHandler):
    """Take a file up to the size of a pack, in memory; nothing that is sent here touches the disk."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],  # noqa: N803 - named by the class above
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        """Accept what the limit on bodies has let through."""
        self.activated = content_length <= settings.MAX_EDITOR_BODY_BYTES


def large_forms(get_response: GetResponse) -> GetResponse:
    """Let editors who are signed in send more, and more fields, than any visitor's form has.

    Django's own limits are one setting for the whole site. This stands before whatever reads the form's token.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method == "POST" and request.path_info.startswith(PREFIX) and request.user.is_authenticated:
            charset = (request.content_params or {}).get("charset", "utf-8").lower()
            if request.content_type == "multipart/form-data":
                request.upload_handlers = [PackInMemory(request)]
            elif request.content_type == "application/x-www-form-urlencoded" and charset in {"utf-8", "utf8"}:
                request.POST = _form_of(request.read())  # type: ignore[assignment]
                # Else Django would look for files in the body, which has been read.
                request._files = MultiValueDict()  # type: ignore[attr-defined]
        return get_response(request)

    return middleware


def _form_of(body: bytes) -> QueryDict:
    """Return the fields of a form. Raise BadRequest for what is not UTF-8, or has too many."""
    form = QueryDict(mutable=True)
    try:
        text = body.decode("utf-8")
        for name, value in parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"):
            form.appendlist(name, value)
    except ValueError as error:
        raise BadRequest("The form cannot be read.") from error
    form._mutable = False
    return form
