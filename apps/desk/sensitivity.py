"""How far the scores of a draft hold on other weights and levels: worked out once for the same content, and kept.

It takes some ten seconds, so it is asked for by a press, and any worker finds what another one worked out.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from apps import editions
from apps.desk.models import Calibration
from apps.editions import calibration
from apps.editions.convert import questionnaire_of
from apps.editions.pack_files import CALIBRATION
from apps.editions.schema import Pack


def calibration_of(pack: Pack) -> str | None:
    """Return the calibration kept for a pack, else the one that came with the shipped pack; None without either.

    Its hashes say whether it belongs to the pack.
    """
    kept: str | None = Calibration.objects.filter(key=_key(pack)).values_list("text", flat=True).first()
    if kept is not None:
        return kept
    try:
        return (Path(editions.__path__[0]) / "pack" / CALIBRATION).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None


def work_out(pack: Pack) -> None:
    """Work out and keep the calibration of a pack that is free of problems which stand against publishing."""
    text = calibration.calibration_text(calibration.calibrate(pack))
    Calibration.objects.update_or_create(key=_key(pack), defaults={"text": text})


def is_known(pack: Pack) -> bool:
    """Say whether a calibration that belongs to the pack is there."""
    return not any(problem.warning for problem in calibration.stored_problems(pack, calibration_of(pack)))


def _key(pack: Pack) -> str:
    parts = calibration.scoring_hash(questionnaire_of(pack)), calibration.personas_hash(pack)
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()
