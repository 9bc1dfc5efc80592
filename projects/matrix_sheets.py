"""A project's table on paper: no more indicators side by side than can be read, the units repeated in each block."""

from math import ceil

from projects.matrix_page import MatrixPage

#: How many indicators (of four columns each) stand side by side in a block.
SHEET_INDICATORS = 6
#: Up to this many the table itself fits the widest sheet.
TABLE_INDICATORS = 9


def matrix_sheets(page: MatrixPage) -> list[dict]:
    """Return the blocks of columns as printed one after another: indicators, rows (row, cells), number; [] if one does.

    The blocks are of like width. No query of its own.
    """
    count = len(page.indicators)
    if count <= TABLE_INDICATORS:
        return []
    size = ceil(count / ceil(count / SHEET_INDICATORS))
    return [
        {
            "number": start // size + 1,
            "indicators": page.indicators[start : start + size],
            "rows": [{"row": row, "cells": row["cells"][start : start + size]} for row in page.rows],
        }
        for start in range(0, count, size)
    ]
