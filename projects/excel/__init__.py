"""Workbooks in and out.

In: `guard` (limits, before anything is parsed) → `child` (a process of its own parses into plain cells, with
`archive_marks`, `old_workbooks`, `html_tables`, `number_formats`) → `workbook` (the cells, in the caller's process)
→ `blocks` (tables and their heads) → `roles` (what columns hold) → `rows`, `naming` (what rows are about)
→ `amounts`, `judging`, `sums` (figures, with issues); `origin` says whose return of which month it is, and `reader`
puts the steps together. The catalogue and the averages are read by `tables`, from heads of known labels.
Out: `template`, generated from the same columns that are read.

`guard`, `child` and what it calls import neither Django nor the rest of the project: they run in the bare process.
"""
