"""Workbooks in and out.

In: `guard` (limits, before anything is parsed) → `child` (a process of its own parses into plain cells, with
`archive_marks`, `old_workbooks`, `html_tables`, `number_formats`) → `workbook` (the cells, in the caller's process)
→ `blocks` (tables and their heads) → `roles` (what columns hold) → `rows`, `naming` (what rows are about)
→ `amounts`, `judging`, `sums` (figures, with issues); `origin` says whose return of which month it is, and `reader`
puts the steps together. The catalogue and the averages are read by `tables`, from heads of known labels.
Out: `template` (with `template_page`), generated from the same columns that are read.
Back: `marked` (what to say of a file) → `marked_child` (a process of its own) → `marked_before`, `marked_cells` on the
parts of the archive (`package`), or on a copy of the cells (`marked_copy`).

`guard`, both children and what they call import neither Django nor the rest of the project: they run in bare processes.
"""
