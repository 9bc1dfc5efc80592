"""Whose password is known to somebody else: it was set for them, and they have not changed it since.

The audit trail tells; the answer is taken at login and kept in the session, so that no page pays for it.
A new password ends every session of the account (Django's session hash): nobody gets past the login.
"""

import secrets

from django.contrib.auth.signals import user_logged_in
from django.core.exceptions import ValidationError
from django.db import transaction

from livelihood.models import AuditEvent, RoleGrant, User
from livelihood.services import Refused, record_event

#: The session's mark of a person who has to choose a password before anything else.
MUST_CHANGE = "must_change_password"

#: 96 bits: nobody guesses it in the hours before it is changed.
TEMPORARY_BYTES = 12

CREATED, SET_BY_OTHER, CHANGED_BY_OWNER = "create", "set_password", "change_own_password"


def set_by_other(user: User) -> bool:
    """Tell whether the last to set the account's password was somebody else. One query."""
    events = AuditEvent.objects.filter(
        target_label=User._meta.db_table,
        target_id=str(user.pk),
        verb__in=[CREATED, SET_BY_OTHER, CHANGED_BY_OWNER],
    )
    last = events.order_by("-id").values_list("verb", "by").first()
    return last is not None and last[0] != CHANGED_BY_OWNER and last[1] != user.pk


def change_own_password(*, by: User) -> None:
    """Record that the person has chosen a password nobody else knows; never the password."""
    record_event(by=by, verb=CHANGED_BY_OWNER, target=by)


@transaction.atomic
def appoint_keeper(*, role: str, username: str, full_name: str) -> str:
    """Open the account of the site's first keeper with that role; return its temporary password.

    Raises Refused where somebody active holds the role already, or the user name is taken: from then on people
    are granted roles by the security administrator.
    """
    system = User.objects.system()
    # Two commands at once: the second waits here and finds the first one's keeper.
    User.objects.select_for_update().get(pk=system.pk)
    label = RoleGrant.Role(role).label
    if RoleGrant.objects.filter(role=role, user__is_active=True).exists():
        raise Refused(f"已有{label}。再增加一位：由系统管理员开账号，安全管理员授权。")
    if User.objects.filter(username=username).exists():
        raise Refused(f"用户名“{username}”已有人用，请换一个。")
    password = secrets.token_urlsafe(TEMPORARY_BYTES)
    person = User(username=username, full_name=full_name)
    person.set_password(password)
    try:
        person.full_clean(exclude=["password"])
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from error
    person.save()
    grant = RoleGrant.objects.create(user=person, role=role, granted_by=system)
    record_event(by=system, verb=CREATED, target=person, after={"username": username, "full_name": full_name})
    record_event(by=system, verb=CREATED, target=grant, after={"user": full_name, "role": role})
    return password


def mark_session(sender, request, user: User, **kwargs) -> None:
    """Mark the new session of a person whose password somebody else knows."""
    if request is not None and set_by_other(user):
        request.session[MUST_CHANGE] = True


def connect() -> None:
    """Ask at every login; called once, when the app is ready."""
    user_logged_in.connect(mark_session, dispatch_uid="livelihood.passwords")
