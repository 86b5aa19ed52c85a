"""The page that an instructor reads about a class."""

import html


def page(rows, seed):
    """HTML of a class.

    Args:
        rows: `staff.grades.Row`, one for each submission.
        seed: of the run.
    """
    lines = "".join(f"<li>{html.escape(row.submission.id)}: {row.results['score']:g}</li>" for row in rows)
    return f'<!doctype html><html lang="en"><title>Grades</title><p>Seed {seed}</p><ul>{lines}</ul></html>\n'
