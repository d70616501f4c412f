"""The ruler: a Django site of one view that returns a stated number of bytes. No middleware, no database.

Settings, addresses and application stand in one module, because together they are a dozen lines.
"""

from __future__ import annotations

from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

SECRET_KEY = "the bare view signs nothing"
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS: list[str] = []
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "tests.bench.bare"
USE_TZ = True


def bare(request: HttpRequest, size: int) -> HttpResponse:
    """Return `size` bytes. The length is stated, as the site does; without it answers are sent in chunks."""
    return HttpResponse(b"x" * size, headers={"Content-Length": str(size)})


urlpatterns = [path("<int:size>/", bare)]

application = get_wsgi_application()
