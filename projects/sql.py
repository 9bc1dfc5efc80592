"""What the database itself refuses or records for the projects app; applied after every `migrate`.

All statements are idempotent. Raw SQL of the app lives here, in progress.py, entry_progress.py, cross_rules.py,
figure_sql.py and save_sql.py, nowhere else.
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

#: A number changes while its period is open, or while a reopening names its participant.
_OPEN = """
    IF EXISTS (
        SELECT 1 FROM changed c{joins}
        JOIN reporting_period p ON p.id = c.period_id
        WHERE p.state <> 'open' AND NOT EXISTS (
            SELECT 1 FROM period_reopening o
            JOIN period_reopening_participants n ON n.periodreopening_id = o.id
            WHERE o.period_id = c.period_id AND n.participant_id = {participant}
              AND o.ended_at IS NULL AND o.until > now())
    ) THEN
        RAISE EXCEPTION '该期已封账,{noun}不能改' USING ERRCODE = 'check_violation';
    END IF;
"""

# A version is the database's: any change of what the number says raises it by one.
_VERSION = """
CREATE OR REPLACE FUNCTION {table}_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF ({new_key})
       IS DISTINCT FROM ({old_key}) THEN
        RAISE EXCEPTION '{noun}的{key_words}不能改' USING ERRCODE = 'check_violation';
    END IF;
    IF ({new_said})
       IS DISTINCT FROM ({old_said}) THEN
        NEW.version := OLD.version + 1;
    ELSE
        NEW.version := OLD.version;
    END IF;
    RETURN NEW;
END $$
"""

_INSERTED = """
CREATE OR REPLACE FUNCTION {table}_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {rules}
    INSERT INTO {table}_revision ({table}_id, version, old_state, old_value, {new_columns},
                                  origin, import_batch_id, sheet, cell, changed_at, changed_by_id)
    SELECT id, version, '', NULL, {said}, origin, import_batch_id, sheet, cell, updated_at, updated_by_id
    FROM changed;
    RETURN NULL;
END $$
"""

_UPDATED = """
CREATE OR REPLACE FUNCTION {table}_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {rules}
    INSERT INTO {table}_revision ({table}_id, version, old_state, old_value, {new_columns},
                                  origin, import_batch_id, sheet, cell, changed_at, changed_by_id)
    SELECT c.id, c.version, w.state, w.value, {changed_said}, c.origin, c.import_batch_id, c.sheet, c.cell,
           c.updated_at, c.updated_by_id
    FROM changed c
    JOIN was w ON w.id = c.id
    WHERE c.version <> w.version;
    RETURN NULL;
END $$
"""

_TRIGGERS = (
    ("version", "BEFORE UPDATE", "FOR EACH ROW"),
    ("inserted", "AFTER INSERT", "REFERENCING NEW TABLE AS changed FOR EACH STATEMENT"),
    ("updated", "AFTER UPDATE", "REFERENCING OLD TABLE AS was NEW TABLE AS changed FOR EACH STATEMENT"),
)


def kept_number(
    table: str,
    *,
    noun: str,
    key: tuple[str, ...],
    key_words: str,
    said: tuple[str, ...],
    participant: str = "c.participant_id",
    joins: str = "",
    rules: str = "",
) -> list[str]:
    """Return the statements that keep a table of numbers: its versions, its revisions, no change when closed.

    `key`: columns that never change, `key_words` what they are called; `said`: columns whose change is a new version,
    state first. `participant`: whose number a row of `changed c` is, with the `joins` that needs; `rules`: further
    refusals. The revisions stand in <table>_revision.
    """

    def listed(prefix: str, columns: tuple[str, ...]) -> str:
        return ", ".join(prefix + column for column in columns)

    words = {
        "table": table,
        "noun": noun,
        "key_words": key_words,
        "new_key": listed("NEW.", key),
        "old_key": listed("OLD.", key),
        "new_said": listed("NEW.", said),
        "old_said": listed("OLD.", said),
        "said": listed("", said),
        "changed_said": listed("c.", said),
        "new_columns": listed("new_", said),
        "rules": _OPEN.format(joins=joins, participant=participant, noun=noun) + rules,
    }
    functions = [template.format(**words) for template in (_VERSION, _INSERTED, _UPDATED)]
    triggers = []
    for name, moment, how in _TRIGGERS:
        triggers += [
            f"DROP TRIGGER IF EXISTS {table}_{name} ON {table}",
            f"CREATE TRIGGER {table}_{name} {moment} ON {table} {how} EXECUTE FUNCTION {table}_{name}()",
        ]
    return functions + triggers


STATEMENTS = [
    *kept_number(
        "figure",
        noun="填报数",
        key=("period_id", "participant_id", "indicator_id"),
        key_words="填报期、单位和指标",
        said=("state", "value", "text", "remark"),
    ),
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
