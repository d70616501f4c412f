"""The wizard that a Django developer would pick, to compare ours with: formtools, crispy-bootstrap5, sessions in SQLite.

It asks the questions that `wizard.json` of its DATA_DIR holds, and ends with a page of the answers.
"""

QUESTIONS = "wizard.json"
"""A list of questions, each with id, kind ("single" or "multi"), text, hint and options (value and text)."""

APPLICATION = "tests.bench.wizard.urls:application"
SETTINGS = "tests.bench.wizard.settings"
