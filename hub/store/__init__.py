"""PostgreSQL: tables, migrations, facts; every row leaves as a typed value."""
