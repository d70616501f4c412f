"""The site's settings with a third language, begun with a few files only: its folder is in ARABIC_LOCALE."""

import os

from privacycheck.settings import *  # noqa: F403
from privacycheck.settings import LANGUAGES, LOCALE_PATHS

LANGUAGES = [*LANGUAGES, ("ar", "العربية")]
LOCALE_PATHS = [os.environ["ARABIC_LOCALE"], *LOCALE_PATHS]
