"""Fill in a letter: gaps become what the reader typed, or clear [brackets]. Nothing is stored on the way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from apps.editions.compiled import ORIGINAL
from apps.editions.schema import Letter, Text

_GAP = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class FilledLetter:
    """A letter as plain text, ready to copy."""

    subject: str
    body: str

    @property
    def text(self) -> str:
        """Return the whole letter: the subject on top, an empty line, the body, a line feed at the end."""
        return f"{self.subject}\n\n{self.body}\n"

    @property
    def mailto(self) -> str:
        """Return an address that opens the letter in the reader's own mail program, without a recipient.

        Line ends are CRLF there (RFC 6068, section 5).
        """
        body = quote(self.body.replace("\n", "\r\n"), safe="")
        return f"mailto:?subject={quote(self.subject, safe='')}&body={body}"


def fill(letter: Letter, language: str, values: Mapping[str, str], place: str | None) -> FilledLetter:
    """Return the letter with its gaps filled by `values` (by field id; empty or missing leaves the bracket).

    `place` decides the line of law. Where there is none for it, a paragraph of {law} alone is left out.
    """

    def say(text: Text) -> str:
        return text.get(language) or text[ORIGINAL]

    line = letter.law.get(place or "") or letter.elsewhere
    words = {field.id: values.get(field.id) or f"[{say(field.bracket)}]" for field in letter.fields}
    words["law"] = say(line) if line else ""

    def filled(text: str) -> str:
        # One pass: what a reader typed is never read as a gap itself.
        return _GAP.sub(lambda gap: words.get(gap[1], gap[0]), text)

    paragraphs = (letter.body.get(language) or letter.body[ORIGINAL]).strip().split("\n\n")
    kept = [paragraph for paragraph in paragraphs if words["law"] or paragraph.strip() != "{law}"]
    return FilledLetter(
        subject=" ".join(filled(say(letter.subject)).split()),
        body="\n\n".join(filled(paragraph).strip() for paragraph in kept),
    )
