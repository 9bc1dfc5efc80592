"""What the database itself refuses or records for the funding app; applied after every `migrate`.

All statements are idempotent. The triggers that keep amounts, their versions and
revisions are made as those of figures are (`projects.sql.kept_number`).
"""

from funding.sources import CONTAINS
from projects.sql import kept_number

#: The application's role may add rows here but never change or remove one.
APPEND_ONLY = ["fund_plan", "fund_figure_revision"]

#: The application's role may not remove rows: history hangs on them.
NO_DELETE = ["fund_line", "fund_figure"]

READ_ONLY: list[str] = []

_PAIRS = " OR ".join(
    f"(one = '{whole}' AND other IN ({', '.join(repr(part) for part in parts)}))" for whole, parts in CONTAINS.items()
)

#: Total and parts of the same money may not stand side by side (R14); the pairs are those of funding/sources.py.
SOURCES_OVERLAP = f"""
CREATE OR REPLACE FUNCTION fund_source_holds(one varchar, other varchar) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT {_PAIRS}
$$
"""

#: A line belongs to one programme with its sub-project and its unit, and stays what it is.
FUND_LINE_KEY = """
CREATE OR REPLACE FUNCTION fund_line_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.programme_id, NEW.sub_project_id, NEW.participant_id, NEW.source, NEW.kind)
       IS DISTINCT FROM (OLD.programme_id, OLD.sub_project_id, OLD.participant_id, OLD.source, OLD.kind) THEN
        RAISE EXCEPTION '资金线的子项、单位、来源和类别不能改' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM sub_project s
        JOIN project j ON j.id = s.project_id
        JOIN participant p ON p.programme_id = j.programme_id
        WHERE s.id = NEW.sub_project_id AND p.id = NEW.participant_id AND j.programme_id = NEW.programme_id
    ) THEN
        RAISE EXCEPTION '资金线的子项和单位要属于同一年度的民生工程' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""

#: Whatever day one looks at, a total and its parts are not both planned for the same sub-project and unit. Only where
#: lines overlap at all are their days compared: a plan in parts costs one look at the index per line.
FUND_PLAN_INSERTED = """
CREATE OR REPLACE FUNCTION fund_plan_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        WITH place AS (
            SELECT DISTINCT l.programme_id, l.sub_project_id, l.participant_id, l.kind
            FROM changed c
            JOIN fund_line l ON l.id = c.fund_line_id
            JOIN fund_line m ON m.programme_id = l.programme_id AND m.sub_project_id = l.sub_project_id
                AND m.participant_id = l.participant_id AND m.kind = l.kind
            WHERE fund_source_holds(l.source, m.source) OR fund_source_holds(m.source, l.source)
        ),
        line AS (
            SELECT l.id, l.source, l.participant_id, l.sub_project_id, l.kind
            FROM place
            JOIN fund_line l ON l.programme_id = place.programme_id AND l.sub_project_id = place.sub_project_id
                AND l.participant_id = place.participant_id AND l.kind = place.kind
        ),
        turn AS (
            SELECT DISTINCT l.participant_id, l.sub_project_id, l.kind, d.day
            FROM line l
            JOIN fund_plan p ON p.fund_line_id = l.id
            CROSS JOIN LATERAL (VALUES (p.valid_from), (p.valid_to + 1)) AS d (day)
            WHERE d.day IS NOT NULL
        ),
        in_force AS (
            SELECT DISTINCT ON (l.id, t.day)
                   l.id, l.source, l.participant_id, l.sub_project_id, l.kind, t.day, p.amount
            FROM turn t
            JOIN line l ON l.participant_id = t.participant_id
                AND l.sub_project_id = t.sub_project_id AND l.kind = t.kind
            JOIN fund_plan p ON p.fund_line_id = l.id AND p.valid_from <= t.day
                AND (p.valid_to IS NULL OR p.valid_to >= t.day)
            ORDER BY l.id, t.day, p.revision DESC
        )
        SELECT 1 FROM in_force a
        JOIN in_force b ON b.participant_id = a.participant_id AND b.sub_project_id = a.sub_project_id
            AND b.kind = a.kind AND b.day = a.day AND fund_source_holds(a.source, b.source)
        WHERE a.amount IS NOT NULL AND b.amount IS NOT NULL
    ) THEN
        RAISE EXCEPTION '同一子项同一单位的资金计划,合计与分来源不能并存' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
"""

#: Fund figures are of the report's unit and programme; and for one stage either the total or its parts are reported
#: (R14).
FUND_FIGURE_RULES = """
    IF EXISTS (
        SELECT 1 FROM changed c
        JOIN reporting_period p ON p.id = c.period_id
        JOIN fund_line l ON l.id = c.fund_line_id
        JOIN report r ON r.id = c.report_id
        WHERE r.period_id <> c.period_id OR l.programme_id <> p.programme_id
           OR r.participant_id <> l.participant_id
    ) THEN
        RAISE EXCEPTION '这条资金线不属于这份月报' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        WITH beside AS MATERIALIZED (
            SELECT c.period_id, c.stage, m.id
            FROM changed c
            JOIN fund_line l ON l.id = c.fund_line_id
            JOIN fund_line m ON m.programme_id = l.programme_id AND m.sub_project_id = l.sub_project_id
                AND m.participant_id = l.participant_id AND m.kind = l.kind
            WHERE c.state = 'reported'
              AND (fund_source_holds(l.source, m.source) OR fund_source_holds(m.source, l.source))
        )
        SELECT 1 FROM beside b
        JOIN fund_figure f ON f.fund_line_id = b.id AND f.period_id = b.period_id AND f.stage = b.stage
        WHERE f.state = 'reported'
    ) THEN
        RAISE EXCEPTION '同一子项同一单位的同一环节,合计与分来源不能都填' USING ERRCODE = 'check_violation';
    END IF;
"""

#: What is said of a cell of the part "funds" (returned, objected to, evidence) is said of a line of the report's unit.
FUND_CELL = """
CREATE OR REPLACE FUNCTION fund_cell_known() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.part = 'funds' AND NOT EXISTS (
        SELECT 1 FROM fund_line l
        JOIN reporting_period p ON p.programme_id = l.programme_id
        JOIN report r ON r.period_id = p.id
        WHERE r.id = NEW.report_id AND l.participant_id = NEW.participant_id
          AND l.sub_project_id = NEW.sub_project_id
          AND NEW.cell IN (l.id || '-received', l.id || '-disbursed', l.id || '-spent')
    ) THEN
        RAISE EXCEPTION '没有这一格资金' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""

STATEMENTS = [
    SOURCES_OVERLAP,
    FUND_LINE_KEY,
    FUND_PLAN_INSERTED,
    FUND_CELL,
    "DROP TRIGGER IF EXISTS fund_line_key ON fund_line",
    """CREATE TRIGGER fund_line_key BEFORE INSERT OR UPDATE ON fund_line
       FOR EACH ROW EXECUTE FUNCTION fund_line_key()""",
    "DROP TRIGGER IF EXISTS fund_plan_inserted ON fund_plan",
    """CREATE TRIGGER fund_plan_inserted AFTER INSERT ON fund_plan REFERENCING NEW TABLE AS changed
       FOR EACH STATEMENT EXECUTE FUNCTION fund_plan_inserted()""",
    *kept_number(
        "fund_figure",
        noun="资金月报数",
        key=("period_id", "fund_line_id", "stage"),
        key_words="填报期、资金线和环节",
        said=("state", "value", "remark"),
        participant="l.participant_id",
        joins=" JOIN fund_line l ON l.id = c.fund_line_id",
        rules=FUND_FIGURE_RULES,
    ),
    *(
        statement
        for table in ("cell_review", "lead_objection", "evidence")
        for statement in (
            f"DROP TRIGGER IF EXISTS fund_cell_known ON {table}",
            f"""CREATE TRIGGER fund_cell_known BEFORE INSERT OR UPDATE OF part, cell, sub_project_id ON {table}
                FOR EACH ROW EXECUTE FUNCTION fund_cell_known()""",
        )
    ),
]
