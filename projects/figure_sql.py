"""The one statement that stores figures, however many: set-based, because a national month has millions."""

# Revisions and versions are written by the triggers of sql.py. A row that says the same is left alone, so that it
# keeps where it came from. The remark is already settled: the caller holds the report's lock. The moment is that of
# the statement: a save that waited for the lock comes after the signature it waited for.
UPSERT = """
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
RETURNING id, participant_id, indicator_id
"""
