"""The one statement that stores figures, however many: set-based, because a national month has millions; and cells."""

from livelihood.prepared import Prepared

# Revisions and versions are written by the triggers of sql.py. A row that says the same is left alone, so that it
# keeps where it came from. The remark is already settled: the caller holds the report's lock. The moment is that of
# the statement: a save that waited for the lock comes after the signature it waited for.
UPSERT = Prepared(
    """
INSERT INTO figure (period_id, report_id, participant_id, indicator_id, state, value, text, remark,
                    version, origin, import_batch_id, sheet, cell, updated_at, updated_by_id)
SELECT %(period)s, e.report_id, e.participant_id, e.indicator_id, e.state, e.value, e.text, e.remark,
       1, %(origin)s, %(import_batch)s, e.sheet, e.cell, statement_timestamp(), %(by)s
FROM unnest(%(reports)s::bigint[], %(participants)s::bigint[], %(indicators)s::bigint[], %(states)s::varchar[],
            %(values)s::numeric[], %(texts)s::text[], %(remarks)s::varchar[], %(sheets)s::varchar[],
            %(cells)s::varchar[])
     AS e (report_id, participant_id, indicator_id, state, value, text, remark, sheet, cell)
ON CONFLICT (period_id, participant_id, indicator_id) DO UPDATE
SET state = EXCLUDED.state, value = EXCLUDED.value, text = EXCLUDED.text, remark = EXCLUDED.remark,
    origin = EXCLUDED.origin, import_batch_id = EXCLUDED.import_batch_id, sheet = EXCLUDED.sheet,
    cell = EXCLUDED.cell, updated_at = EXCLUDED.updated_at, updated_by_id = EXCLUDED.updated_by_id
WHERE (figure.state, figure.value, figure.text, figure.remark)
      IS DISTINCT FROM (EXCLUDED.state, EXCLUDED.value, EXCLUDED.text, EXCLUDED.remark)
RETURNING id, participant_id, indicator_id, state, value, version
""",
    period="bigint",
    reports="bigint[]",
    participants="bigint[]",
    indicators="bigint[]",
    states="varchar[]",
    values="numeric[]",
    texts="text[]",
    remarks="varchar[]",
    sheets="varchar[]",
    cells="varchar[]",
    origin="varchar",
    import_batch="bigint",
    by="bigint",
)

# Every cell of some participants in printed order, with its figure: what is counted of a cell that is not shown, and
# what is shown of one that is.
_CELLS = """
SELECT u.id AS participant_id, i.id AS indicator_id, i.kind, i.additive, i.sub_project_id, s.project_id, j.seq,
       s.lead_agency_id, f.id AS figure_id, f.state, f.value, f.text, f.remark, COALESCE(f.version, 0) AS version,
       EXISTS (SELECT 1 FROM figure_flag g WHERE g.figure_id = f.id) AS is_flagged
FROM project j
JOIN sub_project s ON s.project_id = j.id
JOIN indicator i ON i.sub_project_id = s.id
CROSS JOIN {units} AS u (id, nth)
LEFT JOIN figure f ON f.period_id = %(period)s AND f.participant_id = {unit} AND f.indicator_id = i.id
WHERE j.programme_id = %(programme)s
ORDER BY j.seq, s."order", i."order", i.id, u.nth
"""
CELLS = Prepared(
    _CELLS.format(units="unnest(%(participants)s) WITH ORDINALITY", unit="u.id"),
    period="bigint",
    programme="bigint",
    participants="bigint[]",
)
#: The same of one participant: the planner then knows that its figures are few among the period's.
CELLS_OF_ONE = Prepared(
    _CELLS.format(units="(VALUES (%(participant)s, 1))", unit="%(participant)s"),
    period="bigint",
    programme="bigint",
    participant="bigint",
)
