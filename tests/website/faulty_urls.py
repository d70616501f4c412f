"""Addresses of the site, and some that fail with all that they know in their messages and variables."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from privacycheck import urls as site


def _in_view(request: HttpRequest, said: str) -> HttpResponse:
    visitor = f"{said} {request.body!r} {request.headers} {request.COOKIES}"
    raise ValueError(visitor)


def _with_cause(request: HttpRequest, said: str) -> HttpResponse:
    try:
        _in_view(request, said)
    except ValueError as error:
        raise RuntimeError(said) from error
    return HttpResponse()


def _while_sending(request: HttpRequest, said: str) -> StreamingHttpResponse:
    def parts() -> Iterator[bytes]:
        yield said.encode()
        raise ValueError(said)

    return StreamingHttpResponse(parts())


def _in_header(request: HttpRequest, said: str) -> HttpResponse:
    return HttpResponse(headers={"X-Said": f"{said}\r\n{said}"})


class _Broken:
    def __init__(self, said: str) -> None:
        self.said = said

    def __del__(self) -> None:
        raise ValueError(self.said)


def _beside(request: HttpRequest, said: str) -> HttpResponse:
    """Fail in a thread, in a finalizer and in a recursion, and warn."""

    def work() -> None:
        raise ValueError(said)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    _Broken(said)
    warnings.warn("something is old", stacklevel=1)

    def deeper(text: str) -> None:
        deeper(text)

    deeper(said)
    return HttpResponse()


handler400, handler403 = site.handler400, site.handler403
handler404, handler500 = site.handler404, site.handler500

FAULTS = ("in-view", "with-cause", "in-header", "beside", "while-sending")

urlpatterns = [
    *site.urlpatterns,
    path("fault/in-view/<str:said>/", _in_view),
    path("fault/with-cause/<str:said>/", _with_cause),
    path("fault/while-sending/<str:said>/", _while_sending),
    path("fault/in-header/<str:said>/", _in_header),
    path("fault/beside/<str:said>/", _beside),
]
