"""Settings of the tests: the real ones, whatever the shell has set, in a folder that is gone afterwards."""

import os
import tempfile

_data = tempfile.TemporaryDirectory(prefix="privacycheck-tests-")  # removed when the process ends

for _name in ("DATABASE_URL", "DEBUG", "ALLOWED_HOSTS", "SECRET_KEY_FALLBACKS", "STATIC_ROOT", "OPERATOR_NAME", "CONTACT_EMAIL"):
    os.environ.pop(_name, None)
if _database := os.environ.get("TEST_DATABASE_URL"):  # set by tests.on_postgresql
    os.environ["DATABASE_URL"] = _database
os.environ["PUBLIC_ORIGIN"] = "http://127.0.0.1:8000"
os.environ["SECRET_KEY"] = "only-for-tests-" + "x" * 50
os.environ["DATA_DIR"] = _data.name
os.environ["EDITION_REFRESH_SECONDS"] = "0"  # no thread beside a test

from privacycheck.settings import *  # noqa: F403
from privacycheck.settings import STORAGES

# Files without hashes in their names: a test needs no collected copy.
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
