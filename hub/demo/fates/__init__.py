"""How lives come about: one module for each group of departments, pure functions of chance."""
