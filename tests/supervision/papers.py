"""Contents of papers as they are stored, made up for the tests of their layout."""


def paper(**changes):
    """A short 通报 with one table; `changes` replace parts of it."""
    content = {
        "title": "关于2020年1—8月份全市民生工程进展情况的通报",
        "masthead": "阜阳市民生办文件",
        "issuer": "阜阳市民生办",
        "addressees": "各县市区人民政府，市民生工程各成员单位：",
        "lead": {"text": "现将1—8月份实施进展情况通报如下："},
        "chapters": [
            chapter("总体情况", ("", "截至8月31日，全市33项民生工程列入考核的指标121项。")),
            chapter(
                "低于全省平均进度的项目",
                ("“四好农村路”建设", "牵头单位：市交通运输局。"),
                ("就业", "牵头单位：市人社局。"),
            ),
        ],
        "attachments": [table("报送情况表")],
        "sent_to": "市委常委，市政府副市长，省民生办，市人大、市政府、市政协办公室。",
        "distributed_to": "市民生工程各成员单位，各县市区人民政府，各县市区民生办，市级民生工程特邀监督员。",
        "is_demo": False,
        "number": "民生办〔2020〕8号",
        "issued_on": "2020年9月29日",
    }
    return content | changes


def letter(**changes):
    """A 督办函."""
    return paper(
        **{
            "title": "关于界首市农村危房改造项目推进缓慢问题的督办函",
            "layout": "letter",
            "addressees": "界首市人民政府：",
            "chapters": [chapter("办理要求", ("", "逐户查明原因，限期整改。"))],
            "attachments": [],
            "sent_to": "",
            "distributed_to": "",
            "cc": "市政府分管领导，市住建局",
            "annotation": "联系人：某某，电话：0558-0000000",
            "number": "民督〔2020〕3号",
        }
        | changes
    )


def chapter(heading, *paragraphs):
    """A chapter of (label, text) paragraphs."""
    return {
        "heading": heading,
        "paragraphs": [{"label": label, "sentences": [{"text": text}]} for label, text in paragraphs],
    }


def table(
    title, *, units=("得分",), rows=(("1", "甲县", "80.50"), ("2", "乙县", "79.00 ▽1")), landscape=False, note="（8月）"
):
    """A table of places, names and a column per unit."""
    return {
        "title": title,
        "note": note,
        "columns": [
            {"label": "序号", "width": 10, "align": "center"},
            {"label": "项目", "width": 40, "align": "left"},
            *({"label": unit, "width": 20, "align": "right"} for unit in units),
        ],
        "rows": [list(row) for row in rows],
        "is_landscape": landscape,
    }
