# SPDX-License-Identifier: MIT
"""Holds results against docs/schema, as strict JSON, and their numbers against a second reading.

usage: check_schema.py SCHEMA FILE...
"""
import json
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema


def no_constant(word):
    raise ValueError(f"{word} is no JSON")


def numbers(value):
    if isinstance(value, dict):
        for part in value.values():
            yield from numbers(part)
    elif isinstance(value, list):
        for part in value:
            yield from numbers(part)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield value


def names_each_once(pairs):
    names = [name for name, _ in pairs]
    assert len(set(names)) == len(names), f"a name comes twice in {names[:9]}"
    return dict(pairs)


def main():
    schema = json.loads(Path(sys.argv[1]).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for file in sys.argv[2:]:
        text = Path(file).read_text(encoding="utf-8")
        result = json.loads(text, parse_constant=no_constant, object_pairs_hook=names_each_once)
        fault = jsonschema.exceptions.best_match(validator.iter_errors(result))
        if fault is not None:
            sys.exit(f"{file}: /{'/'.join(map(str, fault.absolute_path))}: {fault.message[:300]}")
        if '"nan"' in text:
            sys.exit(f"{file}: nan stands as a text where a number belongs")
        for number in numbers(result):
            assert float(repr(number)).hex() == float(number).hex()
        if shutil.which("jq"):
            subprocess.run(["jq", "-e", ".schema", file], check=True, stdout=subprocess.DEVNULL)
    print(f"{len(sys.argv) - 2} results are as {sys.argv[1]} says")


main()
