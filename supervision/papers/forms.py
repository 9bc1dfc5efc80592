"""Forms of the life of a paper: they parse and clean, services decide."""

from django import forms
from django.utils import timezone

from supervision.models import PaperStyle, Receipt

DATE = {"type": "date"}


def date_field(label: str, example: str = "2020-09-29", **options) -> forms.DateField:
    """Return a field for one day."""
    return forms.DateField(
        label=label,
        widget=forms.DateInput(format="%Y-%m-%d", attrs=DATE),
        error_messages={"required": f"请填{label}。", "invalid": f"{label}写成 {example} 这样。"},
        **options,
    )


def number_field(**options) -> forms.IntegerField:
    """Return a field for a number of a series."""
    return forms.IntegerField(
        label="文号",
        min_value=1,
        max_value=9999,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "required": "请填文号。",
            "invalid": "文号是一个整数，例如 8。",
            "min_value": "文号从1开始。",
            "max_value": "文号太大了，请核对。",
        },
        **options,
    )


def reason_field(label: str, *, required: bool = True, help_text: str = "") -> forms.CharField:
    """Return a field for a recorded reason."""
    return forms.CharField(
        label=label,
        max_length=300,
        required=required,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": f"请写明{label}。", "max_length": f"{label}不超过300字。"},
    )


class VersionForm(forms.Form):
    """What a step is taken on: `version` is the draft the person saw."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def clean(self):
        """A hidden field has no place for its message: it stands above the form."""
        if "version" in self.errors:
            raise forms.ValidationError("页面不完整，请刷新后再办。")
        return super().clean()


class IssueForm(VersionForm):
    """Date and number of a paper, who signed it, and why in spite of what is open."""

    issued_on = date_field("成文日期")
    number = number_field(required=False)
    skip = forms.BooleanField(label="空出的号是在别处印发的，签发后补登", required=False)
    signer = forms.CharField(
        label="签发人",
        required=False,
        max_length=40,
        help_text="领导在纸上签发的填领导姓名；留空为经办人。",
        error_messages={"max_length": "签发人不超过40字。"},
    )
    override_reason = reason_field("仍予签发的理由", required=False)

    def __init__(self, *arguments, next_number: int, gap: str = "", asks_reason: bool = False, **options):
        super().__init__(*arguments, **options)
        self.gap = gap
        self.fields["number"].widget.attrs["placeholder"] = str(next_number)
        self.fields["number"].help_text = "留空由系统取下一号；中间有在别处印发的文件时，填实际的号。"
        if not gap:
            del self.fields["skip"]
        if not asks_reason:
            del self.fields["override_reason"]

    def clean(self):
        """Ask once more where a typed number leaves others out."""
        cleaned = super().clean()
        if self.gap and not cleaned.pop("skip", False) and not self.errors:
            self.add_error(
                "number", f"填这个号会空出{self.gap}。是在别处印发的，请勾选后签发，再逐一补登；不是，请改号。"
            )
        return cleaned


class ReturnForm(VersionForm):
    """Back to the draft."""

    reason = reason_field("要改什么")


class VoidForm(VersionForm):
    """作废."""

    reason = reason_field("作废的原因", help_text="作废后文号保留，不再使用；内容留存备查。")


class ExternalForm(forms.Form):
    """A paper made elsewhere."""

    series = forms.ChoiceField(
        label="文号序列", error_messages={"invalid_choice": "请选本单位的文号序列。", "required": "请选文号序列。"}
    )
    number = number_field()
    title = forms.CharField(
        label="标题",
        max_length=200,
        error_messages={"required": "请填这份文件的标题。", "max_length": "标题不超过200字。"},
    )
    issued_on = date_field("成文日期")
    signer = forms.CharField(label="签发人", required=False, max_length=40)

    def __init__(self, *arguments, choices: list[tuple[str, str]], **options):
        super().__init__(*arguments, **options)
        self.fields["series"].choices = choices


class CorrectExternalForm(VersionForm):
    """Title and date of a paper made elsewhere, put right."""

    title = ExternalForm.base_fields["title"]
    issued_on = date_field("成文日期")
    reason = reason_field("为什么改")


class FirstNumberForm(forms.Form):
    """From which number on the register is kept."""

    first = forms.IntegerField(
        label="登记起始号",
        min_value=1,
        max_value=9999,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        help_text="此前各号在启用本系统之前已经用过，不再逐一登记。",
        error_messages={
            "required": "请填登记起始号。",
            "invalid": "登记起始号是一个整数。",
            "min_value": "登记起始号从1开始。",
            "max_value": "登记起始号太大了，请核对。",
        },
    )


class SendForm(forms.Form):
    """Agencies the paper is put before."""

    agencies = forms.MultipleChoiceField(
        label="收文单位",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请选收文单位。", "invalid_choice": "选的单位不在名单里，请刷新页面。"},
    )

    def __init__(self, *arguments, receivers, **options):
        super().__init__(*arguments, **options)
        self.fields["agencies"].choices = [(str(row.agency.pk), row.name) for row in receivers]


class DeliveryForm(forms.Form):
    """送: receivers outside the system."""

    recipients = forms.CharField(
        label="送给",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="一行一个单位，例如 省民生办。",
        error_messages={"required": "请填送给哪些单位，一行一个。"},
    )
    way = forms.ChoiceField(
        label="方式",
        choices=[(way.value, way.label) for way in (Receipt.Way.PAPER, Receipt.Way.OA)],
        error_messages={"invalid_choice": "送达方式选纸质送达或公文系统。"},
    )
    sent_on = date_field("送出日期", initial=timezone.localdate)
    note = forms.CharField(label="备注", required=False, max_length=200)

    def clean_recipients(self) -> list[str]:
        """Return one name per line."""
        return self.cleaned_data["recipients"].splitlines()


class StyleForm(VersionForm):
    """公文设置; empty margins and fonts are the standard's."""

    MARGINS = [("top", "上"), ("bottom", "下"), ("left", "左"), ("right", "右")]
    FONTS = [
        ("title", "标题"),
        ("body", "正文"),
        ("level1", "一级标题"),
        ("level2", "二级标题"),
        ("page", "页码"),
        ("latin", "数字和字母"),
    ]

    masthead = forms.CharField(
        label="发文机关标志", required=False, max_length=40, help_text="红头上的字，空着用发文单位名称加“文件”。"
    )
    imprint = forms.ChoiceField(label="版记写法", choices=PaperStyle.Imprint.choices)
    line_pitch = forms.DecimalField(
        label="行距（磅）",
        min_value=20,
        max_value=40,
        decimal_places=1,
        error_messages={
            "required": "请填行距。",
            "invalid": "行距是一个数，例如 28。",
            "min_value": "行距在20至40磅之间。",
            "max_value": "行距在20至40磅之间。",
        },
    )
    check_days = forms.IntegerField(
        label="核对工作日数",
        min_value=1,
        max_value=30,
        error_messages={
            "required": "请填核对工作日数。",
            "invalid": "核对工作日数是一个整数。",
            "min_value": "核对为1至30个工作日。",
            "max_value": "核对为1至30个工作日。",
        },
    )
    disclosure_days = forms.IntegerField(
        label="公示日数",
        min_value=1,
        max_value=90,
        error_messages={
            "required": "请填公示日数。",
            "invalid": "公示日数是一个整数。",
            "min_value": "公示为1至90日。",
            "max_value": "公示为1至90日。",
        },
    )
    disclosure_address = forms.CharField(label="异议受理地址", required=False, max_length=120)
    disclosure_phone = forms.CharField(label="异议受理电话", required=False, max_length=40)
    letter_word = forms.CharField(
        label="督办函发文代字",
        required=False,
        max_length=20,
        error_messages={"max_length": "督办函发文代字不超过20字。"},
    )

    def __init__(self, *arguments, defaults: dict, word: str, **options):
        super().__init__(*arguments, **options)
        self.fields["letter_word"].help_text = (
            f"空着，提醒函、督办函、约谈通知与通报共用“{word}”的文号，一起往下编；填了（例如“{word}函”），它们另编一个序列，"
            f"每年从1号起。以后拟的按此，已拟的不变。"
        )
        for key, word in self.MARGINS:
            self.fields[f"margin_{key}"] = forms.DecimalField(
                label=f"{word}边距（毫米）",
                required=False,
                min_value=10,
                max_value=60,
                decimal_places=1,
                widget=forms.NumberInput(attrs={"placeholder": defaults["margins"][key]}),
                error_messages={
                    "invalid": f"{word}边距是一个数，例如 {defaults['margins'][key]}。",
                    "min_value": f"{word}边距在10至60毫米之间。",
                    "max_value": f"{word}边距在10至60毫米之间。",
                },
            )
        for key, word in self.FONTS:
            self.fields[f"font_{key}"] = forms.CharField(
                label=f"{word}字体",
                required=False,
                max_length=40,
                widget=forms.TextInput(attrs={"placeholder": defaults["fonts"][key]}),
            )

    @classmethod
    def initial_of(cls, style: PaperStyle | None) -> dict:
        """Return what the form shows for settings, or where there are none."""
        style = style or PaperStyle(version=0)
        names = [
            *("version", "masthead", "imprint", "line_pitch", "check_days"),
            *("disclosure_days", "disclosure_address", "disclosure_phone", "letter_word"),
        ]
        initial = {name: getattr(style, name) for name in names}
        initial |= {f"margin_{key}": style.margins.get(key) for key, _ in cls.MARGINS}
        return initial | {f"font_{key}": style.fonts.get(key, "") for key, _ in cls.FONTS}

    def values(self) -> dict:
        """Return what the service takes."""
        data = self.cleaned_data
        margins = {key: float(data[f"margin_{key}"]) for key, _ in self.MARGINS if data[f"margin_{key}"] is not None}
        fonts = {key: data[f"font_{key}"].strip() for key, _ in self.FONTS if data[f"font_{key}"].strip()}
        plain = {key: value for key, value in data.items() if not key.startswith(("margin_", "font_", "version"))}
        return plain | {"margins": margins, "fonts": fonts}
