#!/usr/bin/env python3
"""compare_answers.py OLD NEW: are two result files one answer? For same_answers.sh.

Prints 'bytes' when they are the same but for the named changes below, 'points' when a diagram or
locus took other steps to the same points and branches, else the first difference, with status 1.
"""
import json
import sys

TOLERANCE = 1e-7  # relative, of a point's parameters: what the looser of two located points is good to


def renamed(value):
    """A file as it was before these changes: the search and its options are told now, and what is
    no number is null where "nan" stood."""
    if isinstance(value, dict):
        gone = {"search", "searches", "max_branches"}
        return {name: renamed(part) for name, part in value.items() if name not in gone}
    if isinstance(value, list):
        return [renamed(part) for part in value]
    return None if value == "nan" else value


def points(answer):
    found = [
        (point["type"], point.get("multiplicity", 1), *point["parameters"].values())
        for point in answer["special_points"]
        if point["type"] != "EP"
    ]
    return sorted(found, key=lambda point: (point[0], [round(part, 5) for part in point[1:]]))


def same_points(old, new):
    if len(old) != len(new):
        return f"{len(old)} points, {len(new)} points"
    for was, now in zip(old, new):
        near = all(abs(a - b) <= TOLERANCE * max(1, abs(a)) for a, b in zip(was[1:], now[1:]))
        if was[0] != now[0] or not near:
            return f"{was}, {now}"
    return None


def first_difference(old, new, where=""):
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
        pairs = [(old[name], new[name], f"{where}.{name}") for name in old]
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = [(a, b, f"{where}[{i}]") for i, (a, b) in enumerate(zip(old, new))]
    else:
        return None if old == new else f"{where}: {str(old)[:100]}, {str(new)[:100]}"
    return next(filter(None, (first_difference(*pair) for pair in pairs)), None)


def main():
    old, new = (renamed(json.load(open(path))) for path in sys.argv[1:3])
    difference = first_difference(old, new)
    if difference is None:
        print("bytes")
    elif "special_points" in old and (why := same_points(points(old), points(new))) is None:
        print("points")
    elif "special_points" in old:
        sys.exit(f"points: {why}")
    else:
        sys.exit(difference)


if __name__ == "__main__":
    main()
