"""Django's admin: who may change what, and that the tables of the work are not there."""

import pytest
from django.contrib import admin
from django.urls import reverse

from livelihood.models import Agency, AuditEvent, Region, RoleGrant, User
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def grantor():
    """A security administrator who may enter the admin."""
    return factories.grant(factories.UserFactory(username="grantor", is_staff=True), "security_admin")


def test_admin_has_no_table_of_the_work():
    assert set(admin.site._registry) == {User, RoleGrant, Region, Agency}


def test_admin_every_list_opens_for_the_system_administrator(client, system_admin, city):
    client.force_login(system_admin)

    found = {
        name: client.get(reverse(f"admin:livelihood_{name}_changelist")).status_code
        for name in ("user", "rolegrant", "region", "agency")
    }

    assert set(found.values()) == {200}


def test_admin_system_administrator_changes_a_name_and_it_is_recorded(client, system_admin, city):
    client.force_login(system_admin)
    address = reverse("admin:livelihood_region_change", args=[city.pk])

    response = client.post(address, {"code": city.code, "name": "阜阳", "kind": "city", "order": 0})

    assert response.status_code == 302
    event = AuditEvent.objects.latest("id")
    assert (event.verb, event.target_label, event.after) == ("change", "region", {"name": "阜阳"})


def test_admin_nobody_deletes(client, system_admin, city):
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
