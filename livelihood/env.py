"""Settings read from the environment: a bad or missing value stops the start and names its variable."""

import os
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

REQUIRED = object()


def env_str(name: str, default: str | object = REQUIRED) -> str:
    """The variable's text; an unset or empty one takes the default, without a default it is an error."""
    value = os.environ.get(name, "")
    if value:
        return value
    if default is REQUIRED:
        raise ImproperlyConfigured(f"环境变量 {name} 没有设置：正式运行必须给出它（本机试用请用 make run）。")
    return default


def env_bool(name: str, default: bool) -> bool:
    """True for 1/true/yes/on, False for 0/false/no/off; anything else is an error, never a guess."""
    value = os.environ.get(name, "")
    if not value:
        return default
    if value.lower() in ("1", "true", "yes", "on"):
        return True
    if value.lower() in ("0", "false", "no", "off"):
        return False
    raise ImproperlyConfigured(f"环境变量 {name} 只能是 1 或 0，现在是“{value}”。")


def env_int(name: str, default: int, *, at_least: int = 0) -> int:
    """A whole number not below `at_least`."""
    value = os.environ.get(name, "")
    if not value:
        return default
    if not value.isascii() or not value.isdigit() or int(value) < at_least:
        raise ImproperlyConfigured(f"环境变量 {name} 应是不小于 {at_least} 的整数，现在是“{value}”。")
    return int(value)


def env_list(name: str, default: str = "") -> list[str]:
    """Comma separated names, blanks dropped."""
    return [part.strip() for part in env_str(name, default).split(",") if part.strip()]


def env_database(name: str) -> dict:
    """Django's settings of one PostgreSQL database from postgresql://user:password@host:port/name?option=value."""
    url = urlsplit(env_str(name))
    try:
        port = url.port
    except ValueError:
        port = -1
    database = unquote(url.path.lstrip("/"))
    if url.scheme not in ("postgresql", "postgres") or not database or not url.username or port == -1:
        # The value is not repeated: it holds a password.
        raise ImproperlyConfigured(f"环境变量 {name} 应写成 postgresql://用户:密码@主机:端口/库名。")
    options = dict(parse_qsl(url.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": database,
        "USER": unquote(url.username),
        "PASSWORD": unquote(url.password or ""),
        # A socket directory is given as ?host=/run/postgresql
        "HOST": options.pop("host", unquote(url.hostname or "")),
        "PORT": str(port or ""),
        "OPTIONS": options,
    }
