"""A browser for the tests of the desk's pages: people who are signed in, and forms as a page gives them."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.test import Client

from apps.desk.roles import Role
from tests.desk.desks import make_editor

Form = dict[str, list[str]]


class Browser(Client):
    """A client that sends forms as a browser does."""

    def post(self, path: str, data: Any = None, content_type: str = "", **more: Any) -> Any:
        """Send a form: URL-encoded where a browser would do so."""
        if content_type or not isinstance(data, dict) or any(hasattr(value, "read") for value in data.values()):
            kind = {"content_type": content_type} if content_type else {}
            return super().post(path, data, **kind, **more)
        body = urlencode(data, doseq=True)
        return super().post(path, body, content_type="application/x-www-form-urlencoded", **more)


def signed_in(role: Role = Role.WRITER, name: str = "") -> Client:
    """Return a browser in which somebody with a role is signed in."""
    client = Browser()
    client.force_login(make_editor(name or role.value, role))
    return client


def person(client: Client) -> User:
    """Return who is signed in."""
    return User.objects.get(pk=client.session["_auth_user_id"])


def form_in(html: str, css_class: str = "item") -> Form:
    """Return what a page's form with a class would send, without buttons."""
    reader = _FormReader(css_class)
    reader.feed(html)
    return reader.fields


def saved(client: Client, address: str, **changes: Any) -> Any:
    """Open the form of an item, change fields (`__` for a dot; None removes), send it, and return the answer."""
    form = form_in(client.get(address).content.decode())
    for name, value in changes.items():
        key = name.replace("__", ".")
        if value is None:
            form.pop(key, None)
        else:
            form[key] = value if isinstance(value, list) else [value]
    return client.post(address, form)


class _FormReader(HTMLParser):
    def __init__(self, css_class: str) -> None:
        super().__init__()
        self.fields: Form = {}
        self._class = css_class
        self._inside = False
        self._text: str | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        if tag == "form":
            self._inside = self._class in values.get("class", "").split()
        if not self._inside or ("name" not in values and tag != "option"):
            return
        if tag == "input" and (values.get("type") not in {"checkbox", "radio"} or "checked" in values):
            self.fields.setdefault(values["name"], []).append(values.get("value", "on"))
        elif tag == "textarea":
            self._text = values["name"]
            self.fields[self._text] = [""]
        elif tag == "select":
            self._select = values["name"]
        elif tag == "option" and self._select and "selected" in values:
            self.fields[self._select] = [values["value"]]

    def handle_data(self, data: str) -> None:
        if self._text:
            self.fields[self._text][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "textarea":
            self._text = None
        elif tag == "select":
            self._select = None
