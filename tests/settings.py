"""Settings of the tests: the real ones, in a folder of their own, with plain static files."""

import os
import tempfile

os.environ["PUBLIC_ORIGIN"] = "http://127.0.0.1:8000"
os.environ["SECRET_KEY"] = "only-for-tests-" + "x" * 50
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="privacycheck-tests-")
os.environ["EDITION_REFRESH_SECONDS"] = "0"
os.environ.pop("DEBUG", None)

from privacycheck.settings import *  # noqa: F403
from privacycheck.settings import STORAGES

STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
