"""How databases came to look like tables.py says; Alembic runs these, store/schema.py decides when."""
