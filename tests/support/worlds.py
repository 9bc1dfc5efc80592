"""Worlds: what fixtures make in the database once, for all tests of a module that ask for it.

Half of the time of the tests with a database went into making the same city, months and reports again. A fixture marked
`@world` is run once; what it wrote stands below a savepoint until a test of the module does without it, and every test
gets its own copy of the objects. So a test finds exactly what its fixtures make, no more and no less, and changes what
it likes. Fixtures for `cloned_db` run as any other.
"""

import functools
import itertools
import pickle
from dataclasses import dataclass

import pytest
from django.db import connection, transaction

#: What a world may ask for beside other worlds: the database it stands in.
GROUND = {"database", "db"}
#: Asked for by a test, these give it a database of another kind.
OTHER_GROUND = {"cloned_db", "transactional_db", "live_server"}


def world(function):
    """A fixture whose rows are kept from test to test. It returns data alone, and asks for other worlds alone."""

    @functools.wraps(function)
    def made_or_kept(**arguments):
        return _stack.given[function] if function in _stack.given else function(**arguments)

    made_or_kept.world = function
    return pytest.fixture(made_or_kept)


@dataclass(frozen=True)
class Layer:
    """One world on top of those below it."""

    name: str
    function: object
    savepoint: str  # before it was made
    run_on_commit: list
    values: bytes  # of it and of all below


class Stack:
    """The worlds that stand in this process's database, each on a savepoint of one open transaction."""

    def __init__(self):
        self.layers: list[Layer] = []
        self.given: dict = {}
        self.module = None
        self.atomic = None

    def prepare(self, item) -> None:
        """Make what the test asks for and does not stand yet; take down what it does not ask for."""
        wanted = worlds_of(item)
        self.given = {}
        if self.module is not item.path or not wanted:
            self.clear()
        if not wanted:
            return
        self.module = item.path
        standing = len(list(itertools.takewhile(lambda layer: (layer.name, layer.function) in wanted, self.layers)))
        try:
            self._take_down_to(standing)
            self._make(wanted)
        except Exception:
            # Made again by the fixture itself, where its error is reported as that test's.
            self.clear()
            return
        kept = pickle.loads(self.layers[-1].values)
        self.given = {layer.function: kept[layer.name] for layer in self.layers}

    def clear(self) -> None:
        """Undo everything: the database is as the template was."""
        self.layers, self.given, self.module = [], {}, None
        if self.atomic and connection.atomic_blocks == [self.atomic]:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)
        self.atomic = None

    def _make(self, wanted) -> None:
        if not self.atomic:
            self.atomic = transaction.atomic()
            # A test's own block lies in this one, and those of the product that want to be the outermost in that.
            self.atomic._from_testcase = True
            self.atomic.__enter__()
        values = pickle.loads(self.layers[-1].values) if self.layers else {}
        missing = [key for key in wanted if key[0] not in values]
        for name, function in missing:
            savepoint, run_on_commit = connection.savepoint(), list(connection.run_on_commit)
            values[name] = function(**{argument: values.get(argument) for argument in arguments_of(function)})
            self.layers.append(Layer(name, function, savepoint, run_on_commit, pickle.dumps(values)))
        if missing:
            # Once here, or else again at the end of each test.
            connection.check_constraints()

    def _take_down_to(self, count: int) -> None:
        if count < len(self.layers):
            lowest = self.layers[count]
            connection.savepoint_rollback(lowest.savepoint)
            connection.savepoint_commit(lowest.savepoint)
            connection.run_on_commit = lowest.run_on_commit
            del self.layers[count:]


_stack = Stack()


def prepare(item) -> None:
    _stack.prepare(item)


def clear() -> None:
    _stack.clear()


@functools.cache
def arguments_of(function) -> tuple[str, ...]:
    code = function.__code__
    return code.co_varnames[: code.co_argcount]


def worlds_of(item) -> list[tuple]:
    """The worlds a test asks for, as (name, function), each after those it asks for itself.

    The largest comes first with all below it, so that tests with the same large one share it, whoever else they need.
    """
    if not hasattr(item, "worlds"):
        item.worlds = _find_worlds(item)
    return item.worlds


def _find_worlds(item) -> list[tuple]:
    names = getattr(item, "fixturenames", ())
    mark = item.get_closest_marker("django_db")
    if OTHER_GROUND & set(names) or (mark and (mark.args or mark.kwargs)):
        return []
    if not (mark or GROUND & set(names)):
        return []
    found = {name: closure for name in names if (closure := _closure(item, name, {}))}
    order = {}
    for closure in sorted(found.values(), key=lambda closure: (-len(closure), *_places(closure)[-1:])):
        for key in sorted(closure, key=_place):
            order.setdefault(key)
    return list(order)


def _closure(item, name, known) -> frozenset:
    """A world and all it stands on; nothing where something of it is no world."""
    if name in known:
        return known[name]
    known[name] = frozenset()
    definitions = item.session._fixturemanager.getfixturedefs(name, item) or ()
    function = getattr(definitions[-1].func, "world", None) if definitions else None
    if function is None:
        return frozenset()
    closure = {(name, function)}
    for argument in arguments_of(function):
        if argument in GROUND:
            continue
        below = _closure(item, argument, known)
        if not below:
            return frozenset()
        closure |= below
    known[name] = frozenset(closure)
    return known[name]


def _place(key) -> tuple:
    """The cast first, then by line: a fixture stands below those that ask for it."""
    _, function = key
    module = function.__module__
    return module != "tests.cast", module, function.__code__.co_firstlineno


def _places(closure) -> list:
    return sorted(_place(key) for key in closure)
