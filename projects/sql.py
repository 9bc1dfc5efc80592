"""What the database itself refuses or records for the projects app; applied after every `migrate`.

All statements are idempotent. Raw SQL of the app lives here, in progress.py, entry_progress.py, cross_rules.py and
figure_sql.py, nowhere else.
"""

#: The application's role may add rows here but never change or remove one.
APPEND_ONLY = ["figure_revision", "report_approval", "target", "reminder", "outage"]

#: The application's role may not remove rows: history hangs on them.
NO_DELETE = [
    "figure",
    "report",
    "reporting_period",
    "period_reopening",
    "import_batch",
    "bureau_signature",
    "cell_review",
    "lead_confirmation",
    "lead_objection",
    "evidence",
    "cross_rule",
]

READ_ONLY: list[str] = []

#: A figure's version is the database's: any change of what it says raises it by one.
FIGURE_VERSION = """
CREATE OR REPLACE FUNCTION figure_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.period_id, NEW.participant_id, NEW.indicator_id)
       IS DISTINCT FROM (OLD.period_id, OLD.participant_id, OLD.indicator_id) THEN
        RAISE EXCEPTION '填报数的填报期、单位和指标不能改' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.state, NEW.value, NEW.text, NEW.remark)
       IS DISTINCT FROM (OLD.state, OLD.value, OLD.text, OLD.remark) THEN
        NEW.version := OLD.version + 1;
    ELSE
        NEW.version := OLD.version;
    END IF;
    RETURN NEW;
END $$
"""

#: Figures change while their period is open, or while a reopening names their participant.
FIGURE_OPEN = """
    IF EXISTS (
        SELECT 1 FROM changed c
        JOIN reporting_period p ON p.id = c.period_id
        WHERE p.state <> 'open' AND NOT EXISTS (
            SELECT 1 FROM period_reopening o
            JOIN period_reopening_participants n ON n.periodreopening_id = o.id
            WHERE o.period_id = c.period_id AND n.participant_id = c.participant_id
              AND o.ended_at IS NULL AND o.until > now())
    ) THEN
        RAISE EXCEPTION '该期已封账,填报数不能改' USING ERRCODE = 'check_violation';
    END IF;
"""

FIGURE_INSERTED = f"""
CREATE OR REPLACE FUNCTION figure_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {FIGURE_OPEN}
    INSERT INTO figure_revision (figure_id, version, old_state, old_value, new_state, new_value,
                                 new_text, new_remark, origin, import_batch_id, sheet, cell,
                                 changed_at, changed_by_id)
    SELECT id, version, '', NULL, state, value, text, remark, origin, import_batch_id, sheet, cell,
           updated_at, updated_by_id
    FROM changed;
    RETURN NULL;
END $$
"""

FIGURE_UPDATED = f"""
CREATE OR REPLACE FUNCTION figure_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {FIGURE_OPEN}
    INSERT INTO figure_revision (figure_id, version, old_state, old_value, new_state, new_value,
                                 new_text, new_remark, origin, import_batch_id, sheet, cell,
                                 changed_at, changed_by_id)
    SELECT c.id, c.version, w.state, w.value, c.state, c.value, c.text, c.remark, c.origin,
           c.import_batch_id, c.sheet, c.cell, c.updated_at, c.updated_by_id
    FROM changed c
    JOIN was w ON w.id = c.id
    WHERE c.version <> w.version;
    RETURN NULL;
END $$
"""

STATEMENTS = [
    FIGURE_VERSION,
    FIGURE_INSERTED,
    FIGURE_UPDATED,
    "DROP TRIGGER IF EXISTS figure_version ON figure",
    """CREATE TRIGGER figure_version BEFORE UPDATE ON figure
       FOR EACH ROW EXECUTE FUNCTION figure_version()""",
    "DROP TRIGGER IF EXISTS figure_inserted ON figure",
    """CREATE TRIGGER figure_inserted AFTER INSERT ON figure REFERENCING NEW TABLE AS changed
       FOR EACH STATEMENT EXECUTE FUNCTION figure_inserted()""",
    "DROP TRIGGER IF EXISTS figure_updated ON figure",
    """CREATE TRIGGER figure_updated AFTER UPDATE ON figure
       REFERENCING OLD TABLE AS was NEW TABLE AS changed
       FOR EACH STATEMENT EXECUTE FUNCTION figure_updated()""",
    # PostgreSQL never analyses a table of a dozen rows by itself, and guesses a unit's cells at one without.
    *(
        f"ALTER TABLE {table} SET (autovacuum_analyze_threshold = 1)"
        for table in (
            "programme",
            "participant",
            "project",
            "sub_project",
            "indicator",
            "milestone",
            "reporting_period",
        )
    ),
]
