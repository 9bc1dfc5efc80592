"""核对: the lines of a snapshot that concern one unit or one lead agency, and what they say of them before issue."""
