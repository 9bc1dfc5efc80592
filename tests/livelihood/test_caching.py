"""The cache beside the broker: on one server, and neither empties the other."""

import pytest
from django.core.cache import cache
from redis import Redis

from livelihood import tasks


@pytest.fixture
def real_cache(settings, broker):
    """The cache of the real settings, on the run's own server."""
    settings.CACHES = settings.KEPT_CACHES
    yield cache
    cache.clear()


def test_cache_is_kept_on_the_broker_s_server_in_a_database_of_its_own(real_cache, broker, settings):
    real_cache.set("page", "kept")

    with Redis.from_url(settings.CACHES["default"]["LOCATION"]) as client:
        place = client.connection_pool.connection_kwargs
        assert client.keys() == [b"livelihood:1:page"]
    of_broker = broker.connection_pool.connection_kwargs
    assert (place["path"], place["db"]) == (of_broker["path"], of_broker["db"] + 1)
    assert broker.keys() == []


def test_cache_emptied_leaves_a_queued_message_in_the_broker(real_cache, broker, settings):
    real_cache.set("page", "kept")
    tasks.sweep_jobs.delay()

    real_cache.clear()

    assert real_cache.get("page") is None
    assert broker.llen(settings.CELERY_TASK_DEFAULT_QUEUE) == 1
