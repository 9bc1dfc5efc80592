"""Django's admin: who may change what, and that nothing of the work is changed there."""

import io
import re

import pytest
from django.conf import settings
from django.contrib import admin
from django.core.management import CommandError, call_command
from django.urls import reverse

from livelihood.audit_words import VERBS
from livelihood.models import Agency, AuditEvent, Region, RoleGrant, User
from livelihood.services import record_event
from tests import factories
from tests.support.worlds import world

pytestmark = pytest.mark.django_db


PASSWORD = "a-long-secret-7"


@world
def grantor(security_admin):
    """The security administrator."""
    return security_admin


@pytest.fixture
def as_system_admin(client, system_admin):
    """A client signed in as the system administrator."""
    client.force_login(system_admin)
    return client


def set_password(client, person, password: str = PASSWORD):
    """Ask the admin for a new password of somebody's account."""
    address = reverse("admin:auth_user_password_change", args=[person.pk])
    data = {"usable_password": "true", "password1": password, "password2": password, "set-password": "1"}
    return client.post(address, data)


def last_event() -> tuple:
    event = AuditEvent.objects.latest("id")
    return event.verb, event.target_label, event.target_id, event.by


#: 年度数据: read-only, the city office's.
TABLES_OF_THE_YEAR = {"programme", "participant", "project", "indicator", "target", "benchmark", "fund_plan"}


def test_admin_has_no_figure_report_or_document_and_the_years_tables_read_only():
    kept = {User, RoleGrant, Region, Agency, AuditEvent}
    others = {model: page for model, page in admin.site._registry.items() if model not in kept}

    assert kept < set(admin.site._registry)
    assert {model._meta.db_table for model in others} == TABLES_OF_THE_YEAR
    for page in others.values():
        assert not page.has_add_permission(None)
        assert not page.has_change_permission(None)
        assert not page.has_delete_permission(None)


def test_admin_system_administrator_changes_a_name_and_it_is_recorded(client, system_admin, city):
    client.force_login(system_admin)
    address = reverse("admin:livelihood_region_change", args=[city.pk])

    response = client.post(address, {"code": city.code, "name": "阜阳", "kind": "city", "order": 0})

    assert response.status_code == 302
    event = AuditEvent.objects.latest("id")
    assert (event.verb, event.target_label, event.after) == ("change", "region", {"name": "阜阳"})


def test_admin_system_administrator_deletes_nothing(client, system_admin, city):
    client.force_login(system_admin)

    response = client.post(reverse("admin:livelihood_region_delete", args=[city.pk]), {"post": "yes"})

    assert response.status_code == 403


def test_admin_system_administrator_cannot_grant(client, system_admin):
    client.force_login(system_admin)

    assert client.get(reverse("admin:livelihood_rolegrant_add")).status_code == 403


def test_admin_security_administrator_grants_in_their_own_name(client, grantor, county):
    client.force_login(grantor)
    person = factories.UserFactory()

    data = {"user": person.pk, "role": "clerk", "region": county.pk}
    response = client.post(reverse("admin:livelihood_rolegrant_add"), data)

    assert response.status_code == 302
    assert person.grants.get().granted_by == grantor


@pytest.mark.parametrize(("role", "sentence"), [("auditor", "不能由同一人担任"), ("system_admin", "不能由同一人担任")])
def test_admin_separated_roles_are_refused_to_one_person(client, grantor, role, sentence):
    client.force_login(grantor)
    person = factories.grant(factories.UserFactory(), "security_admin")

    response = client.post(reverse("admin:livelihood_rolegrant_add"), {"user": person.pk, "role": role})

    assert sentence in response.content.decode()
    assert person.grants.count() == 1


def test_admin_granting_to_oneself_is_refused(client, grantor, county):
    client.force_login(grantor)

    data = {"user": grantor.pk, "role": "clerk", "region": county.pk}
    response = client.post(reverse("admin:livelihood_rolegrant_add"), data)

    assert "不能给自己授权" in response.content.decode()
    assert grantor.grants.count() == 1


def test_admin_new_account_has_no_rights(client, system_admin):
    client.force_login(system_admin)
    data = {"username": "newcomer", "full_name": "新人", "usable_password": "true"}
    data |= {"password1": "a-long-secret-7", "password2": "a-long-secret-7"}

    response = client.post(reverse("admin:livelihood_user_add"), data)

    person = User.objects.get(username="newcomer")
    assert response.status_code == 302
    assert (person.is_staff, person.is_superuser, person.grants.count()) == (False, False, 0)
    assert "a-long-secret-7" not in str(list(AuditEvent.objects.values_list("after", flat=True)))


# -- grants are the security administrator's ------------------------------------------------------


def test_admin_system_administrator_sees_and_takes_back_no_grant(as_system_admin, clerk):
    grant = clerk.grants.get()
    change, delete = (reverse(f"admin:livelihood_rolegrant_{page}", args=[grant.pk]) for page in ("change", "delete"))

    found = [as_system_admin.get(change), as_system_admin.post(change), as_system_admin.post(delete, {"post": "yes"})]

    assert [response.status_code for response in found] == [403, 403, 403]
    assert clerk.grants.exists()


def test_admin_grant_taken_back_is_recorded_with_what_it_was(client, security_admin, clerk):
    client.force_login(security_admin)
    grant = clerk.grants.get()

    response = client.post(reverse("admin:livelihood_rolegrant_delete", args=[grant.pk]), {"post": "yes"})

    assert response.status_code == 302
    assert not clerk.grants.exists()
    assert last_event() == ("revoke", "role_grant", str(grant.pk), security_admin)
    before = AuditEvent.objects.latest("id").before
    assert before == {"user": "张填报", "role": "clerk", "region": "太和县", "agency": ""}


def test_admin_security_administrator_keeps_their_own_grant(client, security_admin):
    client.force_login(security_admin)
    grant = security_admin.grants.get()

    response = client.post(reverse("admin:livelihood_rolegrant_delete", args=[grant.pk]), {"post": "yes"})

    assert response.status_code == 403
    assert security_admin.grants.exists()


def test_admin_grants_cannot_be_deleted_in_bulk_past_the_trail(client, security_admin, clerk):
    client.force_login(security_admin)
    data = {"action": "delete_selected", "_selected_action": [clerk.grants.get().pk], "post": "yes"}

    client.post(reverse("admin:livelihood_rolegrant_changelist"), data)

    assert clerk.grants.exists()


def test_admin_grant_is_never_changed(client, security_admin, clerk, other_county):
    client.force_login(security_admin)
    grant = clerk.grants.get()
    data = {"user": clerk.pk, "role": "head", "region": other_county.pk}

    response = client.post(reverse("admin:livelihood_rolegrant_change", args=[grant.pk]), data)

    assert response.status_code == 403
    grant.refresh_from_db()
    assert grant.role == "clerk"


# -- accounts are the system administrator's ------------------------------------------------------


def test_admin_security_administrator_edits_no_account(client, security_admin, clerk):
    client.force_login(security_admin)
    address = reverse("admin:livelihood_user_change", args=[clerk.pk])

    response = client.post(address, {"username": "clerk", "full_name": "别人", "is_active": "on"})

    assert response.status_code == 403
    assert set_password(client, clerk).status_code == 403
    clerk.refresh_from_db()
    assert clerk.full_name == "张填报"


def test_admin_account_of_the_system_itself_cannot_be_made_to_log_in(as_system_admin):
    system = User.objects.system()
    address = reverse("admin:livelihood_user_change", args=[system.pk])

    changed = as_system_admin.post(address, {"username": "system", "full_name": "系统", "is_active": "on"})

    assert (changed.status_code, set_password(as_system_admin, system).status_code) == (403, 403)


@pytest.mark.parametrize("keeper", ["security_admin", "auditor"])
def test_admin_system_administrator_cannot_touch_the_other_keepers_accounts(as_system_admin, keeper, request):
    person = request.getfixturevalue(keeper)
    address = reverse("admin:livelihood_user_change", args=[person.pk])
    before = person.password

    changed = as_system_admin.post(address, {"username": person.username, "full_name": "别人"})
    reset = set_password(as_system_admin, person)

    assert (changed.status_code, reset.status_code) == (403, 403)
    person.refresh_from_db()
    assert (person.password, person.is_active) == (before, True)


def test_admin_flags_of_django_cannot_be_posted_onto_an_account(as_system_admin, clerk):
    address = reverse("admin:livelihood_user_change", args=[clerk.pk])
    data = {"username": "clerk", "full_name": "张填报", "is_active": "on", "is_staff": "on", "is_superuser": "on"}

    response = as_system_admin.post(address, data)

    assert response.status_code == 302
    clerk.refresh_from_db()
    assert (clerk.is_staff, clerk.is_superuser) == (False, False)


def test_admin_staff_and_superuser_flags_open_nothing(client):
    client.force_login(factories.UserFactory(is_staff=True, is_superuser=True))

    assert client.get(reverse("admin:index"), follow=True).status_code == 403


def test_admin_password_set_for_somebody_is_recorded_and_has_to_be_changed(
    as_system_admin, system_admin, clerk, client
):
    assert set_password(as_system_admin, clerk).status_code == 302

    assert last_event() == ("set_password", "account", str(clerk.pk), system_admin)
    client.logout()
    client.post("/login/", {"username": "clerk", "password": PASSWORD})
    # Whatever is asked for, the password comes first.
    assert client.get("/")["Location"] == client.get("/documents/")["Location"] == "/password/"
    new = "my-own-secret-42"
    data = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert client.post("/password/", data)["Location"] == "/"
    assert last_event() == ("change_own_password", "account", str(clerk.pk), clerk)
    assert client.get("/").status_code == 200
    client.logout()
    client.post("/login/", {"username": "clerk", "password": new})
    assert client.get("/").status_code == 200


def test_admin_person_of_a_new_account_chooses_a_password_before_using_a_grant(as_system_admin, security_admin, client):
    data = {"username": "newcomer", "full_name": "新人", "usable_password": "true"}
    as_system_admin.post(reverse("admin:livelihood_user_add"), data | {"password1": PASSWORD, "password2": PASSWORD})
    newcomer = User.objects.get(username="newcomer")
    client.force_login(security_admin)
    client.post(reverse("admin:livelihood_rolegrant_add"), {"user": newcomer.pk, "role": "auditor"})

    client.logout()
    client.post("/login/", {"username": "newcomer", "password": PASSWORD})

    assert newcomer.grants.get().role == "auditor"
    assert client.get(reverse("admin:livelihood_auditevent_changelist"))["Location"] == "/password/"


def test_password_wrong_old_one_changes_nothing(client, clerk):
    client.force_login(clerk)
    data = {"old_password": "wrong", "new_password1": "my-own-secret-42", "new_password2": "my-own-secret-42"}

    response = client.post("/password/", data)

    assert response.status_code == 422
    assert not AuditEvent.objects.filter(verb="change_own_password").exists()
    assert "您的旧密码不正确" in response.content.decode()


def test_password_refused_by_every_rule_is_told_politely(client):
    person = factories.UserFactory(username="1234567890")
    person.set_password(PASSWORD)
    person.save()
    client.force_login(person)
    refused = {"1234567890": ("太相似", "常见密码", "全都是数字"), "short": ("至少 10 个字符",)}

    pages = {
        new: client.post("/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
        for new in refused
    }

    for new, sentences in refused.items():
        text = pages[new].content.decode()
        assert all(sentence in text for sentence in sentences), new
        assert "你" not in text


# -- the trail is the auditor's to read -----------------------------------------------------------


def test_admin_auditor_reads_the_trail_in_words(client, auditor, clerk):
    before = {"role": "<b>head</b>", "full_name": "张三"}
    event = record_event(by=clerk, verb="revoke", target=clerk, before=before, reason="调离")
    client.force_login(auditor)

    listed = client.get(reverse("admin:livelihood_auditevent_changelist"), {"verb": "revoke", "q": "调离"})
    shown = client.get(reverse("admin:livelihood_auditevent_change", args=[event.pk]))

    assert f"用户 {clerk.pk}" in listed.content.decode()
    assert "收回授权" in shown.content.decode()
    assert "&lt;b&gt;head&lt;/b&gt;" in shown.content.decode()
    # The account's column has a word; what is none of its columns stands as recorded.
    assert "&quot;姓名&quot;: &quot;张三&quot;" in shown.content.decode()
    assert "&quot;role&quot;" in shown.content.decode()


@pytest.mark.parametrize("keeper", ["system_admin", "security_admin", "auditor"])
def test_admin_nobody_changes_the_trail(client, keeper, request, clerk):
    event = record_event(by=clerk, verb="change", target=clerk)
    client.force_login(request.getfixturevalue(keeper))
    page = "admin:livelihood_auditevent"

    found = [
        client.post(reverse(f"{page}_add"), {"verb": "change", "by": clerk.pk}),
        client.post(reverse(f"{page}_change", args=[event.pk]), {"verb": "create", "by": clerk.pk}),
        client.post(reverse(f"{page}_delete", args=[event.pk]), {"post": "yes"}),
    ]

    assert [response.status_code for response in found] == [403, 403, 403]
    assert list(AuditEvent.objects.filter(pk=event.pk).values_list("verb", flat=True)) == ["change"]


def test_audit_every_verb_has_its_words():
    # Built while running: what is done to a report, and the constants of the password page.
    found = {f"{verb}_report" for verb in ("sign", "submit", "withdraw", "approve", "return")}
    found |= {"create", "set_password", "change_own_password"}
    for app in ("livelihood", "projects", "funding", "supervision"):
        for path in (settings.BASE_DIR / app).rglob("*.py"):
            found |= set(re.findall(r'verb="([a-z_]+)"', path.read_text()))

    assert found - set(VERBS) == set(), "give the new verb its words in livelihood/audit_words.py"


# -- the first of them ----------------------------------------------------------------------------


def test_appoint_keeper_first_one_logs_in_and_changes_the_password(client, database):
    printed = io.StringIO()
    call_command("appoint_keeper", "security_admin", "secadmin", "李四", stdout=printed)
    password = re.search(r"临时密码：(\S+?)（", printed.getvalue())[1]

    client.post("/login/", {"username": "secadmin", "password": password})

    assert client.get("/admin/")["Location"] == "/password/"
    assert User.objects.get(username="secadmin").grants.get().role == "security_admin"
    assert password not in str(list(AuditEvent.objects.values_list("after", flat=True)))


@pytest.mark.parametrize(
    ("role", "username", "sentence"),
    [
        ("security_admin", "another", "已有安全管理员"),
        ("auditor", "security_admin", "已有人用"),
        ("auditor", "a b", "用户名"),
    ],
)
def test_appoint_keeper_refuses_in_a_sentence_and_opens_nothing(security_admin, role, username, sentence):
    before = User.objects.exclude(username="system").count()

    with pytest.raises(CommandError, match=sentence):
        call_command("appoint_keeper", role, username, "某人")

    assert User.objects.exclude(username="system").count() == before
