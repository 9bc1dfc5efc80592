"""为什么: every figure with what it is made of, at an address of its own."""
