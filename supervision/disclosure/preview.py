"""A look at 公示 before it is one: what was typed travels signed in the address, so that the pages' own links work."""

import datetime

from django.core import signing

from supervision.models import Document, Rectification

_SALT = "disclosure-preview"
#: Seconds an address shows something: a working day.
_LASTS = 12 * 60 * 60


def token_of(document: Document, given: dict) -> str:
    """Return what `given` (the arguments of `publish_disclosure`) is called in an address."""
    rows = [row.pk for row in given["rectifications"]]
    said = {"document": document.pk, **given, "opens_on": given["opens_on"].isoformat(), "rectifications": rows}
    return signing.dumps(said, salt=_SALT, compress=True)


def given_by(document: Document, token: str) -> dict | None:
    """Return what a token stands for, None for one that is forged, too old or of another paper."""
    try:
        said = signing.loads(token, salt=_SALT, max_age=_LASTS)
    except signing.BadSignature:
        return None
    if said.pop("document") != document.pk:
        return None
    rows = Rectification.objects.filter(pk__in=said["rectifications"], programme=document.period.programme_id)
    opens_on = datetime.date.fromisoformat(said["opens_on"])
    return said | {"opens_on": opens_on, "rectifications": list(rows.order_by("seq"))}
