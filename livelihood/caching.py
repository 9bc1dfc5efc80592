"""Keeping what was expensive to make, under a key that changes with everything it was made of."""

import hashlib
import json
import logging
from collections.abc import Callable

from django.core.cache import cache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def content_key(name: str, parts: object) -> str:
    """Return a key for what is made of `parts` (JSON-ready; other values by their str)."""
    text = json.dumps(parts, sort_keys=True, default=str, ensure_ascii=False)
    return f"{name}:{hashlib.sha256(text.encode()).hexdigest()}"


def kept(key: str, make: Callable[[], object]):
    """Return what is kept under `key`, else make and keep it. Without a cache it is made, and the log says so."""
    try:
        found = cache.get(key)
    except (RedisError, OSError) as error:
        logger.warning("cache does not answer: %s", error)
        return make()
    if found is not None:
        return found
    made = make()
    try:
        cache.set(key, made)
    except (RedisError, OSError) as error:
        logger.warning("cache does not take %s: %s", key, error)
    return made
