"""What the base app offers to the registries."""

from collections.abc import Iterator

from django.urls import reverse

from livelihood.access import Role, access_of
from livelihood.models import User
from livelihood.registry import Panel, Section, register_panel, register_section

#: What those do whose work is not the figures: one sentence each, and the pages that are theirs.
KEEPERS = {
    Role.SYSTEM_ADMIN: (
        "您管理账号、单位和行政区划，不授权、不填报、不审核，也看不到数据。",
        [
            ("账号", "admin:livelihood_user_changelist"),
            ("责任单位", "admin:livelihood_agency_changelist"),
            ("行政区划", "admin:livelihood_region_changelist"),
            ("运行状态", "livelihood:status"),
        ],
    ),
    Role.SECURITY_ADMIN: (
        "您给人授权和收回授权，不开账号、不填报、不审核，也看不到数据。",
        [("角色授权", "admin:livelihood_rolegrant_changelist"), ("查看账号", "admin:livelihood_user_changelist")],
    ),
    Role.AUDITOR: (
        "您查看全部操作记录，不填报、不审核，也不能改任何东西。",
        [("审计记录", "admin:livelihood_auditevent_changelist")],
    ),
}


def is_keeper(user: User) -> bool:
    """Tell whether the user holds one of the three roles that keep the system."""
    return access_of(user).has(*KEEPERS)


def register() -> None:
    """Offer the first page, which every signed-in user has, and the box of those who keep the system."""
    register_section(Section(order=10, label="工作台", url_name="livelihood:home", visible=lambda user: True))
    register_section(Section(order=90, label="系统管理", url_name="admin:index", visible=is_keeper, covers=("admin:",)))
    register_panel("keepers", _keepers)


def _keepers(user: User) -> Iterator[Panel]:
    """Tell administrators and the auditor in a sentence what is theirs, with the link to it."""
    access = access_of(user)
    roles = [role for role in KEEPERS if access.has(role)]
    if not roles:
        return
    links = [
        {"label": label, "url": reverse(name), "is_first": not nth}
        for role in roles
        for nth, (label, name) in enumerate(KEEPERS[role][1])
    ]
    yield Panel(
        "main", "livelihood/home_keepers.html", {"sentences": [KEEPERS[role][0] for role in roles], "links": links}
    )
