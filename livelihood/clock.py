"""The one clock that moments written by the database can be compared with."""

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """Return the database's time at this statement, as `Now()` stores it. One query.

    What is asked for "since then" (a page shown, a visit) has to be dated by the clock that dates the changes: web
    servers are minutes apart, and whatever fell between the two clocks would be missed.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        return cursor.fetchone()[0]
