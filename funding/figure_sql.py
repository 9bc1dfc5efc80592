"""The one statement that stores fund figures, however many; and what is read with a report that is held."""

# Revisions and versions are written by the triggers of sql.py. A row that says the same is left alone, so that it
# keeps where it came from.
UPSERT = """
INSERT INTO fund_figure (period_id, report_id, fund_line_id, stage, state, value, remark, version, origin,
                         import_batch_id, sheet, cell, updated_at, updated_by_id)
SELECT %(period)s, %(report)s, e.fund_line_id, e.stage, e.state, e.value, e.remark, 1, %(origin)s,
       %(import_batch)s, e.sheet, e.cell, now(), %(by)s
FROM unnest(%(lines)s::bigint[], %(stages)s::varchar[], %(states)s::varchar[], %(values)s::numeric[],
            %(remarks)s::varchar[], %(sheets)s::varchar[], %(cells)s::varchar[])
     AS e (fund_line_id, stage, state, value, remark, sheet, cell)
ON CONFLICT (period_id, fund_line_id, stage) DO UPDATE
SET state = EXCLUDED.state, value = EXCLUDED.value, remark = EXCLUDED.remark, origin = EXCLUDED.origin,
    import_batch_id = EXCLUDED.import_batch_id, sheet = EXCLUDED.sheet, cell = EXCLUDED.cell,
    updated_at = EXCLUDED.updated_at, updated_by_id = EXCLUDED.updated_by_id
WHERE (fund_figure.state, fund_figure.value, fund_figure.remark)
      IS DISTINCT FROM (EXCLUDED.state, EXCLUDED.value, EXCLUDED.remark)
RETURNING id, fund_line_id, stage
"""

# Read with every report that is saved to, so written out: the ORM takes as long to put it together as to run it. One of
# the two is looked for, each by an index.
PRESENT = """
CASE WHEN report.participant_id IS NOT NULL
     THEN ARRAY(SELECT DISTINCT l.sub_project_id FROM fund_line l WHERE l.participant_id = report.participant_id)
     ELSE ARRAY(SELECT DISTINCT l.sub_project_id
                FROM sub_project b
                JOIN fund_line l ON l.sub_project_id = b.id
                WHERE b.lead_agency_id = report.agency_id)
END"""
