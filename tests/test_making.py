"""What surrounds the code keeps its word too: make's targets, the port check, the check of translations."""

from __future__ import annotations

import importlib.util
import re
import socket
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]


def _explained() -> set[str]:
    """Return the targets that `make help` explains."""
    said = subprocess.run(["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(re.findall(r"(?m)^  make (\w+)", said.stdout))


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_every_make_target_in_the_documents_exists_and_is_explained(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    named = set(re.findall(r"(?m)^    make (\w+)|`make (\w+)", text))
    assert {first or second for first, second in named} <= _explained()


def test_every_setting_is_in_the_readme_and_every_variable_of_the_readme_is_read():
    code = "\n".join((ROOT / "privacycheck" / name).read_text() for name in ("settings.py", "gunicorn.conf.py"))
    read = set(re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"|environ\.get\(['\"]([A-Z_]+)['\"]", code))
    table = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Configuration")[2].partition("\n## ")[0]
    rows = re.findall(r"(?m)^\| (`[^|]+`) \|", table)
    assert {name for row in rows for name in re.findall(r"[A-Z_]+", row)} == {a or b for a, b in read}


# --- The port ------------------------------------------------------------------------------------------


def _ask_for_port(host: str, port: object) -> str:
    command = [sys.executable, ".ci/port_is_free.py", host, str(port)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stderr


def test_a_busy_port_gets_one_line_that_says_what_to_do():
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        said = _ask_for_port("127.0.0.1", port)
    assert said == f"Port {port} is in use. Stop the other program or run: make run PORT={port + 1}\n"
    assert _ask_for_port("127.0.0.1", port) == ""


@pytest.mark.parametrize(
    ("host", "port", "wrong"),
    [("127.0.0.1", "abc", "PORT"), ("127.0.0.1", "70000", "PORT"), ("127.0.0.1", "", "PORT"), ("192.0.2.1", "8000", "HOST")],
)
def test_a_wrong_host_or_port_gets_one_line_that_names_it(host, port, wrong):
    said = _ask_for_port(host, port)
    assert said.startswith(wrong)
    assert said.count("\n") == 1


# --- Translations --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def translations() -> ModuleType:
    spec = importlib.util.spec_from_file_location("translations", ROOT / ".ci" / "translations.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_strings_are_found_in_code_in_all_their_forms(translations):
    source = '''
_("plain")
gettext_lazy("in " "two parts")
trans.ngettext("%(n)s step", "%(n)s steps", n)
pgettext("month", "May")
_(variable)
other("not for gettext")
'''
    assert list(translations.in_code(source)) == [
        ("gettext", "plain"),
        ("gettext", "in two parts"),
        ("ngettext", "%(n)s step", "%(n)s steps"),
        ("pgettext", "month", "May"),
    ]


def test_strings_are_found_in_templates_in_all_their_forms(translations):
    source = """
{% translate "plain" %} {% translate 'May' context "month" as may %} {{ name|default:_("nobody") }} _("a text")
{% blocktranslate trimmed %}
  It's {{ score }} of "100", 5%
{% endblocktranslate %}
{% blocktranslate count n=steps %}{{ n }} step{% plural %}{{ n }} steps{% endblocktranslate %}
{# translate "a comment" #}
"""
    assert list(translations.in_template(source)) == [
        ("gettext", "plain"),
        ("pgettext", "month", "May"),
        ("gettext", "nobody"),
        ("gettext", 'It\'s %(score)s of "100", 5%%'),
        ("ngettext", "%(n)s step", "%(n)s steps"),
    ]


def test_a_string_that_a_language_lacks_is_missing_and_one_that_it_has_is_not(translations, tmp_path):
    """With a catalogue as GNU gettext writes it, made here by hand."""
    entries = {"": "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=n > 1;\n"}
    entries |= {"plain": "simple", "month\x04May": "mai", "%(n)s step\0%(n)s steps": "%(n)s pas\0%(n)s pas"}
    catalogue = tmp_path / "django.mo"
    catalogue.write_bytes(_compiled(entries))
    here = Path("here.py")
    has = [("gettext", "plain"), ("pgettext", "month", "May"), ("ngettext", "%(n)s step", "%(n)s steps")]
    lacks = [("gettext", "other"), ("gettext", "May"), ("ngettext", "one", "many"), ("pgettext", "verb", "May")]
    assert translations.missing(dict.fromkeys([*has, *lacks], here), catalogue) == dict.fromkeys(lacks, here)
    assert translations.missing(dict.fromkeys(has, here), tmp_path / "none.mo") == dict.fromkeys(has, here)


def _compiled(entries: dict[str, str]) -> bytes:
    """Return a catalogue in the binary format that `gettext` reads: two tables of lengths and places, then texts."""
    pairs = [(source.encode(), target.encode()) for source, target in sorted(entries.items())]
    start = 28 + 16 * len(pairs)
    tables, texts = [b"", b""], b""
    for which in (0, 1):
        for pair in pairs:
            tables[which] += len(pair[which]).to_bytes(4, "little") + (start + len(texts)).to_bytes(4, "little")
            texts += pair[which] + b"\0"
    head = (0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, start)
    return b"".join(number.to_bytes(4, "little") for number in head) + tables[0] + tables[1] + texts
