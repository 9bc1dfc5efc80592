"""`client.force_login` in two statements instead of thirteen: tests that look at one page spent a tenth on it."""

from contextlib import contextmanager

import pytest
from django.conf import settings
from django.contrib.auth import login
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.test import Client
from django.utils.crypto import get_random_string


@contextmanager
def short_logins():
    """Inside the block a client without a session gets its first one written whole, instead of thrice in part."""
    usual = Client._login

    def log_in(self, user, backend=None):
        if settings.SESSION_COOKIE_NAME in self.cookies or SessionStore.__module__ != settings.SESSION_ENGINE:
            usual(self, user, backend)
            return
        request = HttpRequest()
        request.session = session = SessionStore()
        # Nobody has seen its key: it need not be changed, nor looked for among the others.
        session.cycle_key = lambda: None
        login(request, user, backend)
        session._session_key = get_random_string(32, VALID_KEY_CHARS)
        session.create_model_instance(session._session).save(force_insert=True)
        self._set_login_cookies(request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "_login", log_in)
        yield
