"""The archive: papers found by number, year, kind, series, state, or by words of title and text."""

import re

from django import forms
from django.db.models import F, Func, Q, QuerySet, TextField

from livelihood.models import User
from supervision.models import Document, DocumentSeries

#: 民生办〔2020〕7号, 〔2020〕7号, [2020]7, as people write it.
PRINTED = re.compile(r"^(?P<word>\D*)[〔\[【（(](?P<year>\d{4})[〕\]】）)](?P<number>\d{1,4})号?$")
NUMBER = re.compile(r"^第?(\d{1,4})号$")
#: Characters a search may have.
LONGEST = 80
#: What of a paper's stored content is printed; names of fields and codes of rows are not.
_PRINTED_PARTS = (
    *("number", "masthead", "issuer", "addressees", "lead.text", "annotation", "cc", "sent_to", "distributed_to"),
    *("chapters[*].heading", "chapters[*].paragraphs[*].label", "chapters[*].paragraphs[*].sentences[*].text"),
    *("attachments[*].title", "attachments[*].note", "attachments[*].columns[*].label", "attachments[*].rows[*][*]"),
)
_PATHS = ", ".join(f"'$.{part}'" for part in _PRINTED_PARTS)


class PrintedWords(Func):
    """The words of a stored paper as people read them, one text; null for a paper without content."""

    template = (
        "(SELECT string_agg(piece #>> '{}', ' ') "
        "FROM unnest(ARRAY[%(paths)s]::jsonpath[]) AS path, jsonb_path_query(%(expressions)s, path) AS piece)"
    )
    output_field = TextField()


class ArchiveForm(forms.Form):
    """Filters of the archive; each narrows, all are in the address. What is no choice finds nothing and says so."""

    q = forms.CharField(label="搜索", required=False)
    kind = forms.ChoiceField(label="文种", required=False)
    state = forms.ChoiceField(label="状态", required=False)
    year = forms.ChoiceField(label="年份", required=False)
    series = forms.ChoiceField(label="文号序列", required=False)

    def __init__(self, *arguments, user: User, **options):
        super().__init__(*arguments, **options)
        seen = Document.objects.visible_to(user)
        found = DocumentSeries.objects.filter(pk__in=seen.values("series")).order_by("-year", "word", "pk")
        for name, field in self.fields.items():
            field.widget.attrs["class"] = "form-control" if name == "q" else "form-select"
        self.fields["q"].widget.attrs |= {
            "type": "search",
            "maxlength": LONGEST,
            "placeholder": "文号、标题或正文里的字",
        }
        self.fields["kind"].choices = [("", "全部文种"), *Document.Kind.choices]
        self.fields["state"].choices = [("", "全部状态"), *Document.State.choices]
        self.fields["year"].choices = [("", "全部年份"), *((str(year), str(year)) for year in _years(found))]
        self.fields["series"].choices = [("", "全部序列"), *((str(row.pk), str(row)) for row in found)]

    def clean_q(self) -> str:
        """Return the words; too many of them are refused, an address may hold anything."""
        text = self.cleaned_data["q"]
        if len(text) > LONGEST:
            raise forms.ValidationError(f"搜索的字太多（{len(text)} 个），最多 {LONGEST} 个，请缩短后再查。")
        return text

    @property
    def wrong(self) -> list[str]:
        """Return what is wrong, a sentence each."""
        choice = "筛选条件里有一项不在可选的范围里，请重新选。"
        return [errors[0] if name == "q" else choice for name, errors in self.errors.items()]

    @property
    def is_filtered(self) -> bool:
        """Tell whether anything was asked for."""
        return any(self.data.get(name) for name in self.fields)

    def found(self, user: User) -> QuerySet:
        """Return the papers that match, those in hand first, then the newest."""
        papers = Document.objects.visible_to(user).select_related("period__programme", "series", "snapshot")
        papers = papers.order_by(
            F("issued_on").desc(nulls_first=True), F("number").desc(nulls_first=True), "-period__ends_on", "-id"
        )
        if not self.is_valid():
            return papers.none()
        asked = self.cleaned_data
        for field, lookup in (("kind", "kind"), ("state", "state"), ("series", "series")):
            if asked[field]:
                papers = papers.filter(**{lookup: asked[field]})
        if asked["year"]:
            papers = papers.filter(series__year=asked["year"])
        return _matching(papers, asked["q"].strip())


def _years(series) -> list[int]:
    return sorted({row.year for row in series}, reverse=True)


def _matching(papers: QuerySet, text: str) -> QuerySet:
    """Return papers whose number is what was typed, else those with every word in title, matter or text."""
    if not text:
        return papers
    compact = "".join(text.split())
    printed = PRINTED.match(compact)
    if printed:
        return papers.filter(
            series__word__endswith=printed["word"], series__year=printed["year"], number=int(printed["number"])
        )
    number = NUMBER.match(compact)
    if number:
        return papers.filter(number=int(number[1]))
    papers = papers.annotate(words=PrintedWords("content", paths=_PATHS))
    for word in text.split():
        papers = papers.filter(Q(title__icontains=word) | Q(words__icontains=word) | Q(void_reason__icontains=word))
    return papers
