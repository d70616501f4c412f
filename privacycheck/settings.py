"""Settings of the project. Everything that differs between machines is read here, from the environment.

A value that would be unsafe stops the start with one clear line. README.md lists every variable.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEBUG: bool = env.bool("DEBUG", default=False)
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var")))

# --- Where the site is reached -------------------------------------------------------------------------

PUBLIC_ORIGIN: str = env.str("PUBLIC_ORIGIN", default="http://127.0.0.1:8000").rstrip("/")
_origin = urlsplit(PUBLIC_ORIGIN)
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
if _origin.scheme not in {"http", "https"} or not _origin.hostname or _origin.path or _origin.query:
    raise ImproperlyConfigured(
        f"PUBLIC_ORIGIN is {PUBLIC_ORIGIN!r}. Write it as scheme and host, for example https://privacy.example."
    )
IS_HTTPS = _origin.scheme == "https"
IS_LOOPBACK = _origin.hostname in _LOOPBACK
if not IS_HTTPS and not IS_LOOPBACK:
    raise ImproperlyConfigured("PUBLIC_ORIGIN may use plain http only on this machine (127.0.0.1). Use https.")
if DEBUG and not IS_LOOPBACK:
    raise ImproperlyConfigured("DEBUG shows a visitor's data to the world. It is allowed only on 127.0.0.1.")
HOST: str = env.str("HOST", default="127.0.0.1")  # where gunicorn listens
LISTENS_ON_LOOPBACK = HOST.strip("[]") in _LOOPBACK
if DEBUG and not LISTENS_ON_LOOPBACK:
    raise ImproperlyConfigured("DEBUG shows a visitor's data to the world. Set HOST to 127.0.0.1, or leave DEBUG out.")

ALLOWED_HOSTS: list[str] = [_origin.hostname, *env.list("ALLOWED_HOSTS", default=[])]
if IS_LOOPBACK:
    ALLOWED_HOSTS += ["127.0.0.1", "localhost", "[::1]"]
if any(host.startswith("*") for host in ALLOWED_HOSTS):
    raise ImproperlyConfigured("ALLOWED_HOSTS may not be *: list the hosts by name.")
CSRF_TRUSTED_ORIGINS = [PUBLIC_ORIGIN]


def _secret_key() -> str:
    """Return the key from SECRET_KEY, or, on this machine only, one made once and kept in DATA_DIR."""
    key: str = env.str("SECRET_KEY", default="")
    if not key and IS_LOOPBACK:
        path = DATA_DIR / "secret-key"
        try:
            DATA_DIR.mkdir(parents=True, exist_ok=True)
            try:
                with path.open("x", encoding="ascii") as file:
                    path.chmod(0o600)
                    file.write(secrets.token_urlsafe(64))
            except FileExistsError:
                pass
            key = path.read_text(encoding="ascii").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"Cannot write to {DATA_DIR}: {error.strerror}. Set DATA_DIR.") from None
    if len(key) < 50:
        raise ImproperlyConfigured("SECRET_KEY is missing or shorter than 50 characters.")
    return key


SECRET_KEY = _secret_key()
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])

# --- Who runs it ---------------------------------------------------------------------------------------

OPERATOR_NAME: str = env.str("OPERATOR_NAME", default="")
CONTACT_EMAIL: str = env.str("CONTACT_EMAIL", default="")

# --- The application -----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.auth",  # before the desk, whose roles are made of its permissions
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.admin.apps.SimpleAdminConfig",  # people only (apps.desk.admin)
    "django.contrib.staticfiles",
    "crispy_forms",
    "apps.editions",
    "apps.guidance",
    "apps.checkup",
    "apps.classroom",
    "apps.desk",
    "apps.website",
]

MIDDLEWARE = [
    "apps.website.middleware.observed",
    "apps.website.middleware.headers",
    "apps.website.health.answered_early",
    "apps.editions.public.answered_again",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.website.middleware.body_limit",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "apps.website.middleware.method_not_allowed",
    # Only for pages below /editor/; the rest of the site knows no sessions.
    "apps.desk.middleware.EditorSessions",
    "apps.desk.middleware.EditorAccounts",
    "apps.desk.middleware.large_forms",
    "django.middleware.csrf.CsrfViewMiddleware",
    "apps.desk.middleware.EditorMessages",
]

ROOT_URLCONF = "privacycheck.urls"
WSGI_APPLICATION = "privacycheck.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["django.templatetags.i18n", "django.templatetags.static"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",  # asked for by the admin of people
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

CRISPY_ALLOWED_TEMPLATE_PACKS = ("plain",)
CRISPY_TEMPLATE_PACK = "plain"
CRISPY_FAIL_SILENTLY = False

# --- Data ----------------------------------------------------------------------------------------------

try:
    DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'privacycheck.sqlite3'}")}
except ValueError:  # its message can hold a part of the password
    raise ImproperlyConfigured(
        "DATABASE_URL cannot be read. In the password write / as %2F, # as %23 and % as %25."
    ) from None
_database = DATABASES["default"]
if _database["ENGINE"].endswith("sqlite3"):
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 5,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
elif _database["ENGINE"].endswith("postgresql"):
    # Each thread of a worker keeps its connection and looks before each request whether it is still good.
    # A database that hangs must not hang its readers: five seconds in all, then the page says so.
    # What the address asks for besides, such as sslmode, stays.
    _database |= {
        "ENGINE": "privacycheck.postgresql",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **_database.get("OPTIONS", {}),
            "connect_timeout": 3,
            "options": "-c statement_timeout=4000",
        },
    }
else:
    raise ImproperlyConfigured("DATABASE_URL must begin with sqlite:/// or postgres://.")
# Classes have a file of their own beside an SQLite database: TRUNCATE and secure_delete leave no earlier state of an
# open counter on disk, from which a thief could tell what one pupil added. Leave that file out of backups.
CLASSROOM_DATABASE = "default"
if _database["ENGINE"].endswith("sqlite3"):
    CLASSROOM_DATABASE = "classroom"
    _file = Path(_database["NAME"])
    _is_file = _file.name != ":memory:"
    DATABASES[CLASSROOM_DATABASE] = {
        "ENGINE": _database["ENGINE"],
        "NAME": str(_file.with_name(f"{_file.stem}-classes.sqlite3")) if _is_file else _database["NAME"],
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 5,
            "init_command": "PRAGMA journal_mode=TRUNCATE; PRAGMA secure_delete=ON; PRAGMA synchronous=FULL;",
        },
    }
DATABASE_ROUTERS = ["apps.classroom.databases.ClassroomRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Classes -------------------------------------------------------------------------------------------

CLASS_MINIMUM: int = env.int("CLASS_MINIMUM", default=10)
if not 10 <= CLASS_MINIMUM <= 40:
    raise ImproperlyConfigured("CLASS_MINIMUM is the fewest people that totals are shown for: 10 to 40, never fewer.")
CLASS_WOBBLE: str = env.str("CLASS_WOBBLE", default="1/3")
if CLASS_WOBBLE not in {"1/3", "1/2"}:
    raise ImproperlyConfigured("CLASS_WOBBLE is 1/3 (the rule) or 1/2 (stricter, with larger errors).")

# --- Where requests come from, for limits ---------------------------------------------------------------

PROXIES: int = env.int("PROXIES", default=0)
"""How many proxies stand before the site, each of which adds to X-Forwarded-For."""
PROXIES_IS_SET = "PROXIES" in env.ENVIRON  # apps.website.checks refuses to guess behind https
if not 0 <= PROXIES <= 5:
    raise ImproperlyConfigured("PROXIES is how many proxies stand before the site: 0 to 5.")

# --- Editors: the only people with accounts ------------------------------------------------------------

DESK_SECOND_PERSON: str = env.str("DESK_SECOND_PERSON", default="auto")
if DESK_SECOND_PERSON not in {"auto", "always", "never"}:
    raise ImproperlyConfigured("DESK_SECOND_PERSON is auto (once there are two publishers), always or never.")
SOURCES_STATE: str = env.str("SOURCES_STATE", default=str(DATA_DIR / "sources.jsonl"))  # of check_sources --state
PASSWORD_HASHERS = [
    "apps.desk.passwords.EditorPasswordHasher",  # reads what Django's own Argon2 hashed before, too
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [  # length and what is known, but no rule about kinds of characters
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 15}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "apps.desk.passwords.NotOfWordsOfThisSite"},
]
PASSWORD_RESET_TIMEOUT = 3 * 24 * 60 * 60  # how long a link to set a password works
# Only pages below /editor/ see the session, so that public pages stay free of cookies. The prefix __Host- would ask
# for the path /.
SESSION_ENGINE = "apps.desk.sessions"
SESSION_COOKIE_NAME = "__Secure-editor" if IS_HTTPS else "editor"
SESSION_COOKIE_PATH = "/editor/"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 60 * 60  # from signing in, whatever is done meanwhile
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # a cookie would go to public pages too

EDITION_REFRESH_SECONDS: float = env.float("EDITION_REFRESH_SECONDS", default=3.0)

# --- Languages and time --------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
FORMAT_MODULE_PATH = ["privacycheck.formats"]
LOCALE_PATHS = [BASE_DIR / "privacycheck" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Static files --------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(DATA_DIR / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_ALLOW_ALL_ORIGINS = False

# --- What a visitor sends: small, and never to disk ----------------------------------------------------

MAX_BODY_BYTES = 160 * 1024
MAX_EDITOR_BODY_BYTES = 8 * 1024 * 1024  # a whole pack, from editors who are signed in
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 1
FILE_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]

# --- Cookies and transport -----------------------------------------------------------------------------

COOKIE_PREFIX = "__Host-" if IS_HTTPS else ""
CSRF_COOKIE_NAME = COOKIE_PREFIX + "csrftoken"
CSRF_COOKIE_AGE = None  # Django's default lives a year and would tell one browser from another
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "apps.website.errors.csrf_failure"
SESSION_COOKIE_SECURE = IS_HTTPS
SECURE_SSL_REDIRECT = IS_HTTPS
HSTS: str = env.str("HSTS", default="subdomains")
"""How far browsers are told to use https alone: this host, hosts below it too, or, in their own list, for ever."""
if HSTS not in {"host", "subdomains", "preload"}:
    raise ImproperlyConfigured("HSTS is subdomains (the default), host (this one alone) or preload (and list it).")
SECURE_HSTS_SECONDS = 63_072_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS and HSTS != "host"
SECURE_HSTS_PRELOAD = IS_HTTPS and HSTS == "preload"
SECURE_CONTENT_TYPE_NOSNIFF = True
# `no-referrer` would make browsers send "Origin: null", and every form would be refused.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [
    "security.W002",  # X-Frame-Options is set by apps.website.middleware.headers, with all other headers
    "security.W005",  # the setting HSTS says how far it reaches
    "security.W021",
    "security.W009",  # apps.website.checks asks more of keys, and says it in one line
    "security.W025",
]

# --- Logs and figures: what happened and where in the code, never who or with which answers --------------

REQUEST_LOG: str = env.str("REQUEST_LOG", default="errors")
if REQUEST_LOG not in {"all", "errors", "none"}:
    raise ImproperlyConfigured("REQUEST_LOG is errors (requests that failed), all (every request) or none.")
METRICS_TOKEN: str = env.str("METRICS_TOKEN", default="")
"""Opens /metrics, and the reasons at /readyz, to those who run the site. Empty: neither is there."""
if METRICS_TOKEN and not (len(METRICS_TOKEN) >= 32 and METRICS_TOKEN.isascii() and METRICS_TOKEN.isprintable()):
    raise ImproperlyConfigured("METRICS_TOKEN is shorter than 32 characters, or not of plain letters and digits.")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"private": {"()": "apps.website.logs.PrivateFormatter"}},
    "filters": {"only_faults": {"()": "apps.website.logs.OnlyFaults"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "private"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "django.request": {"filters": ["only_faults"]},  # whatever else it tells stands in the line of the request
        "django.server": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        "django.utils.autoreload": {"level": "WARNING"},
    },
}
