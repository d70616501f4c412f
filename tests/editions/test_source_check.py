"""Looking at addresses: verdicts, the guard against private addresses, patience, politeness, kept results."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.editions import source_check
from apps.editions.schema import Pack
from apps.editions.source_check import (
    VERDICTS,
    DamagedState,
    Limits,
    Pace,
    Result,
    StateFile,
    StateInUse,
    addresses_of,
    look,
    look_at_all,
    recent,
)
from apps.editions.web_request import NotAsked, Web, is_public, look_up, target_of
from tests.editions.packs import Data, item, make_pack
from tests.editions.web_server import (
    WebServer,
    answer,
    by_method,
    drip,
    endless,
    in_turn,
    local_web,
    raw,
    redirect,
    reset,
    silence,
    web_server,
)

PATIENT = Limits(wait=20, total=60, pause=0)
HASTY = Limits(wait=0.2, total=0.5, pause=0)
NOW = dt.datetime(2026, 7, 1, 12, tzinfo=dt.timezone.utc)


@pytest.fixture
def server() -> Iterator[WebServer]:
    with web_server() as running:
        yield running


def looked(server: WebServer, path: str = "/page", limits: Limits = PATIENT, web: Web | None = None) -> Result:
    return look(server.url(path), web or local_web(), limits)


# --- Verdicts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, "ok"),
        (204, "ok"),
        (206, "ok"),
        (300, "blocked"),
        (400, "blocked"),
        (401, "blocked"),
        (403, "blocked"),
        (404, "dead"),
        (405, "blocked"),
        (410, "dead"),
        (429, "blocked"),
        (451, "blocked"),
        (500, "dead"),
        (502, "dead"),
        (503, "dead"),
        (999, "blocked"),
    ],
)
def test_each_status_has_its_verdict(server: WebServer, status: int, verdict: str) -> None:
    server.pages["/page"] = answer(status)
    result = looked(server)
    assert (result.verdict, result.status, result.final) == (verdict, status, None)
    assert verdict == "ok" or str(status) in result.reason
    assert bool(result.mend) == (verdict != "ok")


def test_an_address_that_is_ok_is_asked_once_and_only_for_its_head(server: WebServer) -> None:
    server.pages["/page"] = answer(200)
    looked(server)
    assert server.methods("/page") == ["HEAD"]


@pytest.mark.parametrize("trouble", [answer(403), answer(404), answer(405), answer(500), reset, raw(b"HTTP/9 what")])
def test_a_server_that_mistreats_head_is_asked_again_by_get(server: WebServer, trouble: object) -> None:
    server.pages["/page"] = by_method(HEAD=trouble, GET=answer(200))  # type: ignore[arg-type]
    assert looked(server).verdict == "ok"
    assert server.methods("/page") == ["HEAD", "GET"]


def test_a_server_that_hangs_on_head_is_asked_again_by_get(server: WebServer) -> None:
    server.pages["/page"] = by_method(HEAD=silence, GET=answer(200))
    assert looked(server, limits=Limits(wait=1, total=30, pause=0)).verdict == "ok"


def test_a_server_that_failed_is_asked_once_more(server: WebServer) -> None:
    server.pages["/page"] = by_method(HEAD=answer(500), GET=in_turn(answer(502), answer(200)))
    assert looked(server).verdict == "ok"
    server.pages["/fails"] = answer(500)
    assert looked(server, "/fails").verdict == "dead"
    assert server.methods("/fails") == ["HEAD", "GET", "GET"]


@pytest.mark.parametrize("challenge", [answer(503, b"<p>Just a moment ...</p>"), answer(503, cf_mitigated="challenge")])
def test_a_server_that_wants_to_see_a_person_is_not_dead(server: WebServer, challenge: object) -> None:
    server.pages["/page"] = challenge  # type: ignore[assignment]
    assert looked(server).verdict == "blocked"


def test_a_connection_that_breaks_off_is_dead(server: WebServer) -> None:
    server.pages["/page"] = reset
    result = looked(server)
    assert (result.verdict, result.status) == ("dead", None)
    assert "broke off" in result.reason


def test_a_port_where_nobody_listens_is_dead() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # taken, but not listening
        result = look(f"http://good.test:{taken.getsockname()[1]}/", local_web(), PATIENT)
    assert result.verdict == "dead"
    assert "no connections" in result.reason


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (socket.gaierror(socket.EAI_NONAME, "unknown"), "dead"),
        (socket.gaierror(socket.EAI_AGAIN, "later"), "slow"),  # our own line may be down
        (UnicodeError("label too long"), "refused"),
    ],
)
def test_a_name_that_cannot_be_looked_up(error: Exception, verdict: str) -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise error

    assert look("http://gone.test/", local_web(resolve=resolve), PATIENT).verdict == verdict


def test_a_name_without_addresses_is_dead() -> None:
    assert look("http://gone.test/", local_web(resolve=lambda host, port: []), PATIENT).verdict == "dead"


@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"\x00\xff" * 400,
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 " + b"x" * 70_000,
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 404 No\r\ntransfer-encoding: chunked\r\n\r\nnot-a-length\r\n",
    ],
)
def test_nonsense_from_a_server_is_dead(server: WebServer, nonsense: bytes) -> None:
    server.pages["/page"] = raw(nonsense)
    assert looked(server).verdict == "dead"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=80), st.sampled_from([b"", b"HTTP/1.1 ", b"HTTP/1.1 301 x\r\nlocation: ", b"HTTP/1.1 200 x\r\n"])
)
def test_whatever_a_server_sends_there_is_a_verdict(server: WebServer, data: bytes, start: bytes) -> None:
    server.pages["/page"] = raw(start + data + b"\r\n\r\n")
    result = looked(server, web=local_web(ports=frozenset({server.port})))
    assert result.verdict in VERDICTS
    assert (result.final or "").isascii()
    assert Result.model_validate_json(result.model_dump_json()) == result


# --- Redirects -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statuses", "permanent"),
    [((301,), True), ((308, 301), True), ((302,), False), ((301, 307), False), ((303,), False)],
)
def test_a_redirect_tells_where_it_led_and_whether_for_good(
    server: WebServer, statuses: tuple[int, ...], permanent: bool
) -> None:
    for number, status in enumerate(statuses):
        server.pages[f"/{number}"] = redirect(f"/{number + 1}?a=b", status)
        server.pages[f"/{number}?a=b"] = server.pages[f"/{number}"]
    server.pages[f"/{len(statuses)}?a=b"] = answer(200)
    result = looked(server, "/0")
    assert (result.verdict, result.permanent, result.status) == ("redirected", permanent, 200)
    assert result.final == server.url(f"/{len(statuses)}?a=b")
    assert ("write that one" in result.mend) == permanent


def test_a_redirect_to_a_front_page_is_told(server: WebServer) -> None:
    server.pages |= {"/page": redirect("/"), "/": answer(200)}
    result = looked(server)
    assert result.verdict == "redirected"
    assert "front page" in result.reason


def test_a_redirect_to_a_dead_page_is_dead_and_tells_where_it_led(server: WebServer) -> None:
    server.pages["/page"] = redirect("/gone")
    result = looked(server)
    assert (result.verdict, result.status, result.final) == ("dead", 404, server.url("/gone"))


def test_a_redirect_with_letters_of_other_scripts_is_followed(server: WebServer) -> None:
    head = "HTTP/1.1 301 x\r\nlocation: /seite ü?q=é%20\r\n\r\n".encode()
    server.pages |= {"/page": raw(head), "/seite%20%C3%BC?q=%C3%A9%20": answer(200)}
    result = looked(server)
    assert (result.verdict, result.final) == ("redirected", server.url("/seite%20%C3%BC?q=%C3%A9%20"))


def test_redirects_in_a_circle_are_dead_and_end(server: WebServer) -> None:
    server.pages |= {"/page": redirect("/b"), "/b": redirect("/page#again", 302)}
    result = looked(server)
    assert result.verdict == "dead"
    assert "circle" in result.reason
    assert len(server.asked) == 2


def test_a_circle_of_a_site_that_wants_to_set_a_cookie_is_not_dead(server: WebServer) -> None:
    server.pages["/page"] = redirect("/page", 302, set_cookie="seen=1")
    assert looked(server).verdict == "blocked"


@pytest.mark.parametrize(("number", "verdict"), [(8, "redirected"), (9, "dead")])
def test_eight_redirects_are_followed_and_no_more(server: WebServer, number: int, verdict: str) -> None:
    server.pages |= {f"/{step}": redirect(f"/{step + 1}") for step in range(number)}
    server.pages[f"/{number}"] = answer(200)
    assert looked(server, "/0").verdict == verdict
    assert max(int(asked.path[1:]) for asked in server.asked) == 8


def test_a_redirect_to_nowhere_is_dead(server: WebServer) -> None:
    server.pages["/page"] = answer(302)
    assert looked(server).verdict == "dead"


def test_no_cookie_is_sent_back_and_every_request_says_who_asks(
    server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.pages |= {"/page": redirect("/b", set_cookie="seen=1"), "/b": answer(200)}
    assert looked(server).verdict == "redirected"
    for asked in server.asked:
        assert asked.headers["user-agent"] == "test-agent/1"
        assert asked.headers["host"] == f"good.test:{server.port}"
        assert not {"cookie", "referer", "authorization"} & set(asked.headers)


# --- What we refuse ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("192.0.2.1", False),
        ("::", False),
        ("::1", False),
        ("::7f00:1", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fec0::1", False),
        ("fc00::1", False),
        ("ff0e::1", False),
        ("2001:db8::1", False),
        ("2001:0:7f00:1::", False),  # Teredo
        ("::ffff:93.184.216.34", True),
        ("::ffff:127.0.0.1", False),
        ("::ffff:169.254.169.254", False),
        ("64:ff9b::93.184.216.34", True),
        ("64:ff9b::10.0.0.1", False),
        ("64:ff9b:1::10.0.0.1", False),
        ("2002:5db8:d822::1", True),
        ("2002:c0a8:101::1", False),
        ("2002:7f00:1::1", False),
    ],
)
def test_only_addresses_of_the_public_internet_are_allowed(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


def test_the_guard_stands_where_nothing_else_is_said() -> None:
    web = Web("agent")
    assert web.is_allowed is is_public
    assert web.resolve is look_up
    for address in ("http://127.0.0.1/", "http://localhost/", "http://[::1]/"):
        result = look(address, web, PATIENT)
        assert (result.verdict, result.status) == ("refused", None)
        assert "public internet" in result.reason


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("file:///etc/passwd", "http://"),
        ("ftp://good.test/", "http://"),
        ("gopher://good.test:80/", "http://"),
        ("javascript:alert(1)", "http://"),
        ("good.test/page", "http://"),
        ("http://user@good.test/", "user name"),
        ("http://user:word@good.test/", "user name"),
        ("http://@good.test/", "user name"),
        ("http://good.test:22/", "port 22"),
        ("https://good.test:0/", "port 0"),
        ("https://good.test:99999/", "cannot be read"),
        ("https://good.test:x/", "cannot be read"),
        ("https://[::1", "cannot be read"),
        ("https:///page", "no name"),
        ("https://a..b/", "no name"),
        (f"https://{'a' * 70}.test/", "no name"),
        ("https://good.test%2f.example/", "no name"),
        ("https://good.test\\.example/", "no name"),
        ("https://good test/", "no name"),
        ("https://-/", "no name"),
    ],
)
def test_an_address_that_is_none_of_the_web_is_refused_without_asking(address: str, why: str) -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise AssertionError("it was looked up")

    result = look(address, Web("agent", resolve=resolve), PATIENT)
    assert result.verdict == "refused"
    assert why in result.reason


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("HTTP://Good.TEST", "http://good.test/"),
        ("https://good.test.:443/a#part", "https://good.test/a"),
        ("https://good.test:8443/?q=a b&c=%2F", "https://good.test:8443/?q=a%20b&c=%2F"),
        ("https://bücher.test/ö", "https://xn--bcher-kva.test/%C3%B6"),
        ("http://127。0。0。1/", "http://127.0.0.1/"),
        ("http://[::FFFF:1]:8080/", "http://[::ffff:1]:8080/"),
    ],
)
def test_an_address_has_one_spelling(written: str, read: str) -> None:
    assert target_of(written).address == read


def test_another_port_may_be_asked_only_where_that_is_said() -> None:
    assert target_of("http://good.test:81/", ports=None).port == 81
    with pytest.raises(NotAsked):
        target_of("http://good.test:81/")


@pytest.mark.parametrize("private", ["10.0.0.1", "127.0.0.1", "::1", "::ffff:10.0.0.1", "64:ff9b::a00:1"])
def test_a_name_is_refused_if_any_of_its_addresses_is_private(private: str) -> None:
    web = Web("agent", resolve=lambda host, port: ["93.184.216.34", private])
    assert look("https://site.test/", web, PATIENT).verdict == "refused"


@pytest.mark.parametrize(
    "location",
    ["http://10.0.0.1/", "//192.168.1.1/", "http://[::1]/", "http://169.254.169.254/latest/", "http://inside.example/"],
)
def test_a_redirect_to_a_private_address_is_refused(server: WebServer, location: str) -> None:
    names = {"good.test": "127.0.0.1", "inside.example": "10.0.0.1"}
    web = local_web(resolve=lambda host, port: [names.get(host, host)])
    server.pages["/page"] = redirect(location)
    result = looked(server, web=web)
    assert (result.verdict, result.status) == ("refused", 301)
    assert "public internet" in result.reason
    assert result.final is not None


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "gopher://good.test/", "http://user@good.test/", "http://[", "javascript:1"]
)
def test_a_redirect_to_what_is_not_the_web_is_refused(server: WebServer, location: str) -> None:
    server.pages["/page"] = redirect(location)
    result = looked(server)
    assert result.verdict == "refused"
    assert "leads on" in result.reason


def test_the_connection_goes_to_the_address_that_was_checked(server: WebServer) -> None:
    """A name that leads elsewhere at the second look-up gains nothing: there is none."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    server.pages["/page"] = answer(200)
    assert looked(server, web=local_web(resolve=lambda host, port: next(answers))).verdict == "ok"
    assert next(answers) == ["10.0.0.1"]


def test_a_name_is_checked_anew_for_every_request(server: WebServer) -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    server.pages["/page"] = redirect("/b")
    assert looked(server, web=local_web(resolve=lambda host, port: next(answers))).verdict == "refused"
    assert server.methods("/b") == []


def test_the_next_address_is_tried_where_the_first_takes_no_connection(server: WebServer) -> None:
    web = local_web(resolve=lambda host, port: ["127.0.0.2", "127.0.0.1"], is_allowed=lambda address: True)
    server.pages["/page"] = answer(200)
    assert looked(server, web=web).verdict == "ok"


# --- Secure connections --------------------------------------------------------------------------------


def test_a_secure_site_is_ok_under_its_own_name_only() -> None:
    with web_server(tls=True) as server:
        server.pages["/page"] = answer(200)
        assert look(server.url("/page", scheme="https"), local_web(), PATIENT).verdict == "ok"
        wrong = look(server.url("/page", host="other.test", scheme="https"), local_web(), PATIENT)
        assert wrong.verdict == "dead"
        assert "certificate" in wrong.reason
        assert server.methods("/page") == ["HEAD"]


def test_a_certificate_that_nobody_vouches_for_is_dead() -> None:
    with web_server(tls=True) as server:
        web = local_web(certificates=Web("agent").certificates)
        result = look(server.url("/page", scheme="https"), web, PATIENT)
        assert result.verdict == "dead"
        assert "certificate" in result.reason
        assert server.asked == []


def test_a_server_that_speaks_no_tls_is_dead() -> None:
    def no_tls(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(10)
            connection.sendall(b"HTTP/1.1 400 What\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=no_tls, args=(listener,), daemon=True).start()
        result = look(f"https://good.test:{listener.getsockname()[1]}/", local_web(), PATIENT)
    assert result.verdict == "dead"
    assert "secure connection" in result.reason


# --- Patience ------------------------------------------------------------------------------------------


def test_a_server_that_says_nothing_is_slow_not_dead(server: WebServer) -> None:
    server.pages["/page"] = silence
    assert looked(server, limits=HASTY).verdict == "slow"


def test_a_handshake_that_never_comes_is_slow() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        result = look(f"https://good.test:{listener.getsockname()[1]}/", local_web(), HASTY)
    assert result.verdict == "slow"


def test_a_name_that_takes_for_ever_to_look_up_is_slow() -> None:
    end = threading.Event()

    def resolve(host: str, port: int) -> list[str]:
        end.wait(30)
        return ["127.0.0.1"]

    try:
        assert look("http://good.test/", local_web(resolve=resolve), HASTY).verdict == "slow"
    finally:
        end.set()


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nx-", b"HTTP/1.1 404 No\r\ncontent-length: 200\r\n\r\n"])
def test_a_server_that_drips_cannot_hold_us(server: WebServer, head: bytes) -> None:
    """Every byte comes in time, all of them do not; whoever waited for the end would find a whole answer."""
    server.pages["/page"] = drip(head, b": x\r\n\r\n")
    assert looked(server, limits=HASTY).verdict == "slow"


def test_redirects_share_one_limit_of_time(server: WebServer) -> None:
    def slow_step(connection: socket.socket, method: str) -> None:
        time.sleep(0.15)
        step = int(server.asked[-1].path[1:])
        redirect(f"/{step + 1}")(connection, method)

    server.pages |= {f"/{step}": slow_step for step in range(7)}
    server.pages["/7"] = answer(200)
    assert looked(server, "/0", Limits(wait=20, total=0.5, pause=0)).verdict == "slow"


def test_a_body_without_end_is_cut(server: WebServer) -> None:
    server.pages["/page"] = by_method(HEAD=answer(405), GET=endless)
    assert looked(server).verdict == "ok"


# --- Many addresses ------------------------------------------------------------------------------------


def test_every_address_has_one_result_and_one_bad_one_spoils_nothing(server: WebServer) -> None:
    server.pages |= {f"/{number}": answer(200) for number in range(6)}
    addresses = [server.url(f"/{number}", host=f"h{number % 3}.test") for number in range(6)]
    bad = ["https://[", "", "file:///x", server.url("/gone")]
    results = {
        found.address: found.verdict for found in look_at_all([*addresses, *bad, *addresses], local_web(), PATIENT)
    }
    assert results == dict.fromkeys(addresses, "ok") | dict.fromkeys(bad[:3], "refused") | {bad[3]: "dead"}


def test_no_addresses_have_no_results() -> None:
    assert list(look_at_all([], local_web(), PATIENT)) == []


def test_one_host_is_asked_one_thing_at_a_time_even_by_redirects(server: WebServer) -> None:
    server.pages |= {f"/{number}": server.busy(lambda: time.sleep(0.03)) for number in range(4)}
    with web_server() as other:
        other.pages |= {f"/{number}": redirect(server.url(f"/{number}")) for number in range(4)}
        addresses = [server.url(f"/{number}") for number in range(4)]
        addresses += [other.url(f"/{number}", host=f"h{number}.test") for number in range(4)]
        verdicts = [result.verdict for result in look_at_all(addresses, local_web(), PATIENT)]
    assert sorted(verdicts) == ["ok"] * 4 + ["redirected"] * 4
    assert server.most_at_once == 1


def test_a_few_hosts_are_asked_at_once_and_no_more_than_that(server: WebServer) -> None:
    together = threading.Barrier(3)

    # Broken, and no answer, unless three requests are under way.
    server.pages["/"] = server.busy(lambda: together.wait(30))
    addresses = [server.url("/", host=f"h{number}.test") for number in range(9)]
    limits = Limits(wait=40, total=60, pause=0, hosts=3)
    assert {result.verdict for result in look_at_all(addresses, local_web(), limits)} == {"ok"}
    assert server.most_at_once == 3


def test_there_is_a_pause_between_two_requests_to_one_host(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    pace = Pace(1000)
    for host in ("a", "b", "a"):
        with pace.turn(host):
            pass
    assert waited[:2] == [0, 0]
    assert waited[2] == pytest.approx(1000, abs=100)


def test_a_pause_follows_a_request_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    pace = Pace(1000)
    with pytest.raises(OSError, match="broke"), pace.turn("a"):
        raise OSError("broke")
    with pace.turn("a"):
        pass
    assert waited[1] == pytest.approx(1000, abs=100)


def test_nothing_more_is_asked_once_the_caller_stops(server: WebServer) -> None:
    on = threading.Event()

    def wait(connection: socket.socket, method: str) -> None:
        on.wait(30)
        answer(200)(connection, method)

    server.pages |= {"/0": answer(200)} | {f"/{number}": wait for number in range(1, 5)}
    results = look_at_all([server.url(f"/{number}") for number in range(5)], local_web(), PATIENT)
    assert next(results).address == server.url("/0")
    results.close()  # type: ignore[attr-defined]
    on.set()
    for thread in threading.enumerate():
        if thread.name.startswith("look-"):
            thread.join(30)
    assert {asked.path for asked in server.asked} <= {"/0", "/1"}


def test_an_error_of_our_own_is_heard_and_does_not_hang() -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise RuntimeError("ours")

    with pytest.raises(RuntimeError, match="ours"):
        list(look_at_all(["http://a.test/", "http://b.test/"], local_web(resolve=resolve), PATIENT))


# --- Which addresses -----------------------------------------------------------------------------------


def test_every_address_is_found_with_the_items_that_use_it() -> None:
    def change(data: Data) -> None:
        item(data, "claims", "f1-1")["sources"] = [
            {
                "title": "A",
                "publisher": "B",
                "date": "2019",
                "url": "https://a.test/x",
                "archive": "https://archive.test/x",
            },
            {"title": "A", "publisher": "B", "date": "2019", "url": "http://old.test/"},
        ]
        item(data, "claims", "l1")["sources"][0]["url"] = "https://a.test/x"
        item(data, "guides", "law")["body"] = {
            "en": "See [words](https://a.test/x), <https://auto.test/?a=1&b=2>, [ref][1], [mail](mailto:a@b.test), "
            "[own](action:a1) and `https://code.test/`.\n\n[1]: https://ref.test/ 'Title'\n"
        }

    assert addresses_of(make_pack(change)) == {
        "https://a.test/x": ("claim f1-1", "claim l1", "guide law"),
        "https://archive.test/x": ("claim f1-1, archived copy",),
        "http://old.test/": ("claim f1-1",),
        "https://ico.org.uk/": ("regulator ico of rights uk",),
        "https://auto.test/?a=1&b=2": ("guide law",),
        "https://ref.test/": ("guide law",),
    }


def test_no_address_of_the_shipped_pack_is_forgotten(shipped_pack: Pack) -> None:
    """A field that the schema gains one day must be looked at too."""
    written = set(re.findall(r'"(https?://[^"\s]+)"', shipped_pack.model_dump_json()))
    assert len(written) > 50
    assert written <= set(addresses_of(shipped_pack))


# --- Kept results --------------------------------------------------------------------------------------


def kept(address: str, verdict: str = "ok", days_ago: float = 0) -> Result:
    return Result.model_validate(
        {"address": address, "verdict": verdict, "reason": "why", "looked_at": NOW - dt.timedelta(days=days_ago)}
    )


def test_results_are_kept_as_they_come_and_the_last_one_counts(tmp_path: Path) -> None:
    file = tmp_path / "state"
    with StateFile(file) as state:
        for result in (kept("https://a.test/", "dead"), kept("https://b.test/"), kept("https://a.test/")):
            state.add(result)
            assert json.loads(file.read_bytes().splitlines()[-1])["address"] == result.address
    with StateFile(file) as state:
        assert state.results == {"https://a.test/": kept("https://a.test/"), "https://b.test/": kept("https://b.test/")}


def test_lines_are_added_and_what_was_there_stays(tmp_path: Path) -> None:
    file = tmp_path / "state"
    before = kept("https://a.test/").model_dump_json().encode()
    file.write_bytes(before)  # an editor's program may have taken the last line's end
    with StateFile(file) as state:
        state.add(kept("https://b.test/"))
    assert file.read_bytes() == before + b"\n" + kept("https://b.test/").model_dump_json().encode() + b"\n"


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"what\n", 1),
        (b'{"address": 1}\n', 1),
        (b"[" * 100_000, 1),
        (b"\xff\xfe\n", 1),
        (kept("https://a.test/").model_dump_json().encode() + b'\n{"address": "https', 2),
        (b"\n\n" + kept("https://a.test/").model_dump_json().replace("ok", "fine").encode(), 3),
        (kept("https://a.test/").model_dump_json().replace("Z", "").encode(), 1),
    ],
)
def test_a_damaged_file_is_told_by_line_and_left_as_it_is(tmp_path: Path, data: bytes, line: int) -> None:
    file = tmp_path / "state"
    file.write_bytes(data)
    with pytest.raises(DamagedState, match=f"line {line} "):
        StateFile(file)
    assert file.read_bytes() == data


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_check, "MAX_STATE", 1_000_000)
    (tmp_path / "state").write_bytes(b"\n" * 1_000_001)
    with pytest.raises(DamagedState, match="larger than 1 MB"):
        StateFile(tmp_path / "state")


def test_two_runs_do_not_share_a_file(tmp_path: Path) -> None:
    with StateFile(tmp_path / "state"), pytest.raises(StateInUse):
        StateFile(tmp_path / "state")
    with StateFile(tmp_path / "state") as state:
        assert state.results == {}


def test_what_is_no_ordinary_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises((DamagedState, OSError)):
        StateFile(tmp_path / "pipe")


def test_what_cannot_be_kept_whole_is_not_kept(tmp_path: Path) -> None:
    """A disk that is full takes half a line; the next run must be able to read the file all the same."""

    class FullDisk:
        """Takes half of the first write and refuses the rest."""

        def __init__(self, file: Any) -> None:
            self._file = file
            self._begun = False

        def write(self, data: bytes) -> int:
            if self._begun:
                raise OSError("No space left on device")
            self._begun = True
            return int(self._file.write(data[: len(data) // 2]))

        def __getattr__(self, name: str) -> Any:
            return getattr(self._file, name)

    with StateFile(tmp_path / "state") as state:
        state.add(kept("https://a.test/"))
        state._file = FullDisk(state._file)  # type: ignore[assignment]
        with pytest.raises(OSError, match="No space"):
            state.add(kept("https://b.test/"))
    with StateFile(tmp_path / "state") as state:
        assert list(state.results) == ["https://a.test/"]


def test_only_recent_results_stay_good() -> None:
    results = {
        result.address: result for result in (kept("a", days_ago=1), kept("b", days_ago=8), kept("c", days_ago=-1))
    }
    assert list(recent(results, NOW, dt.timedelta(days=7))) == ["a"]
    assert recent(results, NOW, dt.timedelta(0)) == {}
