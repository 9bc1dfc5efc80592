from pathlib import Path

from django.conf import settings
from django.db.backends.postgresql import base

from livelihood import embedded


class DatabaseWrapper(base.DatabaseWrapper):
    """Used only when LIVELIHOOD_EMBEDDED=1."""

    def get_new_connection(self, conn_params):
        """Connect; if that fails make sure the server answers, and connect once more."""
        servers = embedded.servers(Path(settings.VAR_DIR))
        servers.join()
        try:
            return super().get_new_connection(conn_params)
        except base.Database.OperationalError:
            servers.ensure_postgres()
            return super().get_new_connection(conn_params)
