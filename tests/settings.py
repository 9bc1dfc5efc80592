"""The project's settings on servers of the tests' own; what a test run writes lies in one temporary directory."""

import os

from tests.support.memory import server_directory

if "LIVELIHOOD_TEST_VAR" not in os.environ:
    os.environ["LIVELIHOOD_TEST_VAR"] = str(server_directory("lv-test-"))
worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
os.environ |= {"LIVELIHOOD_VAR": os.environ["LIVELIHOOD_TEST_VAR"], "LIVELIHOOD_EMBEDDED": "1", "DEBUG": "0"}
os.environ |= {"LIVELIHOOD_EMBEDDED_DURABLE": "0", "LIVELIHOOD_QUEUE": f"test{worker}"}
# Two numbers for each worker: the broker's, and after it the cache's.
os.environ["LIVELIHOOD_BROKER_DATABASE"] = str(2 * worker + 2)

from livelihood.settings import *  # noqa: E402, F403, TID251 - the environment above comes first

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405 - the settings under test are all taken over
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
# Pages are made anew in every test; tests/supervision/test_ranking_cache.py takes the real cache.
KEPT_CACHES = CACHES  # noqa: F405 - the settings under test are all taken over
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
