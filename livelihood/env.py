"""Settings read from the environment: a bad or missing value stops the start and names its variable."""

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from django.core.exceptions import ImproperlyConfigured

REQUIRED = object()
# What Django's own deployment check asks of a key.
SECRET_LENGTH = 50
SECRET_VARIETY = 5


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


def env_list(name: str, default: str | object = "") -> list[str]:
    """Comma separated names, blanks dropped."""
    return [part.strip() for part in env_str(name, default).split(",") if part.strip()]


def env_choice(name: str, choices: tuple[str, ...], default: str) -> str:
    """One of `choices`, written exactly like it."""
    value = env_str(name, default)
    if value not in choices:
        raise ImproperlyConfigured(f"环境变量 {name} 只能是 {'、'.join(choices)} 之一，现在是“{value}”。")
    return value


def env_secret(name: str) -> str:
    """A key long enough that guessing it is hopeless; its text is never repeated."""
    value = env_str(name)
    if len(value) < SECRET_LENGTH or len(set(value)) < SECRET_VARIETY:
        raise ImproperlyConfigured(
            f"环境变量 {name} 太容易猜：至少 {SECRET_LENGTH} 个字符，可用 openssl rand -hex 32 生成。"
        )
    return value


def env_hosts(name: str, default: str | object = REQUIRED) -> list[str]:
    """Host names or addresses people type, without scheme and port."""
    hosts = env_list(name, default)
    wrong = [host for host in hosts if "/" in host or host == "*"]
    if wrong or not hosts:
        raise ImproperlyConfigured(
            f"环境变量 {name} 应是用逗号分开的域名或地址（不带 https://，不用 *），现在是“{os.environ.get(name, '')}”。"
        )
    return hosts


def env_origins(name: str) -> list[str]:
    """Origins with their scheme: https://name or https://name:port."""
    origins = env_list(name)
    for origin in origins:
        url = urlsplit(origin)
        if url.scheme not in ("http", "https") or not url.netloc or url.path or url.query:
            raise ImproperlyConfigured(f"环境变量 {name} 的每一项应写成 https://域名，现在有“{origin}”。")
    return origins


def env_broker(name: str) -> str:
    """The address of Redis or Valkey, as Celery takes it."""
    value = env_str(name)
    _redis_place(name, value)
    return value


def env_cache(name: str, broker: str) -> str:
    """The cache's address as the redis client takes it; unset: the number after the broker's, on the same server.

    Never the broker's own number: emptying the cache would empty the queue.
    """
    server, number = _redis_place(name, broker)
    value = env_str(name, "") or _with_redis_number(broker, number + 1)
    if _redis_place(name, value) == (server, number):
        raise ImproperlyConfigured(
            f"环境变量 {name} 与任务队列用了同一个编号：清空缓存会把排队的任务一起清掉，请换一个编号。"
        )
    # Celery and the redis client spell a socket differently.
    return value.replace("redis+socket://", "unix://").replace("virtual_host=", "db=")


def _redis_place(name: str, value: str) -> tuple[str, int]:
    """Return server and database number of redis://…/number or redis+socket://path?virtual_host=number."""
    url = urlsplit(value)
    is_socket = url.scheme == "redis+socket"
    options = dict(parse_qsl(url.query))
    number = options.get("virtual_host", "0") if is_socket else url.path.strip("/") or "0"
    try:
        server = url.path if is_socket else url.hostname and f"{url.hostname}:{url.port or 6379}"
    except ValueError:
        server = ""
    in_order = number.isascii() and number.isdigit() and "db" not in options
    if url.scheme not in ("redis", "rediss", "redis+socket") or not server or not in_order:
        # The value is not repeated: it may hold a password.
        raise ImproperlyConfigured(f"环境变量 {name} 应写成 redis://:密码@主机:端口/编号。")
    return server, int(number)


def _with_redis_number(value: str, number: int) -> str:
    """Return the same server's address with another database number."""
    url = urlsplit(value)
    if url.scheme != "redis+socket":
        return url._replace(path=f"/{number}").geturl()
    options = dict(parse_qsl(url.query)) | {"virtual_host": str(number)}
    return f"{url.scheme}://{url.path}?{urlencode(options)}"


def env_directory(name: str, default: Path) -> Path:
    """A directory's absolute path; a relative one is taken from where the default lies. It need not exist yet."""
    path = (default.parent / env_str(name, default.name)).resolve()
    if path.exists() and not path.is_dir():
        raise ImproperlyConfigured(f"环境变量 {name} 应是一个目录，“{path}”却是文件。")
    return path


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
