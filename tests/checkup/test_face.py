"""The face of dots is read as a count, so the count must be right for every score."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from apps.checkup.face import TOTAL, Size, face_svg, logo_svg

KINDS = ("lit", "maybe", "faded", "unlit")


def count_dots(svg: str) -> dict[str, int]:
    """Return how many dots of each kind a face shows: each starts with one "move to"."""
    return {path.get("class", ""): path.get("d", "").count("M") for path in ElementTree.fromstring(svg)}


def first_points(svg: str) -> list[tuple[float, float]]:
    """Return where the dots drawn as discs lie, in the order in which they are drawn."""
    pairs = re.findall(r"M(-?[\d.]+) ?(-?[\d.]+)h0", svg)
    return [(float(x), float(y)) for x, y in pairs]


@pytest.mark.parametrize(
    ("lit", "rings", "faded", "expected"),
    [
        (44, 0, 0, {"lit": 44, "unlit": 56}),
        (44, 6, 0, {"lit": 44, "maybe": 6, "unlit": 50}),
        (44, 6, 8, {"lit": 44, "maybe": 6, "faded": 8, "unlit": 42}),
        (31, 0, 31, {"lit": 31, "faded": 31, "unlit": 38}),
        (0, 0, 0, {"unlit": 100}),
        (0, 100, 0, {"maybe": 100}),
        (0, 0, 100, {"faded": 100}),
        (100, 0, 0, {"lit": 100}),
    ],
)
@pytest.mark.parametrize("size", ["full", "logo"])
def test_it_shows_as_many_dots_of_each_kind_as_told(
    lit: int, rings: int, faded: int, expected: dict[str, int], size: Size
) -> None:
    assert count_dots(face_svg(lit, rings, faded, label="A face.", size=size)) == expected


@pytest.mark.parametrize("lit", range(101))
def test_every_score_makes_a_face_of_exactly_one_hundred_dots(lit: int) -> None:
    rings = (100 - lit) // 2
    faded = (100 - lit - rings) // 3
    counts = count_dots(face_svg(lit, rings, faded, label="A face."))
    assert sum(counts.values()) == TOTAL == 100
    assert counts.get("lit", 0) == lit
    assert set(counts) <= set(KINDS)


@pytest.mark.parametrize(
    ("lit", "rings", "faded"), [(-1, 0, 0), (0, -1, 0), (0, 0, -1), (101, 0, 0), (60, 30, 11), (50, 51, 0)]
)
def test_counts_that_do_not_fit_one_hundred_dots_are_refused(lit: int, rings: int, faded: int) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        face_svg(lit, rings, faded, label="A face.")


@pytest.mark.parametrize("label", ["", "  "])
def test_a_face_without_words_is_refused(label: str) -> None:
    with pytest.raises(ValueError, match="label"):
        face_svg(1, label=label)


def test_dots_light_up_in_one_order_so_a_higher_score_only_adds() -> None:
    everything = first_points(face_svg(100, label="A face."))
    assert len(set(everything)) == 100
    for lit in range(101):
        assert first_points(face_svg(lit, label="A face.")) == everything


def test_the_eyes_light_first_and_the_outline_last() -> None:
    points = first_points(face_svg(100, label="A face."))
    assert points[0] == (-17, -17)
    assert points[-1] == (-15.6, -89.7)


def test_no_dot_leaves_the_drawing() -> None:
    root = ElementTree.fromstring(face_svg(100, label="A face."))
    left, top, width, height = (float(edge) for edge in root.get("viewBox", "").split())
    for x, y in first_points(face_svg(100, label="A face.")):
        assert left + 3 <= x <= left + width - 3
        assert top + 3 <= y <= top + height - 3


def test_the_label_is_escaped_and_announced_as_one_image() -> None:
    svg = face_svg(44, label='44 of 100 <dots> are "lit"')
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "img"
    assert root.get("aria-label") == '44 of 100 <dots> are "lit"'
    assert "<dots>" not in svg


def test_it_holds_no_inline_style_and_no_address() -> None:
    for svg in (face_svg(44, 6, 8, label="A face."), logo_svg()):
        assert "style" not in svg
        assert "url(" not in svg
        assert "href" not in svg


def test_a_full_face_stays_light() -> None:
    assert len(face_svg(44, label="A face.")) < 2000


def test_the_logo_is_unlit_and_hidden_from_assistive_technology() -> None:
    root = ElementTree.fromstring(logo_svg())
    assert root.get("aria-hidden") == "true"
    assert count_dots(logo_svg()) == {"": 20}
