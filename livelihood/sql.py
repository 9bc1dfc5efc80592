"""What the database itself refuses for the shared tables; applied after every `migrate`."""

APPEND_ONLY = ["audit_event", "audit_seal"]

NO_DELETE = ["account", "job", "region", "agency"]

READ_ONLY: list[str] = []

#: Writers hold this lock shared until their transaction ends; the sealer takes it alone and then
#: knows that no event with a smaller id can still appear.
AUDIT_LOCK = 7_105_001

AUDIT_WRITER = f"""
CREATE OR REPLACE FUNCTION audit_writer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared({AUDIT_LOCK});
    RETURN NULL;
END $$
"""

STATEMENTS = [
    AUDIT_WRITER,
    "DROP TRIGGER IF EXISTS audit_writer ON audit_event",
    """CREATE TRIGGER audit_writer BEFORE INSERT ON audit_event
       FOR EACH STATEMENT EXECUTE FUNCTION audit_writer()""",
]
