"""Find what a visitor would read in English in a translated interface; exit status 1 if there is anything.

Every string that the code and the templates hand to gettext must be in the compiled catalogue of each language
besides English, which is what the site reads. The editors' desk speaks English only. Needs no GNU gettext.
"""

from __future__ import annotations

import ast
import gettext
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.utils.translation import to_locale
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ROOT / "privacycheck" / "locale"
ORIGINAL = "en"
DESK = "desk"

# The functions of gettext and what their first arguments are: a context, the string, its plural.
SHAPES = {"": "s", "n": "sp", "p": "cs", "np": "csp"}
FUNCTIONS = {
    f"{prefix}gettext{suffix}": shape for prefix, shape in SHAPES.items() for suffix in ("", "_lazy", "_noop")
} | {"_": "s"}

Message = tuple[str, ...]  # name of the plain function (gettext, npgettext ...), then its texts


def in_code(source: str) -> Iterator[Message]:
    """Yield what Python code hands to gettext; texts that are not written out cannot be translated anyway."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
        shape = FUNCTIONS.get(name, "")
        texts = [each.value for each in node.args[: len(shape)] if isinstance(each, ast.Constant)]
        if shape and len(texts) == len(shape):
            yield _plain_name(shape), *texts


def in_template(source: str) -> Iterator[Message]:
    """Yield what a template hands to gettext.

    Django turns a template into calls for this very purpose, with fillers between them that are no Python.
    """
    string = r"""u?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    call = rf"\b(?:_|n?p?gettext)\({string}(?:,\s*{string})*"
    for found in re.findall(call, templatize(source)):
        name = found.partition("(")[0]
        shape = FUNCTIONS[name]
        texts = [ast.literal_eval(text) for text in re.findall(string, found)][: len(shape)]
        if len(texts) == len(shape):
            yield _plain_name(shape), *texts


def _plain_name(shape: str) -> str:
    return next(prefix for prefix, each in SHAPES.items() if each == shape) + "gettext"


def messages(root: Path) -> dict[Message, Path]:
    """Return every message under a folder with the first file that holds it."""
    found: dict[Message, Path] = {}
    for folder in ("apps", "privacycheck", "templates"):
        for path in sorted((root / folder).rglob("*")):
            read = {".py": in_code, ".html": in_template, ".txt": in_template}.get(path.suffix)
            if read is None or LOCALES in path.parents or DESK in path.relative_to(root).parts:
                continue
            for message in read(path.read_text(encoding="utf-8")):
                found.setdefault(message, path.relative_to(root))
    return found


class _Untranslated(gettext.NullTranslations):
    """Stands behind a catalogue and is asked for what that does not have."""

    def gettext(self, *texts: object) -> str:
        raise LookupError

    ngettext = pgettext = npgettext = gettext  # type: ignore[assignment]


def missing(wanted: dict[Message, Path], catalogue: Path) -> dict[Message, Path]:
    """Return those messages that a compiled catalogue does not have."""
    if not catalogue.exists():
        return wanted
    with catalogue.open("rb") as file:
        translations = gettext.GNUTranslations(file)
    translations.add_fallback(_Untranslated())
    found = {}
    for message, path in wanted.items():
        name, *texts = message
        count = [2] if name.startswith("n") else []
        try:
            getattr(translations, name)(*texts, *count)
        except LookupError:
            found[message] = path
    return found


def languages() -> list[str]:
    """Return the languages that are offered, or begun with a folder, besides the original."""
    offered = {to_locale(code) for code, _ in settings.LANGUAGES}
    begun = {path.name for path in LOCALES.iterdir() if path.is_dir()} if LOCALES.exists() else set()
    return sorted((offered | begun) - {ORIGINAL})


def main() -> int:
    """Print what is missing, language by language, and return the exit status."""
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "privacycheck.settings")
    wanted = messages(ROOT)
    status = 0
    for language in languages():
        catalogue = LOCALES / language / "LC_MESSAGES" / "django.mo"
        for (_, *texts), path in missing(wanted, catalogue).items():
            status = 1
            print(f"{language}: not translated: {texts[-1]!r} ({path})")
    if status:
        print("Run `make messages`, translate them in privacycheck/locale/*/LC_MESSAGES/django.po, and run it again.")
    else:
        others = ", ".join(languages()) or "none"
        print(f"{len(wanted)} strings, languages besides English: {others}. Nothing is missing.")
    return status


if __name__ == "__main__":
    sys.exit(main())
