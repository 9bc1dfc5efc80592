"""Servers and databases of the test run, and what every test may not do."""

import gc
import itertools
import os
import shutil

import pytest
from django.conf import settings
from django.core.management.commands import flush
from hypothesis import settings as hypothesis_settings

from tests.support import databases, logins, memory, processes, worlds

pytest_plugins = ["tests.cast"]

# Joins in the order written: on a handful of rows any will do, and PostgreSQL spent a third of its time choosing.
os.environ["PGOPTIONS"] = "-c join_collapse_limit=1 -c from_collapse_limit=1"

# Examples are the same in every run, so that a red run can be repeated; make test-long explores.
hypothesis_settings.register_profile("usual", deadline=None, max_examples=15, derandomize=True, database=None)
hypothesis_settings.register_profile("long", deadline=None, max_examples=1000, database=None)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))


#: What takes a test out of make test-fast: a database of its own, a server, a process.
SLOW_FIXTURES = {"cloned_db", "broker", "celery_worker_process", "web_process"}


def pytest_collection_modifyitems(items):
    """Mark what is slow by its fixtures; in the long profile every property test is a long one.

    Within a module, those that ask for the same worlds come one after another, in random order still.
    """
    modules = {path: number for number, path in enumerate(dict.fromkeys(item.path for item in items))}
    items.sort(key=lambda item: (modules[item.path], [name for name, _ in worlds.worlds_of(item)]))
    for item in items:
        if item.get_closest_marker("browser") and item.path.parent.name != "browser":
            raise pytest.UsageError(f"{item.nodeid}: tests of the browser lie in tests/browser; make test looks there.")
        if SLOW_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker("slow")
        is_property = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
        if is_property and hypothesis_settings.get_current_profile_name() == "long":
            item.add_marker("long")


def pytest_sessionstart(session):
    memory.remove_leftovers("lv-t")


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef, request):
    """Before a test's own transaction begins, the worlds it asks for are made or found."""
    if fixturedef.argname == "_django_db_helper":
        with request.getfixturevalue("django_db_blocker").unblock():
            worlds.prepare(request.node)


def pytest_collection_finish(session):
    """Thousands of tests and the product are there to stay: the garbage collector need not look through them again."""
    gc.collect()
    gc.freeze()
    # What a test leaves is looked for after fifty thousand new objects, not after each seven hundred.
    gc.set_threshold(50_000, 50, 50)


def pytest_xdist_auto_num_workers(config):
    """One more than there are cores: half of a run's time is spent waiting for servers and processes."""
    return (os.cpu_count() or 1) + 1


def pytest_unconfigure(config):
    """The process that began the run ends its servers; xdist's workers have gone before."""
    if hasattr(config, "workerinput"):
        return
    databases.test_servers().stop(force=True)
    if (store := databases.test_servers().store).is_symlink():
        shutil.rmtree(store.resolve())
    shutil.rmtree(settings.VAR_DIR, ignore_errors=True)


def pytest_terminal_summary(terminalreporter):
    """Print how long the journeys of the browser tests took, in whichever process they were walked."""
    for report in itertools.chain(*terminalreporter.stats.values()):
        if getattr(report, "when", None) == "teardown":
            for name, line in report.user_properties:
                if name == "times":
                    terminalreporter.write_line(line)


@pytest.fixture(scope="session", autouse=True)
def no_flush():
    """Emptying tables is slow, needs rights the application lacks, and fights the append-only triggers."""

    def refuse(self, **options):
        raise AssertionError(
            "Django's flush is not used here: take the cloned_db fixture instead of a transactional one."
        )

    patch = pytest.MonkeyPatch()
    patch.setattr(flush.Command, "handle", refuse)
    yield
    patch.undo()


@pytest.fixture(scope="session", autouse=True)
def short_logins():
    """`client.force_login` writes its session once; the login page is tested as it is."""
    with logins.short_logins():
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker):
    """Replaces pytest-django's: one clone of the migrated template per xdist worker."""
    name = f"livelihood_{databases.worker_name()}"
    with django_db_blocker.unblock():
        databases.ensure_template()
        databases.clone_template(name)
        databases.point_connections_at(name)
    yield
    with django_db_blocker.unblock():
        databases.point_connections_at(name)


@pytest.fixture
def cloned_db(request, django_db_setup, django_db_blocker):
    """A database for this test alone, really committed to and seen by other processes; its name.

    For tests of commits, locks, triggers on other connections, workers and browsers. Not together with `db`
    or the django_db mark, which hold a transaction open on the shared clone.
    """
    if "_django_db_helper" in request.fixturenames or request.node.get_closest_marker("django_db"):
        pytest.fail("cloned_db cannot be combined with db or the django_db mark; fixtures for both use `database`.")
    with django_db_blocker.unblock(), databases.cloned_database() as name:
        yield name


@pytest.fixture
def database(request):
    """What a fixture that writes asks for, to serve both kinds of test: cloned_db where the test has it, else db."""
    return request.getfixturevalue("cloned_db" if "cloned_db" in request.fixturenames else "db")


@pytest.fixture
def broker(request):
    """The worker's own database of a real broker, empty at the start."""
    from redis import Redis

    from livelihood.celery import app, ensure_broker

    ensure_broker()
    number = int(os.environ["LIVELIHOOD_BROKER_DATABASE"])
    with Redis(unix_socket_path=str(databases.test_servers().sockets / "valkey.sock"), db=number) as client:
        client.flushdb()
        yield client
        app.control.purge()


@pytest.fixture
def celery_worker_process(cloned_db, broker, tmp_path):
    """Start real Celery workers on this test's database: `worker = celery_worker_process()`, `worker.kill()`."""
    started = []

    def start(**options):
        started.append(processes.start_worker(tmp_path / "worker.log", **options))
        return started[-1]

    yield start
    for process in started:
        # Its database goes with the test; a gentle end takes Celery three seconds.
        process.kill()


@pytest.fixture
def web_process(cloned_db, broker, tmp_path):
    """The real web server on this test's database: (process, address)."""
    process, address = processes.start_web(tmp_path / "web.log")
    yield process, address
    process.stop()
