"""How an office lays out its papers and how long it gives for answers."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from livelihood.constraints import one_of
from livelihood.models import Agency, User


def empty_dict() -> dict:
    """Return a new empty dict: what is not given stays as the standard has it."""
    return {}


class PaperStyle(models.Model):
    """公文设置: one per issuing office; without a row everything is as the standard has it."""

    class Imprint(models.TextChoices):
        SEND = "send", "送、发"
        CC = "cc", "抄送"

    agency = models.OneToOneField(Agency, models.PROTECT, verbose_name="发文单位", related_name="paper_style")
    margins = models.JSONField("页边距(毫米)", default=empty_dict, blank=True, help_text="top、bottom、left、right")
    line_pitch = models.DecimalField("行距(磅)", max_digits=4, decimal_places=1, default=28)
    fonts = models.JSONField("字体", default=empty_dict, blank=True)
    imprint = models.CharField("版记", max_length=4, choices=Imprint, default=Imprint.SEND)
    masthead = models.CharField("发文机关标志", max_length=40, default="", blank=True, help_text="空着用发文单位名称")
    letter_word = models.CharField(
        "督办函发文代字", max_length=20, default="", blank=True, help_text="空着与通报共用文号"
    )
    close_kind = models.CharField("封账拟稿的种类", max_length=30, default="progress")
    template = models.FileField("公文模板", upload_to="paper_templates/", max_length=200, blank=True)
    template_name = models.CharField("模板文件名", max_length=120, default="", blank=True)
    template_sha256 = models.CharField("模板校验值", max_length=64, default="", blank=True)
    check_days = models.PositiveSmallIntegerField("核对工作日数", default=3)
    disclosure_days = models.PositiveSmallIntegerField("公示日数", default=7)
    disclosure_address = models.CharField("异议受理地址", max_length=120, default="", blank=True)
    disclosure_phone = models.CharField("异议受理电话", max_length=40, default="", blank=True)
    version = models.PositiveIntegerField("版本", default=1)
    updated_at = models.DateTimeField("更新时间", db_default=Now())
    updated_by = models.ForeignKey(User, models.PROTECT, verbose_name="更新人", related_name="paper_styles")

    class Meta:
        db_table = "paper_style"
        verbose_name = verbose_name_plural = "公文设置"
        ordering = ["agency"]
        constraints = [
            one_of("paper_style_imprint_valid", "imprint", ["send", "cc"], message="版记写法不正确"),
            models.CheckConstraint(
                name="paper_style_days_valid",
                condition=Q(check_days__gte=1, check_days__lte=30, disclosure_days__gte=1, disclosure_days__lte=90),
                violation_error_message="核对为1至30个工作日，公示为1至90日",
            ),
            models.CheckConstraint(
                name="paper_style_pitch_valid",
                condition=Q(line_pitch__gte=20, line_pitch__lte=40),
                violation_error_message="行距应在20至40磅之间",
            ),
        ]

    def __str__(self):
        return f"{self.agency}公文设置"

    def as_json(self) -> dict:
        """Return what rendering reads; margins in millimetres, pitch in points."""
        return {
            "margins": self.margins,
            "line_pitch": float(self.line_pitch),
            "fonts": self.fonts,
            "imprint": self.imprint,
            "masthead": self.masthead,
        }
