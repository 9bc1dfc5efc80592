"""Who can log in to the demo (演示数据), and with which password: one person per role, two per county and office.

The password is public. It is set by `load_demo` alone, which refuses a database with a real programme in it.
"""

from dataclasses import dataclass

from livelihood.models import RoleGrant, User

DEMO_PASSWORD = "livelihood-demo"  # noqa: S105 - public on purpose, see above

Role = RoleGrant.Role

#: The counties by code, as their accounts are called.
COUNTIES = {
    "341202": ("yingzhou", "颍州区"),
    "341203": ("yingdong", "颍东区"),
    "341204": ("yingquan", "颍泉区"),
    "341221": ("linquan", "临泉县"),
    "341222": ("taihe", "太和县"),
    "341225": ("funan", "阜南县"),
    "341226": ("yingshang", "颍上县"),
    "341282": ("jieshou", "界首市"),
}
CITY = "341200"
ZHANGYE = "620700"
#: 肖口镇 of 太和县.
TOWNSHIP = "341222-t09"


@dataclass(frozen=True)
class DemoLogin:
    """One account: `region` is the code its role is for; `agency` names the bureau in it where there is one."""

    username: str
    full_name: str
    role: str
    region: str | None = None
    agency: str | None = None


DEMO_LOGINS = [
    DemoLogin("city_office", "市民生办经办人", Role.CITY_OFFICE, CITY),
    # A mark is confirmed by another person than who entered it.
    DemoLogin("city_office_head", "市民生办负责人", Role.CITY_OFFICE, CITY),
    DemoLogin("taihe_clerk", "太和县填报人", Role.CLERK, "341222"),
    DemoLogin("taihe_head", "太和县审核人", Role.HEAD, "341222"),
    DemoLogin("taihe_education", "太和县教育局填报人", Role.FILLER, "341222", "太和县教育局"),
    DemoLogin("city_education", "市教育局经办人", Role.LEAD_AGENCY, CITY, "市教育局"),
    DemoLogin("leader", "市领导", Role.LEADER, CITY),
    DemoLogin("inspector", "市督查组督查员", Role.INSPECTOR, CITY),
    DemoLogin("supervisor", "市级特邀监督员", Role.SUPERVISOR, CITY),
    # A district runs its own programme as a city does: tongguan-2020.
    DemoLogin("tongguan_office", "铜官区民生办经办人", Role.CITY_OFFICE, "340705"),
    # A county's own programme, reported by its townships: taihe-2020.
    DemoLogin("taihe_office", "太和县民生办经办人", Role.CITY_OFFICE, "341222"),
    DemoLogin("taihe_office_head", "太和县民生办负责人", Role.CITY_OFFICE, "341222"),
    DemoLogin("taihe_township", "肖口镇填报人", Role.CLERK, TOWNSHIP),
    # Lead agencies report for all counties there: zhangye-2022.
    DemoLogin("zhangye_office", "市政府办公室经办人", Role.CITY_OFFICE, ZHANGYE),
    DemoLogin("zhangye_education", "张掖市教育局经办人", Role.LEAD_AGENCY, ZHANGYE, "市教育局"),
    DemoLogin("system_admin", "系统管理员", Role.SYSTEM_ADMIN),
    DemoLogin("security_admin", "安全管理员", Role.SECURITY_ADMIN),
    DemoLogin("auditor", "审计员", Role.AUDITOR),
    *[
        DemoLogin(f"{name}_{role.value}", f"{county}{word}", role, code)
        for code, (name, county) in COUNTIES.items()
        if code != "341222"
        for role, word in ((Role.CLERK, "填报人"), (Role.HEAD, "审核人"))
    ],
]


def demo_logins() -> list[tuple[str, str, str]]:
    """Return (user name, password, role) of the demo's accounts that exist and may log in. One query."""
    names = [login.username for login in DEMO_LOGINS]
    present = set(User.objects.filter(username__in=names, is_active=True).values_list("username", flat=True))
    return [
        (login.username, DEMO_PASSWORD, f"{RoleGrant.Role(login.role).label}：{login.full_name}")
        for login in DEMO_LOGINS
        if login.username in present
    ]
