"""What is kept between calls: which cards were shown, what became of them, and who asked.

Nothing of a chart is kept: patients and encounters are keyed hashes, trials, versions and verdicts are names.
SQLAlchemy and alembic are imported by the modules that talk to the database, and those only where one is
talked to: they take longer to load than most commands to run.
"""
