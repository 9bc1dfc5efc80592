"""To-do entries of the supervision app, by theme; `supervision.sections` registers them."""
