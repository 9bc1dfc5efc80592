"""Settings from the environment: what is missing or wrong stops the start in one sentence naming the variable."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from livelihood.env import env_bool, env_broker, env_cache, env_database, env_int, env_list, env_str

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "SECRET_KEY": "a-key-for-this-test-only-a-key-for-this-test-only-1",
    "DATABASE_URL": "postgresql://app:secret@localhost/livelihood",
    "REDIS_URL": "redis://localhost/0",
    "ALLOWED_HOSTS": "progress.example.gov.cn",
}


def manage(*arguments, **variables):
    environment = {"PATH": os.environ["PATH"], **variables}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_string_is_taken_or_defaulted(monkeypatch):
    monkeypatch.setenv("LV_TRY", "given")

    assert env_str("LV_TRY") == "given"
    assert env_str("LV_ABSENT", "default") == "default"


@pytest.mark.parametrize("value", [None, ""])
def test_required_string_unset_or_empty_names_its_variable(monkeypatch, value):
    monkeypatch.delenv("LV_TRY", raising=False)
    if value is not None:
        monkeypatch.setenv("LV_TRY", value)

    with pytest.raises(ImproperlyConfigured, match="LV_TRY 没有设置"):
        env_str("LV_TRY")


@pytest.mark.parametrize(
    ("text", "value"), [("1", True), ("True", True), ("on", True), ("0", False), ("no", False), ("", False)]
)
def test_boolean_is_read(monkeypatch, text, value):
    monkeypatch.setenv("LV_TRY", text)

    assert env_bool("LV_TRY", False) is value


def test_boolean_that_is_neither_is_refused(monkeypatch):
    monkeypatch.setenv("LV_TRY", "maybe")

    with pytest.raises(ImproperlyConfigured, match="LV_TRY 只能是 1 或 0，现在是“maybe”"):
        env_bool("LV_TRY", False)


def test_integer_is_read_or_defaulted(monkeypatch):
    monkeypatch.setenv("LV_TRY", "12")

    assert env_int("LV_TRY", 5) == 12
    assert env_int("LV_ABSENT", 5) == 5


@pytest.mark.parametrize("text", ["1.5", "-1", "０", "twelve", "0"])
def test_integer_out_of_range_or_malformed_is_refused(monkeypatch, text):
    monkeypatch.setenv("LV_TRY", text)

    with pytest.raises(ImproperlyConfigured, match="LV_TRY 应是不小于 1 的整数"):
        env_int("LV_TRY", 5, at_least=1)


def test_list_drops_blanks(monkeypatch):
    monkeypatch.setenv("LV_TRY", " a, ,b,")

    assert env_list("LV_TRY") == ["a", "b"]


def test_database_address_is_taken_apart(monkeypatch):
    monkeypatch.setenv("LV_TRY", "postgresql://livelihood_app:p%40ss@db.local:5433/progress?sslmode=require")

    database = env_database("LV_TRY")

    assert database == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "progress",
        "USER": "livelihood_app",
        "PASSWORD": "p@ss",
        "HOST": "db.local",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "require"},
    }


def test_database_address_by_socket_directory(monkeypatch):
    monkeypatch.setenv("LV_TRY", "postgresql://app@/progress?host=/run/postgresql")

    database = env_database("LV_TRY")

    assert (database["HOST"], database["PORT"], database["OPTIONS"]) == ("/run/postgresql", "", {})


@pytest.mark.parametrize(
    "text", ["mysql://a:b@c/d", "postgresql://a:b@c", "postgresql://c/d", "postgresql://a:secret@c:port/d", "d"]
)
def test_malformed_database_address_is_refused_without_repeating_its_password(monkeypatch, text):
    monkeypatch.setenv("LV_TRY", text)

    with pytest.raises(ImproperlyConfigured, match="LV_TRY 应写成 postgresql://") as refusal:
        env_database("LV_TRY")

    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("broker", "cache"),
    [
        ("redis://:p%40ss@cache.local:6380/0", "redis://:p%40ss@cache.local:6380/1"),
        ("redis://localhost", "redis://localhost/1"),
        ("rediss://h/4?ssl_cert_reqs=required", "rediss://h/5?ssl_cert_reqs=required"),
        ("redis+socket:///run/valkey.sock", "unix:///run/valkey.sock?db=1"),
        ("redis+socket:///run/valkey.sock?virtual_host=2", "unix:///run/valkey.sock?db=3"),
    ],
)
def test_cache_without_an_address_has_the_number_after_the_broker_s(monkeypatch, broker, cache):
    monkeypatch.delenv("LV_TRY", raising=False)

    assert env_cache("LV_TRY", broker) == cache


@pytest.mark.parametrize("text", ["redis://localhost/7", "redis://other.local/0", "redis://localhost:6380/0"])
def test_cache_with_another_number_or_server_is_taken(monkeypatch, text):
    monkeypatch.setenv("LV_TRY", text)

    assert env_cache("LV_TRY", "redis://localhost/0") == text


@pytest.mark.parametrize("text", ["redis://localhost", "redis://:secret@LOCALHOST:6379/0", "rediss://localhost/00"])
def test_cache_in_the_broker_s_own_database_is_refused(monkeypatch, text):
    monkeypatch.setenv("LV_TRY", text)

    with pytest.raises(ImproperlyConfigured, match="LV_TRY 与任务队列用了同一个编号") as refusal:
        env_cache("LV_TRY", "redis://localhost/0")

    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    "text", ["http://secret@x", "redis://", "redis://secret@x:port/0", "redis://secret@x/main", "redis://secret@x?db=1"]
)
def test_malformed_redis_address_is_refused_without_repeating_it(monkeypatch, text):
    monkeypatch.setenv("LV_TRY", text)

    with pytest.raises(ImproperlyConfigured, match="LV_TRY 应写成 redis://") as of_broker:
        env_broker("LV_TRY")
    with pytest.raises(ImproperlyConfigured, match="LV_TRY 应写成 redis://") as of_cache:
        env_cache("LV_TRY", "redis://localhost/0")

    assert "secret" not in f"{of_broker.value}{of_cache.value}"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL", "REDIS_URL"])
def test_production_without_a_required_variable_stops_in_one_sentence(name):
    environment = {key: value for key, value in PRODUCTION.items() if key != name}

    done = manage("check", **environment)

    assert done.returncode == 1
    assert done.stderr.strip() == f"环境变量 {name} 没有设置：正式运行必须给出它（本机试用请用 make run）。"


@pytest.mark.slow
def test_production_never_starts_embedded_servers_by_itself():
    code = "from django.conf import settings; print(settings.EMBEDDED, *settings.DATABASES, settings.DEBUG)"
    engine = "print(settings.DATABASES['default']['ENGINE'])"

    done = manage("shell", "--no-imports", "-c", f"{code}; {engine}", **PRODUCTION)

    assert done.stdout.splitlines() == ["False default False", "django.db.backends.postgresql"]


@pytest.mark.slow
def test_migrating_without_the_owner_says_which_variable_is_missing():
    done = manage("migrate", **PRODUCTION)

    assert done.returncode == 1
    assert "环境变量 DATABASE_OWNER_URL 没有设置" in done.stderr


@pytest.mark.slow
def test_production_passes_the_deployment_checks():
    done = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)

    assert done.returncode == 0, done.stderr
