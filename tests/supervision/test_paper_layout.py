"""How a paper is set in its .docx: sheet, fonts, sizes, head, 版记, letters, the office's settings and template."""

import io
import zipfile

import docx
import pytest
from docx.oxml.ns import qn

from livelihood.services import Refused
from supervision.documents.attachments import spread
from supervision.documents.docx import docx_bytes
from supervision.documents.office_template import TemplateFailed, check_template, template_bytes
from supervision.documents.sections import shipped_kinds
from supervision.documents.style import checked_style
from supervision.documents.title import note_lines, title_lines
from tests.supervision.papers import chapter, letter, paper, table

#: Order of the children that ours use, of the transitional schema (ISO/IEC 29500-4).
SCHEMA = {
    "pPr": "pStyle keepNext keepLines pageBreakBefore framePr widowControl pBdr tabs overflowPunct autoSpaceDE"
    " autoSpaceDN spacing ind jc rPr sectPr",
    "rPr": "rStyle rFonts b color w sz szCs lang",
    "tblPr": "tblStyle tblW jc tblBorders tblLayout tblCellMar tblLook",
    "trPr": "cantSplit tblHeader",
    "tcPr": "tcW vAlign",
    "sectPr": "headerReference footerReference type pgSz pgMar cols titlePg docGrid",
}


def opened(content, style=None):
    return docx.Document(io.BytesIO(docx_bytes(content, style)))


def line(document, text):
    """The paragraph that begins with a text."""
    return next(paragraph for paragraph in document.paragraphs if paragraph.text.startswith(text))


def font(paragraph, run=0):
    """Font and size of a run."""
    made = paragraph.runs[run]
    return made._r.rPr.rFonts.get(qn("w:eastAsia")), made.font.size.pt


def edges(section):
    lengths = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    return [round(length.mm) for length in lengths]


def box_texts(document):
    """The lines of the 版记, which stands in a text box."""
    (box,) = document.element.body.xpath(".//w:txbxContent")
    texts = ["".join(node.text or "\t" for node in item.iter(qn("w:t"), qn("w:tab"))) for item in box.iterchildren()]
    return [text.strip("\t") for text in texts if text.strip("\t")]


def test_levels_stand_in_the_fonts_of_the_standard():
    document = opened(paper())

    assert font(line(document, "阜阳市民生办文件"))[0] == "方正小标宋简体"
    assert font(line(document, "关于2020年1—8月份")) == ("方正小标宋简体", 22)
    assert font(line(document, "一、总体情况")) == ("黑体", 16)
    labelled = line(document, "（一）“四好农村路”建设。")
    assert [font(labelled), font(labelled, 1)] == [("楷体_GB2312", 16), ("仿宋_GB2312", 16)]
    assert line(document, "（二）就业。").paragraph_format.line_spacing.pt == 28
    assert font(line(document, "附件：报送情况表")) == ("仿宋_GB2312", 16)


def test_single_labelled_paragraph_has_no_mark():
    document = opened(paper(chapters=[chapter("居后三位", ("", "共1项。"), ("就业", "牵头单位：市人社局。"))]))

    assert font(line(document, "就业。牵头单位")) == ("楷体_GB2312", 16)
    assert "（一）" not in "".join(paragraph.text for paragraph in document.paragraphs)


def test_attachment_has_its_title_on_the_third_line_and_repeats_its_head():
    document = opened(paper(attachments=[table("报送情况表"), table("进度表", landscape=True)]))

    texts = [paragraph.text for paragraph in document.paragraphs]
    assert texts[texts.index("附件1") : texts.index("附件1") + 3] == ["附件1", "", "报送情况表"]
    assert all(made.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None for made in document.tables)
    upright, across = document.sections[1], document.sections[2]
    # laid across, the binding (28 mm) is at the head of the table, the foot of the sheet (35 mm) at its left
    assert (edges(upright), edges(across)) == ([37, 35, 28, 26], [28, 26, 35, 37])
    assert across.page_width > across.page_height


def test_table_that_goes_on_is_one_attachment():
    first = table("进度表", units=["甲县"], rows=[["1", "道路", "50.00"]], landscape=True)
    second = table("进度表", units=["乙县"], rows=[["1", "道路", "60.00"]], landscape=True)
    document = opened(paper(attachments=[first, second, table("报送情况表")]))

    texts = [paragraph.text for paragraph in document.paragraphs]
    listed = texts.index("附件：1.进度表")
    assert texts[listed + 1] == "2.报送情况表"
    sheets = [place for place, text in enumerate(texts) if text.startswith("附件") and place > listed]
    assert [texts[place] for place in sheets] == ["附件1", "附件1", "附件2"]
    assert [texts[place + 1] for place in sheets[:2]] == ["进度表", "进度表（续）"]


def test_imprint_says_sent_and_distributed_or_copied_as_the_office_writes():
    usual = box_texts(opened(paper()))
    copied = box_texts(opened(paper(), {"imprint": "cc"}))

    assert [text[:5] for text in usual] == ["送：市委常", "发：市民生", "阜阳市民生"]
    assert usual[-1] == "阜阳市民生办\t2020年9月29日印发"
    assert copied[0].startswith("抄送：市委常委，")
    assert copied[0].endswith("特邀监督员。")
    assert len(copied) == 2


def test_imprint_stands_on_an_upright_sheet_after_a_table_laid_across():
    document = opened(paper(attachments=[table("进度表", landscape=True)]))

    assert edges(document.sections[-1]) == [37, 35, 28, 26]
    assert document.sections[-1].page_width < document.sections[-1].page_height


def test_letter_has_a_name_without_file_two_rules_and_no_number_on_its_first_page():
    document = opened(letter())

    section = document.sections[0]
    name = section.first_page_header.paragraphs[1]
    assert (name.text, section.different_first_page_header_footer) == ("阜阳市民生办", True)
    rules = [
        part.paragraphs[-1]._p.find(f".//{qn('w:pBdr')}")[0]
        for part in (section.first_page_header, section.first_page_footer)
    ]
    assert [rule.get(qn("w:val")) for rule in rules] == ["thickThinSmallGap", "thinThickSmallGap"]
    assert section.first_page_footer.paragraphs[0].text == ""
    assert section.footer.paragraphs[0].text.startswith("— ")
    assert document.paragraphs[0].text == "民督〔2020〕3号"
    assert box_texts(document) == ["抄送：市政府分管领导，市住建局。"]
    assert line(document, "（联系人").text == "（联系人：某某，电话：0558-0000000）"


def test_style_of_the_office_changes_sheet_pitch_fonts_and_red_head():
    style = {
        "margins": {"top": 35, "left": 30},
        "line_pitch": 30,
        "fonts": {"body": "仿宋", "title": "小标宋体"},
        "masthead": "阜阳市民生工作领导小组办公室文件",
    }

    document = opened(paper(), style)

    assert edges(document.sections[0]) == [35, 35, 30, 26]
    assert document.paragraphs[0].text == "阜阳市民生工作领导小组办公室文件"
    body = line(document, "现将1—8月份")
    assert (font(body), body.paragraph_format.line_spacing.pt) == (("仿宋", 16), 30)
    assert font(line(document, "关于2020年"))[0] == "小标宋体"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("style", "said"),
    [
        ({"line_pitch": 12}, "行距应在20磅至40磅之间"),
        ({"margins": {"top": "宽"}}, "天头应在15毫米至60毫米之间"),
        ({"fonts": {"body": "字" * 40}}, "正文的字体名称"),
        ({"imprint": "both"}, "版记写法"),
    ],
)
def test_style_no_sheet_can_have_is_refused(style, said):
    with pytest.raises(Refused, match=said):
        checked_style(style)


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        (
            "关于2020年第三季度全市33项民生工程综合督查情况的通报",
            ["关于2020年第三季度全市33项民生工程", "综合督查情况的通报"],
        ),
        ("关于界首市农村危房改造项目推进缓慢问题的督办函", ["关于界首市农村危房改造项目", "推进缓慢问题的督办函"]),
        (
            "关于贫困地区义务教育学生营养改善计划学校食堂建设进度低于全省平均水平有关问题的督办函",
            ["关于贫困地区义务教育学生营养改善计划", "学校食堂建设进度低于全省平均水平", "有关问题的督办函"],
        ),
        (
            "关于《关于2020年1—7月份全市民生工程进展情况的通报》的更正",
            ["关于《关于2020年1—7月份全市民生工程", "进展情况的通报》的更正"],
        ),
    ],
)
def test_title_of_several_lines_tears_no_word(title, lines):
    assert title_lines(title) == lines


@pytest.mark.parametrize(
    ("characters", "lines"),
    [
        (20, ["（8月；单位：万元；/为无任务）"]),
        # 7 and 9 characters are nearer to each other than 3 and 13
        (12, ["（8月；单位：万元；", "/为无任务）"]),
        (7.5, ["（8月；", "单位：万元；", "/为无任务）"]),
    ],
)
def test_note_of_a_table_breaks_between_its_clauses(characters, lines):
    assert note_lines("（8月；单位：万元；/为无任务）", characters) == lines


def test_note_too_long_for_its_line_is_set_smaller_and_then_in_two_lines():
    # 156 mm are 442 points: 40 characters of 11 points, 44 of 10; 60 stand in two lines of 12
    notes = ["字" * 40, "字" * 30 + "；" + "字" * 29]
    document = opened(paper(attachments=[table(f"表{nth}", note=note) for nth, note in enumerate(notes)]))

    smaller, first, second = (item for item in document.paragraphs if item.text.startswith("字字字"))
    assert (smaller.text, font(smaller)[1]) == (notes[0], 11)
    assert [(item.text, font(item)[1]) for item in (first, second)] == [("字" * 30 + "；", 12), ("字" * 29, 12)]


@pytest.mark.parametrize(("units", "sizes"), [(0, []), (10, [10]), (33, [9, 8, 8, 8]), (12, [6, 6])])
def test_units_are_spread_evenly_over_as_few_sheets_as_hold_them(units, sizes):
    sheets = spread(list(range(units)))

    assert [len(sheet) for sheet in sheets] == sizes
    assert [pk for sheet in sheets for pk in sheet] == list(range(units))


def test_paper_of_a_close_ends_with_an_upright_table_so_that_its_imprint_has_room():
    codes = [code for code, _ in shipped_kinds()["progress"].sections]

    assert codes[-1] == "table_submission"


def test_every_run_names_the_fonts_of_both_scripts_and_properties_stand_in_the_order_of_the_schema():
    document = opened(paper(attachments=[table("进度表", landscape=True), table("报送情况表")]))

    parts = [document.element.body, *(getattr(document.sections[1], name)._element for name in ("header", "footer"))]
    for part in parts:
        for run in part.iter(qn("w:r")):
            if run.find(qn("w:t")) is not None:
                fonts = run.find(qn("w:rPr")).find(qn("w:rFonts"))
                assert all(fonts.get(qn(f"w:{slot}")) for slot in ("ascii", "hAnsi", "eastAsia", "cs"))
        for name, order in SCHEMA.items():
            for properties in part.iter(qn(f"w:{name}")):
                places = [order.split().index(child.tag.split("}")[1]) for child in properties]
                assert places == sorted(places), name


def test_file_is_of_a_present_word_and_chinese_throughout():
    settings = opened(paper()).settings.element

    modes = settings.xpath(".//w:compatSetting[@w:name='compatibilityMode']/@w:val")
    assert (modes, settings.xpath("w:themeFontLang/@w:eastAsia")) == (["15"], ["zh-CN"])


def template(*lines, header=""):
    document = docx.Document()
    for text in lines:
        document.add_paragraph(text)
    document.sections[0].header.paragraphs[0].text = header
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def with_part(data, name, content):
    """The file with one more part, or another content of one."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(buffer, "w") as target:
        for member in source.namelist():
            if member != name:
                target.writestr(member, source.read(member))
        target.writestr(name, content)
    return buffer.getvalue()


CHAPTERS = (
    "{%p for chapter in chapters %}",
    "{{ chapter.number }}、{{ chapter.heading }}",
    "{%p for item in chapter.paragraphs %}",
    "{{ item.text }}",
    "{%p endfor %}",
    "{%p endfor %}",
)
TABLES = ("{%p for attachment in attachments %}", "{{ attachment.title }}", "{{p attachment.table }}", "{%p endfor %}")


def test_template_of_the_office_is_filled_with_text_and_tables():
    own = template("某市公文", "{{ number }}", "{{ title }}", *CHAPTERS, *TABLES, "{{ issued_on }}")
    content = paper(title="关于<甲>&乙的通报", is_demo=True)

    check_template(own)
    made = template_bytes(content, own)

    document = docx.Document(io.BytesIO(made))
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert texts[:4] == ["某市公文", "民生办〔2020〕8号（演示）", "关于<甲>&乙的通报", "一、总体情况"]
    assert [cell.text for cell in document.tables[0].rows[1].cells] == ["1", "甲县", "80.50"]
    assert "演示数据" in "".join(paragraph.text for paragraph in document.sections[0].header.paragraphs)
    assert made == template_bytes(content, own)


def test_table_in_a_template_is_no_wider_than_its_sheet():
    # 10 + 40 + 12 × 20 = 290 mm on the 6 inches (152.4 mm) between the margins of the blank file
    wide = table(
        "进度表", units=[f"县{nth}" for nth in range(12)], rows=[["1", "道路", *["80.50"] * 12]], landscape=True
    )

    made = docx.Document(io.BytesIO(template_bytes(paper(attachments=[wide]), template("{{ title }}", *TABLES))))

    (printed,) = made.tables
    assert sum(column.width.mm for column in printed.columns) == pytest.approx(152.4, abs=0.5)
    # 7.5 points × 152.4 ÷ 290 would be 3.9; nobody reads less than 6
    assert printed.rows[1].cells[2].paragraphs[0].runs[0].font.size.pt == 6


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["{{ tilte }}"], "正文第8段“{{ tilte }}”：没有“tilte”这个名称"),
        (["{{ number"], "正文第8段“{{ number”：标签没有写完整"),
        (["{%p if number %}"], "没有用 {% endfor %} 或 {% endif %} 结束"),
        (["{{ lead.colour }}"], "正文第8段.*没有“colour”这个名称"),
        (["{{ 'a' * 999999999 }}"], "只能用 {{ 名称 }}"),
        (["{{ title.__class__ }}"], "不能用“.__class__”"),
        (["{{ title.upper() }}"], "只能用 {{ 名称 }}"),
        (["{%tr for item in chapters %}", "{{ item.heading }}", "{%tr endfor %}"], "只能写在表格的行里"),
    ],
)
def test_template_with_a_broken_or_unknown_tag_is_refused_with_its_place(lines, said):
    with pytest.raises(Refused, match=said.replace("{", r"\{")):
        check_template(template("{{ title }}", *CHAPTERS, *lines))


GOOD = template("{{ title }}", *CHAPTERS)
LINK = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    b'<Relationship Id="rId9" Type="x" Target="http://a.example/" TargetMode="External"/></Relationships>'
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"hello", "不是 .docx 文件"),
        (with_part(template("x"), "word/document.xml", b"<w"), "读不出来"),
        (with_part(GOOD, "word/vbaProject.bin", b"macro"), "有宏"),
        (with_part(GOOD, "word/_rels/header9.xml.rels", LINK), "指向文件以外的链接（http://a.example/）"),
        (with_part(GOOD, "word/document.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'), "不该有的声明"),
        (b"x" * (5 * 2**20 + 1), "模板文件太大"),
        (template("没有标签"), "模板里要有标题"),
    ],
)
def test_template_that_is_no_plain_docx_is_refused(data, said):
    with pytest.raises(Refused, match=said):
        check_template(data)


def test_template_that_fails_at_rendering_offers_the_standard_layout():
    own = template("{{ title }}", *CHAPTERS, "{{ attachments[0].title }}")

    check_template(own)
    with pytest.raises(TemplateFailed, match="可以先改用标准版式生成"):
        template_bytes(paper(attachments=[]), own)
