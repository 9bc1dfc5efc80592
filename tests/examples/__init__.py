"""How a page, a rule and a job are tested here: read these first, copy them, and change the names."""
