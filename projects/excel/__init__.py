"""Workbooks in and out.

In: `guard` (limits, before anything is parsed) → `child` (a process of its own parses into plain cells) →
`workbook` (the cells, in the caller's process) → `recognise` (whose return of which month) → `match` (cells to
figures, with issues). Out: `template`, generated from the same columns that are read.

`guard` and `child` import neither Django nor the rest of the project: they run in the bare process.
"""
