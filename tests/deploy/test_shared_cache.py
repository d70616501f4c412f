"""Two people behind one cache that keeps whatever it may: neither ever sees a page of the other's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode, urlsplit

import pytest

from tests.bench.servers import SITE, free_port, prepared_folder, serving
from tests.deploy.proxy import NGINX, nginx
from tests.deploy.walk import Form, Visitor

pytestmark = pytest.mark.skipif(NGINX is None, reason="needs nginx")

# Somebody else's cache knows nothing of this site: it keeps by the address alone, and keeps for an hour what does not
# say how long. What the site forbids by its headers is all that it obeys.
GREEDY = """\
  proxy_cache_path {folder}/cache keys_zone=all:10m;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://127.0.0.1:{site};
      proxy_set_header Host $http_host;
      proxy_cache all; proxy_cache_key $request_uri; proxy_cache_methods GET HEAD;
      proxy_cache_valid any 1h;
      add_header X-Cache $upstream_cache_status always;
    }}
  }}
"""

OWN_PAGES = (
    *("result/", "result/print/", "result/save", "result/load/", "checkup/review/", "resume/", "erase/"),
    *("self-audit/", "letters/l1/", "checkup/"),
)

# What differs from one request of the same person to the next.
_TOKEN = re.compile(r'(name="csrfmiddlewaretoken" value=")[^"]+')


@contextmanager
def greedy_cache(site: int) -> Iterator[int]:
    """Run such a cache before the site on port `site`, and give its own port."""
    port = free_port()
    with nginx(GREEDY, port, site=site):
        yield port


@pytest.fixture(scope="module")
def origin_and_cache() -> Iterator[tuple[str, int]]:
    """Origin of the site, and the port of the cache before it."""
    with (
        prepared_folder() as folder,
        serving(SITE, folder, workers=2, threads=2, settings="privacycheck.settings") as site,
        greedy_cache(site.port) as port,
    ):
        yield f"http://127.0.0.1:{site.port}", port


def _walk(visitor: Visitor, which: int, steps: int) -> list[str]:
    """Answer questions, always with the choice of that place, and return the addresses that were met."""
    visitor.send(visitor.page("/en/checkup/"))
    met = [visitor.path]
    for _ in range(steps):
        page = visitor.page(visitor.path)
        values = re.findall(r'<input type="(?:radio|checkbox)" name="answer" value="([^"]+)"', page)
        if not values:
            break
        visitor.send(page, answer=values[which % len(values)])
        met.append(visitor.path)
    return met


def _shown(visitor: Visitor, path: str) -> tuple[int, str, str]:
    status, headers, text = visitor.ask("GET", path)
    return status, _TOKEN.sub(r"\1", text), headers.get("x-cache", "")


def _same_person(visitor: Visitor, port: int | None) -> Visitor:
    """Return the same cookies in a browser that goes another way."""
    other = Visitor(visitor.origin, port=port)
    other.cookies = visitor.cookies.copy()
    return other


def test_neither_of_two_people_sees_a_page_of_the_other(origin_and_cache):
    origin, port = origin_and_cache
    ann, ben, passer_by = (Visitor(origin, port=port) for _ in range(3))
    questions = [*_walk(ann, 0, 12), *_walk(ben, -1, 12)]
    opened = ann.send(ann.page("/en/classes/new/"), size="25")
    manage = re.findall(r'/en/classes/\w+/(?:manage/)?(?=")', opened)
    _, _, sitemap = passer_by.ask("GET", "/sitemap.xml")
    public = sorted({urlsplit(found).path for found in re.findall(r"<loc>([^<]+)", sitemap)})
    assert len(public) > 200
    public = public[::4]
    own = [f"/en/{page}" for page in OWN_PAGES]
    assert {_shown(ann, path)[0] for path in own} == {200}
    personal = [*own, *questions, *manage]

    answers_of_both = set()
    kept = 0
    for path in dict.fromkeys([*personal, *public, *personal]):
        seen = [_shown(someone, path) for someone in (ann, ben, passer_by, ann)]
        alone = [_shown(_same_person(someone, None), path) for someone in (ann, ben, passer_by, ann)]
        assert [one[:2] for one in seen] == [one[:2] for one in alone], path
        kept += any(one[2] == "HIT" for one in seen)
        if path in personal:
            assert all(one[2] != "HIT" for one in seen if one[0] == 200), path
            answers_of_both.add((seen[0][1], seen[1][1]))
    assert kept > 50, "the cache kept nothing, so this test proves nothing"
    assert any(mine != yours for mine, yours in answers_of_both)


def test_a_page_from_the_cache_carries_no_cookie(origin_and_cache):
    origin, port = origin_and_cache
    for path in ("/en/", "/en/guides/", "/en/method/", "/zh-hans/", "/api/v1/edition"):
        for _ in range(2):
            status, headers, _ = Visitor(origin, port=port).ask("GET", path)
            assert status in {200, 301, 302, 308, 404}
            assert "set-cookie" not in headers


def test_what_was_sent_is_never_answered_from_the_cache(origin_and_cache):
    origin, port = origin_and_cache
    for _ in range(2):
        visitor = Visitor(origin, port=port)
        form = Form(visitor.page("/en/checkup/"))
        assert form.action is not None
        status, headers, _ = visitor.ask("POST", form.action or visitor.path, urlencode(form.fields))
        assert status in {302, 303}
        assert "set-cookie" in headers
        assert headers.get("x-cache", "") != "HIT"
