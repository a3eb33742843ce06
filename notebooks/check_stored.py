# SPDX-License-Identifier: MIT
"""Checks that notebooks are as they are committed: python3 check_stored.py NOTEBOOK...

A committed notebook holds what it shows, of one run from its first cell to its last, so that it can
be read on a page; no cell failed, and every cell has an id. Standard library only.
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
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    if [cell.get("execution_count") for cell in code] != list(range(1, len(code) + 1)):
        found.append("its cells were not run from the first to the last")
    for cell in code:
        if any(output.get("output_type") in ("error", "stream") and output.get("name") != "stdout"
               for output in cell.get("outputs", [])):
            found.append(f"cell '{cell.get('id')}' failed or warned")
    if not any(cell.get("outputs") for cell in code):
        found.append("it shows nothing")
    if not cells or cells[0]["cell_type"] != "markdown":
        found.append("it does not open with its question")
    if not cells or cells[-1]["cell_type"] != "markdown":
        found.append("it does not end with what was seen")
    return found


bad = [f"{file}: {fault}" for file in sys.argv[1:] for fault in faults(file)]
print("\n".join(bad), end="\n" if bad else "", file=sys.stderr)
if bad:
    print("scripts/notebooks.sh --store runs and keeps them", file=sys.stderr)
sys.exit(1 if bad else 0)
