"""The face drawn with 100 dots: an icon array of the exposure score, as inline SVG.

One dot stands for one point of 100. The picture is read as a count, so it always holds exactly
100 dots, and it stands beside the number, never instead of it. The four kinds of dot differ in
shape (large, ring, thin ring, small) as well as in colour, so that they can be told apart in
print, in forced colours and without the stylesheet, which only adds the colours.

Source: method, section 4, "Picture"; design, "Signature".
"""

from __future__ import annotations

from functools import cache
from typing import Final, Literal, NamedTuple

from django.utils.html import format_html
from django.utils.safestring import SafeString

Size = Literal["full", "logo"]

# fmt: off
_DOTS: Final[tuple[tuple[float, float], ...]] = (
    # Centre of each dot (x to the right, y down), in the order in which the dots light up.
    # eye
    (-17, -17), (-23.5, -12.2), (-36.5, -12.2), (-43, -17), (-36.5, -21.8), (-23.5, -21.8), (-30, -17),
    (43, -17), (36.5, -12.2), (23.5, -12.2), (17, -17), (23.5, -21.8), (36.5, -21.8), (30, -17),
    # nose
    (0, -20), (0, -9.5), (0, 1), (0, 11.5), (-13, 19), (-6.5, 21.3), (0, 23), (6.5, 21.3), (13, 19),
    # mouth
    (23, 46), (18.6, 50.7), (7.1, 53.6), (-7.1, 53.6), (-18.6, 50.7), (-23, 46), (-18.6, 42.5),
    (-7.1, 40.3), (7.1, 40.3), (18.6, 42.5), (-8, 46), (8, 46),
    # brow
    (-14, -34), (-22, -38.7), (-30, -41.6), (-38, -41.6), (-46, -38.7), (14, -34), (22, -38.7), (30, -41.6),
    (38, -41.6), (46, -38.7),
    # mesh
    (-40, -58), (-20, -66), (0, -70), (20, -66), (40, -58), (-28, -50), (0, -52), (28, -50), (-54, -4),
    (54, -4), (-46, 14), (46, 14), (-30, 8), (30, 8), (-38, 34), (38, 34), (-22, 24), (22, 24), (-30, 58),
    (30, 58), (0, 66), (-15, 71), (15, 71), (-9, -60), (9, -60), (0, 33), (-56, -28),
    # outline
    (0, -92), (15.6, -89.7), (30.4, -82.9), (43.6, -71.9), (54.7, -57.4), (63.1, -39.9), (68.2, -20.5),
    (70, 0), (66.5, 20.5), (58.4, 39.9), (47.5, 57.4), (35.4, 71.9), (23.2, 82.9), (11.4, 89.7), (0, 92),
    (-11.4, 89.7), (-23.2, 82.9), (-35.4, 71.9), (-47.5, 57.4), (-58.4, 39.9), (-66.5, 20.5), (-70, 0),
    (-68.2, -20.5), (-63.1, -39.9), (-54.7, -57.4), (-43.6, -71.9), (-30.4, -82.9), (-15.6, -89.7),
)
# fmt: on

TOTAL: Final = len(_DOTS)
"""How many dots every face has: 100, one for each point of the score."""

_VIEW_BOX: Final = "-74 -96 148 192"


class _Pens(NamedTuple):
    """How wide the four kinds of dot are drawn, in units of the view box."""

    lit: str
    unlit: str
    ring_radius: float
    ring: str
    thin_radius: float
    thin: str


# Small drawings get heavier dots, or they would look like dust.
_PENS: Final[dict[Size, _Pens]] = {
    "full": _Pens(lit="5.6", unlit="2.6", ring_radius=2.1, ring="1.5", thin_radius=2.3, thin=".7"),
    "logo": _Pens(lit="7.6", unlit="3.4", ring_radius=2.8, ring="2.2", thin_radius=3.0, thin="1.2"),
}

# Every second dot of the outline, and six for eyes, nose and mouth: as many as can still be told
# apart in a drawing one line high. A hundred would be a smudge there.
_LOGO_OUTLINE: Final = _DOTS[72::2]
_LOGO_FEATURES: Final = ((-28, -17), (28, -17), (0, 16), (-23, 44), (0, 51), (23, 44))


def face_svg(lit: int, rings: int = 0, faded: int = 0, *, label: str, size: Size = "full") -> SafeString:
    """Return the face with the first `lit` dots lit, then `rings` rings, then `faded` thin rings.

    lit is the lower end of the score; rings are the points still open because an answer is "not
    sure"; faded are points that ticked steps have already closed. The rest are small unlit dots.
    A score of 44 to 50 from which 8 points are already closed is `face_svg(44, 6, 8, label=…)`.

    label is the text for those who do not see the picture: a whole translated sentence with the
    numbers. size "full" is the large drawing of the result, "logo" the small one for cards.

    Raise ValueError if a count is negative, if together they pass 100, or if label is blank.
    """
    if min(lit, rings, faded) < 0 or lit + rings + faded > TOTAL:
        raise ValueError(f"{lit} lit, {rings} rings and {faded} faded dots do not fit a face of {TOTAL}")
    if not label.strip():
        raise ValueError("a face needs a label that says its numbers in words")
    pens = _PENS[size]
    after_rings = lit + rings
    after_faded = after_rings + faded
    paths = (
        _path("lit", _solid()[:lit], pens.lit),
        _path("maybe", _rings(pens.ring_radius)[lit:after_rings], pens.ring),
        _path("faded", _rings(pens.thin_radius)[after_rings:after_faded], pens.thin),
        _path("unlit", _solid()[after_faded:], pens.unlit),
    )
    return format_html(
        '<svg class="{}" viewBox="{}" role="img" aria-label="{}" {}>{}{}{}{}</svg>',
        "face" if size == "full" else "face small",
        _VIEW_BOX,
        label,
        _stroke_defaults(),
        *paths,
    )


@cache
def logo_svg() -> SafeString:
    """Return the site's mark: the same face, unlit, in twenty dots, for use beside the name.

    It is hidden from assistive technology, because the name that follows it says all there is.
    """
    dots = "".join(_solid_dot(x, y) for x, y in (*_LOGO_OUTLINE, *_LOGO_FEATURES))
    return format_html(
        '<svg viewBox="-82 -104 164 208" width="24" height="30" aria-hidden="true" focusable="false" {}>'
        '<path d="{}" stroke-width="22"/></svg>',
        _stroke_defaults(),
        dots,
    )


def _stroke_defaults() -> SafeString:
    """Return the attributes that draw a stroke as round dots even where no stylesheet is loaded."""
    return format_html('fill="none" stroke="{}" stroke-linecap="round"', "currentColor")


def _path(kind: str, dots: tuple[str, ...], width: str) -> SafeString:
    """Return all dots of one kind as one path, or nothing where there are none.

    One path takes a third of the bytes of as many circles, and fewer once compressed, too.
    """
    if not dots:
        return SafeString()
    return format_html('<path class="{}" d="{}" stroke-width="{}"/>', kind, "".join(dots), width)


@cache
def _solid() -> tuple[str, ...]:
    """Return path data for each dot as a filled disc, as wide as the stroke."""
    return tuple(_solid_dot(x, y) for x, y in _DOTS)


@cache
def _rings(radius: float) -> tuple[str, ...]:
    """Return path data for each dot as a circle of this radius, in units of the view box."""
    step, across = _number(radius), _number(2 * radius)
    arcs = f"a{step} {step} 0 1 0 {across} 0a{step} {step} 0 1 0-{across} 0"
    return tuple(f"M{_pair(x - radius, y)}{arcs}" for x, y in _DOTS)


def _solid_dot(x: float, y: float) -> str:
    """Return a line of no length: with round ends, it is a disc as wide as the stroke."""
    return f"M{_pair(x, y)}h0"


def _pair(x: float, y: float) -> str:
    """Return two coordinates in the shortest form that path data allows: "-17 4", "5-3.2"."""
    second = _number(y)
    return f"{_number(x)}{second if second.startswith('-') else ' ' + second}"


def _number(value: float) -> str:
    """Return a number with at most one decimal and no idle zero: "-17", "4.5"."""
    rounded = round(value, 1) + 0.0  # adding zero turns minus zero into zero
    return str(int(rounded)) if rounded == int(rounded) else str(rounded)
