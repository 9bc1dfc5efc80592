"""Rules of supervision as data, what they find in a month, and the letters that follow."""
