"""A name nobody in the programme goes under: asked in the form, kept for later files, taken back, and never guessed."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from funding.models import FundFigure
from projects.models import Figure, ImportMapping
from projects.services.import_mappings import Correction, remember
from tests import factories
from tests.funding.rows import fund_line

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

HEAD = "2020年1—8月各县区进展\n考核单位,里程（公里）\n"
TEXT = f"{HEAD}皖北太和,55.25\n界首市,120\n"


@pytest.fixture
def entrance(settings, tmp_path, period, participants, indicators):
    settings.MEDIA_ROOT = tmp_path / "media"
    for code in ("341222", "341282"):
        factories.ReportFactory(period=period, participant=participants[code], state="draft", content_sha256="")
    return reverse("projects:period-import", args=[period.programme.code, period.code])


@pytest.fixture
def visitor(client, city_officer):
    client.force_login(city_officer)
    return client


def send(client, address, text):
    return client.post(address, {"files": [SimpleUploadedFile("a.csv", text.encode())]}, follow=True)


def do(client, page, step, **data):
    here = reverse("projects:import-detail", args=[page.context["upload"].pk])
    return client.post(here, {"step": step, **data}, follow=True)


def field_of(page) -> str:
    """Return the name of the page's only field about a unit."""
    [unit] = [one for card in page.context["cards"] for table in card.tables for one in table.units]
    return unit.name


def codes(page) -> list[str]:
    return [issue.code for issue in page.context["review"].issues if issue.severity == "error"]


def test_unknown_unit_is_chosen_once_and_read_next_time_without_a_question(visitor, entrance):
    page = send(visitor, entrance, TEXT)

    corrected = do(visitor, page, "correct", **{field_of(page): "341222"})
    do(visitor, corrected, "confirm", fingerprint=corrected.context["review"].fingerprint)
    again = send(visitor, entrance, TEXT.replace("55.25", "60"))

    assert codes(page) == ["unknown_participant"]
    assert "是哪个单位" in page.content.decode()
    assert codes(corrected) == []
    # What the office has brought in stands; the name is no question any more.
    assert set(codes(again)) == {"report_submitted"}
    values = dict(Figure.objects.values_list("participant__code", "value"))
    assert values == {"341222": Decimal("55.25"), "341282": Decimal(120)}
    [kept] = ImportMapping.objects.all()
    assert (kept.kind, kept.label, kept.meaning) == ("column", "考核单位=皖北太和", "341222")
    assert "按上次的更正读" in again.content.decode()


def test_unit_left_out_is_said_and_forgotten_asks_again(visitor, entrance):
    page = send(visitor, entrance, TEXT)

    left_out = do(visitor, page, "correct", **{field_of(page): "left_out"})
    notes = [issue.message for issue in left_out.context["review"].issues if issue.code == "unit_left_out"]
    forgotten = do(visitor, left_out, "correct", forget=ImportMapping.objects.get().pk)

    assert (codes(left_out), notes) == ([], ["按更正，“皖北太和”不读。"])
    assert codes(forgotten) == ["unknown_participant"]
    assert not ImportMapping.objects.exists()


def test_two_rows_that_become_one_unit_and_disagree_are_refused(visitor, entrance):
    page = send(visitor, entrance, f"{HEAD}太和县,10\n皖北太和,55.25\n")

    corrected = do(visitor, page, "correct", **{field_of(page): "341222"})
    done = do(visitor, corrected, "confirm", fingerprint=corrected.context["review"].fingerprint)

    assert codes(corrected) == ["duplicate_row"]
    assert done.context["upload"].state == "read"
    assert not Figure.objects.exists()


def test_unit_of_nobody_or_of_another_programme_is_no_answer(visitor, entrance, programme, city_officer):
    page = send(visitor, entrance, TEXT)

    refused = do(visitor, page, "correct", **{field_of(page): "999999"})
    strange = do(visitor, page, "correct", **{"u-1-77": "341222"})

    assert any("所选单位不属于" in str(message) for message in refused.context["messages"])
    assert any("已经不在表里" in str(message) for message in strange.context["messages"])
    assert not ImportMapping.objects.exists()


def test_correction_of_one_countys_sheets_is_not_anothers(visitor, entrance, programme, participants, city_officer):
    said = Correction(participants["341282"].pk, "column", "考核单位=皖北太和", meaning="341222")
    remember(programme=programme, corrections=[said], by=city_officer)

    assert codes(send(visitor, entrance, TEXT)) == ["unknown_participant"]


def test_unknown_unit_in_a_table_of_money_is_asked_and_its_amount_goes_to_the_line(
    visitor, entrance, programme, participants, indicators
):
    place = {"programme": programme, "sub_project": indicators["里程"].sub_project}
    line = fund_line(participant=participants["341222"], source="county", **place)
    page = send(visitor, entrance, "2020年1—8月资金\n考核单位,项目,县级累计拨付（元）\n皖北太和,农村道路,1200.5\n")

    corrected = do(visitor, page, "correct", **{field_of(page): "341222"})
    do(visitor, corrected, "confirm", fingerprint=corrected.context["review"].fingerprint)

    assert (codes(page), codes(corrected)) == (["unknown_participant"], [])
    assert list(FundFigure.objects.values_list("fund_line", "stage", "value")) == [
        (line.pk, "disbursed", Decimal("1200.5"))
    ]


@pytest.mark.parametrize(
    ("title", "name", "sentence"),
    [
        ("填报单位：皖北太和", "皖北太和", "不在考核单位名单里"),
        ("泰和县2020年1—8月民生工程进展", "泰和县", "看不出是哪个单位的表"),
    ],
)
def test_whole_sheet_of_a_unit_nobody_knows_is_asked_and_read_as_answered(visitor, entrance, title, name, sentence):
    text = f"{title}\n2020年1—8月\n序号,指标,累计完成\n1,里程,55.25\n"
    page = send(visitor, entrance, text)

    corrected = do(visitor, page, "correct", **{field_of(page): "341222"})
    do(visitor, corrected, "confirm", fingerprint=corrected.context["review"].fingerprint)
    [kept] = ImportMapping.objects.all()
    later = send(visitor, entrance, text.replace("55.25", "60"))
    forgotten = do(visitor, later, "correct", forget=kept.pk)
    left_out = do(visitor, forgotten, "correct", **{field_of(forgotten): "left_out"})

    assert sentence in page.content.decode()
    assert (kept.label, kept.meaning, kept.participant) == (f"考核单位={name}", "341222", None)
    assert dict(Figure.objects.values_list("participant__code", "value")) == {"341222": Decimal("55.25")}
    assert "按上次的更正读" in later.content.decode()
    assert sentence in forgotten.content.decode()
    assert "的表不读" in left_out.content.decode()
