"""Settings of every environment; what differs comes from environment variables (livelihood/env.py)."""

import importlib.util
from pathlib import Path

from livelihood import embedded
from livelihood.env import (
    env_bool,
    env_broker,
    env_cache,
    env_choice,
    env_database,
    env_directory,
    env_hosts,
    env_int,
    env_origins,
    env_secret,
    env_str,
)

BASE_DIR = Path(__file__).resolve().parent.parent

# PostgreSQL and Valkey of our own, started with the first connection; make sets it, production never does.
EMBEDDED = env_bool("LIVELIHOOD_EMBEDDED", False)
# Everything that is written at run time: uploads, documents, logs, the embedded servers' data.
VAR_DIR = env_directory("LIVELIHOOD_VAR", BASE_DIR / "var")
# Less free space than this there, and the site says on /readyz and 运行状态 that it is not ready.
MIN_FREE_MB = env_int("LIVELIHOOD_MIN_FREE_MB", 500)
# So many days before its date a milestone is 临近, and a task falls due soon.
MILESTONE_SOON_DAYS = env_int("LIVELIHOOD_SOON_DAYS", 14)
# So many places from the end of the province count as 落后 on the page of the city's places.
PROVINCIAL_LAST = env_int("LIVELIHOOD_PROVINCIAL_LAST", 3)

DEBUG = env_bool("DEBUG", False)
SECRET_KEY = embedded.secret_key(VAR_DIR) if EMBEDDED and not env_str("SECRET_KEY", "") else env_secret("SECRET_KEY")
ALLOWED_HOSTS = env_hosts("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]") if EMBEDDED else env_hosts("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env_origins("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "livelihood",
    "projects",
    "funding",
    "supervision",
    "livelihood.admin_app.KeepersAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
    "import_export",
]
if importlib.util.find_spec("django_linear_migrations"):
    # A development tool: makemigrations then keeps max_migration.txt, so parallel migrations conflict in git.
    INSTALLED_APPS.append("django_linear_migrations")

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "livelihood.middleware.OwnPasswordMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "livelihood.middleware.ContentSecurityPolicyMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "livelihood.urls"
WSGI_APPLICATION = "livelihood.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "livelihood.context.shared",
            ],
        },
    },
]

# Two roles on one database: the application's owns nothing (livelihood/privileges.py), the owner's migrates.
# Outside the embedded copy only `migrate` needs the owner, so web and worker need not hold its password.
if EMBEDDED:
    DATABASES = embedded.databases(VAR_DIR)
    BROKER_DATABASE = env_int("LIVELIHOOD_BROKER_DATABASE", 0)
    CELERY_BROKER_URL = embedded.broker_url(VAR_DIR, BROKER_DATABASE)
    CACHE_URL = embedded.cache_url(VAR_DIR, BROKER_DATABASE + 1)
else:
    DATABASES = {"default": env_database("DATABASE_URL")}
    if env_str("DATABASE_OWNER_URL", ""):
        DATABASES["owner"] = env_database("DATABASE_OWNER_URL")
    CELERY_BROKER_URL = env_broker("REDIS_URL")
    CACHE_URL = env_cache("CACHE_URL", CELERY_BROKER_URL)
    for database in DATABASES.values():
        # A machine that is gone answers nothing at all: without this a request would wait for minutes.
        database["OPTIONS"].setdefault("connect_timeout", "5")
# What is kept there can always be worked out again; a dead cache costs time, never a page (livelihood/caching.py).
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        # A number of its own: cache.clear() empties the whole of it.
        "LOCATION": CACHE_URL,
        "KEY_PREFIX": "livelihood",
        "TIMEOUT": 3600,
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},
    }
}
# Opening a connection per request cost three quarters of the throughput.
DATABASES["default"]["CONN_MAX_AGE"] = env_int("CONN_MAX_AGE", 60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# A pooler that gives every transaction another connection: what one leaves behind, the next does not find.
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = env_bool("DATABASE_POOLED", False)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Work is a row in the database; the broker is a doorbell that may forget everything (read by livelihood/celery.py).
CELERY_TASK_DEFAULT_QUEUE = env_str("LIVELIHOOD_QUEUE", "livelihood")
CELERY_TASK_IGNORE_RESULT = True
# A task is taken off the queue when it is done, and again given out when its worker was killed.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 30 * 60
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Longer than the longest task, or the broker would give it out a second time.
    "visibility_timeout": 60 * 60,
    # A request must not hang on a dead broker: its job row is found by the sweep.
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")

AUTH_USER_MODEL = "livelihood.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "livelihood.password_rules.SimilarityRule"},
    {"NAME": "livelihood.password_rules.LengthRule", "OPTIONS": {"min_length": 10}},
    {"NAME": "livelihood.password_rules.CommonRule"},
    {"NAME": "livelihood.password_rules.NumericRule"},
]
LOGIN_URL = "livelihood:login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = LOGIN_URL

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
# An image collects them at build; the volume of VAR_DIR must not hide newer files behind an older release's.
STATIC_ROOT = env_directory("LIVELIHOOD_STATIC", VAR_DIR / "static")
_NODE_MODULES = BASE_DIR / "node_modules"
# One entry per package and only what pages use, never the whole of node_modules.
STATICFILES_DIRS = [
    entry
    for entry in [
        BASE_DIR / "static",
        ("bootstrap", _NODE_MODULES / "bootstrap" / "dist"),
        ("bootstrap-icons", _NODE_MODULES / "bootstrap-icons" / "font"),
        ("echarts", _NODE_MODULES / "echarts" / "dist"),
    ]
    if (entry[1] if isinstance(entry, tuple) else entry).is_dir()
]
STATICFILES_FINDERS = [
    "livelihood.static_files.UsedFilesFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = VAR_DIR / "media"
FILE_UPLOAD_PERMISSIONS = 0o600
# What is too large is never written to the disk.
FILE_UPLOAD_HANDLERS = [
    "projects.upload_limit.UploadLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# Where no script runs an entry page posts value, remark, version and reason of each cell; an agency that reports for
# ten units has 1,300 of them.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 6000
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# A cell beginning with = + - @ is text for whoever opens the export, never a formula.
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True

# Plain http is for the embedded copy on this machine; elsewhere a proxy ends TLS and must itself
# set X-Forwarded-Proto, dropping whatever the client sent.
HTTPS = env_bool("LIVELIHOOD_HTTPS", not EMBEDDED)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = env_int("SESSION_HOURS", 8, at_least=1) * 3600
# Two copies on one host (PORT=) share the cookie jar of 127.0.0.1: each has names of its own.
if EMBEDDED:
    SESSION_COOKIE_NAME = f"sessionid_{embedded.short_hash(VAR_DIR)}"
    CSRF_COOKIE_NAME = f"csrftoken_{embedded.short_hash(VAR_DIR)}"

LOG_LEVEL = env_choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "WARNING")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        # With DEBUG off Django would only mail errors; the console is what an operator reads.
        "django": {"handlers": ["console"], "level": LOG_LEVEL, "propagate": False},
    },
}
