"""What a save asks the database, in as few statements as it takes; each is planned once per connection.

Dozens of clerks save at the same moment on the last day of a month. The ORM takes longer to put such a statement
together than the database to run it, so those of the way from the request to the reply stand here as text.
"""

from functools import cache

from livelihood.models import Agency
from livelihood.prepared import Prepared, columns_of
from projects.models import (
    Figure,
    Indicator,
    Milestone,
    Participant,
    Programme,
    Project,
    Report,
    ReportingPeriod,
    SubProject,
    Target,
)

LOCKED = Prepared("SELECT id FROM report WHERE id = %(report)s FOR UPDATE", report="bigint")


@cache
def held_statement(known: tuple[str, ...]) -> Prepared:
    """Return the statement that reads a locked report with its period, programme and reporter.

    Columns: those of the five models, then `known`, expressions over a row of `report`.
    """
    return Prepared(
        f"""
SELECT {columns_of(Report, "report")}, {columns_of(ReportingPeriod, "p")}, {columns_of(Programme, "g")},
       {columns_of(Participant, "u")}, {columns_of(Agency, "a")}{"".join(f", {expression}" for expression in known)}
FROM report
JOIN reporting_period p ON p.id = report.period_id
JOIN programme g ON g.id = p.programme_id
LEFT JOIN participant u ON u.id = report.participant_id
LEFT JOIN agency a ON a.id = report.agency_id
WHERE report.id = %(report)s""",
        report="bigint",
    )


EARLIER = Prepared(
    "SELECT sha256, saved_by_id, reply::text FROM save_batch WHERE report_id = %(report)s AND key = %(key)s",
    report="bigint",
    key="uuid",
)

ANSWERED = Prepared(
    """
INSERT INTO save_batch (report_id, key, sha256, reply, saved_by_id)
VALUES (%(report)s, %(key)s, %(sha256)s, %(reply)s, %(by)s)""",
    report="bigint",
    key="uuid",
    sha256="varchar",
    reply="jsonb",
    by="bigint",
)

# The indicators named and the others of their projects: relations stay within a project. With each, whether an
# active 勾稽关系 has it as a term; most have not, and the statement of the rules need not be asked.
NEAR = Prepared(
    f"""
SELECT {columns_of(Indicator, "i")}, {columns_of(SubProject, "s")}, {columns_of(Project, "j")},
       EXISTS (SELECT 1 FROM cross_term m JOIN cross_rule r ON r.id = m.rule_id
               WHERE m.indicator_id = i.id AND r.is_active)
FROM project j
JOIN sub_project s ON s.project_id = j.id
JOIN indicator i ON i.sub_project_id = s.id
WHERE j.programme_id = %(programme)s AND j.id IN (
    SELECT n.project_id FROM indicator o JOIN sub_project n ON n.id = o.sub_project_id
    WHERE o.id = ANY(%(indicators)s))
ORDER BY i.id""",
    programme="bigint",
    indicators="bigint[]",
)

# Every cell of some participants and indicators: the target in force (R19), the figure, whether it has a flag, and the
# last reported figure of an earlier period. Each is looked for by an index, and the planner is not told how many cells
# there are: a plan for three serves for a thousand. The period comes from a table of one row: named outright it is
# looked up in the statistics, which know nothing of a month that has only begun, and all its figures are read per cell.
CELLS_NEAR = Prepared(
    f"""
WITH before AS MATERIALIZED (
    SELECT id, starts_on, ends_on
    FROM reporting_period
    WHERE programme_id = %(programme)s AND kind = %(kind)s AND ends_on < %(ends_on)s
), here AS MATERIALIZED (SELECT %(period)s AS id)
SELECT u.id, n.id, {columns_of(Target, "t")}, {columns_of(Figure, "f")},
       EXISTS (SELECT 1 FROM figure_flag x WHERE x.figure_id = f.id), l.id, l.value, l.starts_on, l.ends_on
FROM here h
CROSS JOIN unnest((SELECT %(participants)s)) AS u (id)
CROSS JOIN unnest((SELECT %(indicators)s)) AS n (id)
LEFT JOIN LATERAL (
    SELECT c.* FROM target c
    WHERE c.indicator_id = n.id AND c.participant_id = u.id AND c.valid_from <= %(ends_on)s
      AND (c.valid_to IS NULL OR c.valid_to >= %(ends_on)s)
    ORDER BY c.revision DESC LIMIT 1) t ON TRUE
LEFT JOIN LATERAL (
    SELECT v.* FROM figure v
    WHERE v.period_id = h.id AND v.participant_id = u.id AND v.indicator_id = n.id
    LIMIT 1) f ON TRUE
LEFT JOIN LATERAL (
    SELECT b.id, b.value, p.starts_on, p.ends_on
    FROM before p
    CROSS JOIN LATERAL (
        SELECT w.id, w.value FROM figure w
        WHERE w.period_id = p.id AND w.participant_id = u.id AND w.indicator_id = n.id AND w.state = 'reported'
        LIMIT 1) b
    ORDER BY p.ends_on DESC LIMIT 1) l ON TRUE""",
    programme="bigint",
    period="bigint",
    kind="varchar",
    ends_on="date",
    participants="bigint[]",
    indicators="bigint[]",
)

RAISED = Prepared("UPDATE report SET version = version + 1 WHERE id = ANY(%(reports)s)", reports="bigint[]")

# The reports are locked, and what they hold was hashed after that.
RECEIVED = Prepared(
    """
UPDATE report
SET state = 'submitted', version = report.version + 1, content_sha256 = n.sha256, return_reason = '',
    submitted_at = COALESCE(report.submitted_at, statement_timestamp()),
    submitted_by_id = COALESCE(report.submitted_by_id, %(by)s)
FROM unnest(%(reports)s, %(hashes)s) AS n (id, sha256)
WHERE report.id = n.id""",
    reports="bigint[]",
    hashes="varchar[]",
    by="bigint",
)

# What the lines of a report look at beside their own rows: what most reports have none of is asked for only where there
# is some; the period before, and the last issued one, whose averages everybody has seen.
BESIDE = Prepared(
    """
SELECT EXISTS (SELECT 1 FROM cell_review WHERE report_id = %(report)s)
       OR EXISTS (SELECT 1 FROM lead_objection WHERE report_id = %(report)s) AS notes,
       EXISTS (SELECT 1 FROM evidence WHERE report_id = %(report)s) AS evidence,
       EXISTS (SELECT 1 FROM bureau_signature WHERE report_id = %(report)s AND withdrawn_at IS NULL) AS signatures,
       (SELECT p.id FROM reporting_period p
        WHERE p.programme_id = %(programme)s AND p.kind = %(kind)s AND p.ends_on < %(ends_on)s
        ORDER BY p.ends_on DESC LIMIT 1) AS last_id,
       (SELECT p.id FROM reporting_period p
        WHERE p.programme_id = %(programme)s AND p.kind = %(kind)s AND p.ends_on < %(ends_on)s AND p.state = 'issued'
        ORDER BY p.ends_on DESC LIMIT 1) AS issued_id""",
    report="bigint",
    programme="bigint",
    kind="varchar",
    ends_on="date",
)

PLANS = Prepared(
    f"""
SELECT {columns_of(Milestone, "m")} FROM milestone m WHERE m.indicator_id = ANY(%(indicators)s) ORDER BY m.due_on""",
    indicators="bigint[]",
)

FILLERS = Prepared(
    f"""
SELECT s.sub_project_id, {columns_of(Agency, "a")}
FROM assignment s
JOIN agency a ON a.id = s.agency_id
WHERE s.participant_id = %(participant)s""",
    participant="bigint",
)
