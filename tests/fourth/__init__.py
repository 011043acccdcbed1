"""A department that the hub does not ship: it is added by a declaration and a folder alone."""
