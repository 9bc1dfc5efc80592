"""整改: the ledger, inspections with photos, minutes, and the files kept as evidence."""
