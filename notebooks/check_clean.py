# SPDX-License-Identifier: MIT
"""Checks that notebooks are as they are committed: python3 check_clean.py NOTEBOOK...

A committed notebook has no outputs and no execution counts, and every cell has an id, so that
running it changes nothing that git sees. Standard library only.
"""

import json
import sys


def faults(file):
    """What is wrong with a notebook, a sentence each."""
    try:
        with open(file, encoding="utf-8") as text:
            notebook = json.load(text)
    except ValueError:
        return ["it is no JSON file"]
    cells = notebook.get("cells", [])
    ids = [cell.get("id") for cell in cells]
    found = []
    if not all(ids):
        found.append("a cell has no id")
    if len(set(ids)) != len(ids):
        found.append("two cells have the same id")
    for cell in cells:
        if cell.get("outputs"):
            found.append(f"cell '{cell.get('id')}' has outputs")
        if cell.get("execution_count") is not None:
            found.append(f"cell '{cell.get('id')}' has an execution count")
    if not cells or cells[0]["cell_type"] != "markdown":
        found.append("it does not open with its question")
    if not cells or cells[-1]["cell_type"] != "markdown":
        found.append("it does not end with what was seen")
    return found


bad = [f"{file}: {fault}" for file in sys.argv[1:] for fault in faults(file)]
print("\n".join(bad), end="\n" if bad else "", file=sys.stderr)
if any("outputs" in line or "count" in line for line in bad):
    print("jupyter nbconvert --clear-output --inplace NOTEBOOK takes outputs out", file=sys.stderr)
sys.exit(1 if bad else 0)
