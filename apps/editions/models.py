"""What is stored: published editions. Answers of visitors are not stored anywhere."""

from __future__ import annotations

from django.db import models


class Edition(models.Model):
    """A published pack. It is never changed, so that every old result can be read again.

    `content` is the pack as JSON text (not a JSON column, so that both database engines keep the same
    bytes); `content_hash` is the hash that `pack_files.content_hash` gives. `changes` tells what is different from
    the edition before, as `changes.to_json` writes it; empty means that it is not known.
    """

    number = models.PositiveIntegerField(primary_key=True)
    content = models.TextField()
    content_hash = models.CharField(max_length=64)
    note = models.TextField(blank=True)
    published_at = models.DateTimeField()
    changes = models.TextField(default="[]")

    class Meta:
        ordering = ("-number",)

    def __str__(self) -> str:
        return f"Edition {self.number}"
