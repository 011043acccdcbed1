"""The declarations, one module a department; the catalogue finds them by itself."""
