"""What the base app offers to the registries."""

from collections.abc import Iterator

from django.urls import reverse

from livelihood.access import Role, access_of
from livelihood.models import User
from livelihood.registry import Panel, Section, register_panel, register_section

#: What those do whose work is not the figures, in one sentence each.
KEEPERS = {
    Role.SYSTEM_ADMIN: "您管理账号、单位和行政区划，不填报、不审核，也看不到数据。",
    Role.SECURITY_ADMIN: "您给人授权和收回授权，不填报、不审核，也看不到数据。",
    Role.AUDITOR: "您查看全部操作记录，不填报、不审核，也不能改任何东西。",
}


def register() -> None:
    """Offer the first page, which every signed-in user has, and the box of those who keep the system."""
    register_section(Section(order=10, label="工作台", url_name="livelihood:home", visible=lambda user: True))
    register_panel("keepers", _keepers)


def _keepers(user: User) -> Iterator[Panel]:
    """Tell administrators and the auditor in a sentence what is theirs, with the link to it."""
    access = access_of(user)
    sentences = [sentence for role, sentence in KEEPERS.items() if access.has(role)]
    if not sentences:
        return
    links = []
    if user.is_staff and user.is_active:
        links = [
            {"label": "系统管理", "url": reverse("admin:index")},
            {"label": "运行状态", "url": reverse("livelihood:status")},
            {"label": "组件一览", "url": reverse("livelihood:styleguide")},
        ]
    yield Panel("main", "livelihood/home_keepers.html", {"sentences": sentences, "links": links})
