# SPDX-License-Identifier: MIT
"""Bytes of source files and manuals that lie on any machine with PyTorch."""

import hashlib
import os
import pathlib
import sysconfig

import numpy

PLACES = [sysconfig.get_paths()["purelib"], sysconfig.get_paths()["stdlib"], "/usr/include",
          "/usr/local/cuda/include", "/usr/share/doc"]
ENDS = {"python": (".py",), "headers": (".h", ".hpp", ".hh", ".cuh"),
        "manuals": (".md", ".rst", ".txt", "METADATA")}
SIZES = 200, 400_000     # of a file, in bytes
HELD_OUT = 20            # one file in so many is for validation


def digest(words):
    return hashlib.sha1(words).digest()


def files_of(domain):
    """Files of a domain, in an order that depends on their names within their places alone."""
    found = {}
    for place in PLACES:
        for folder, _, names in os.walk(place):
            for name in names:
                if name.endswith(ENDS[domain]):
                    path = os.path.join(folder, name)
                    found[os.path.realpath(path)] = os.path.relpath(path, place)
    return sorted(found, key=lambda path: digest(found[path].encode()))


def corpus(domain, most):
    """(train, validation, facts): bytes as uint8 arrays; no text comes twice, none is in both.

    most: bytes of training text at most
    """
    parts, seen, size = ([], []), set(), 0
    for path in files_of(domain):
        try:
            text = pathlib.Path(path).read_bytes()
        except OSError:
            continue
        of = digest(text)
        if not SIZES[0] <= len(text) <= SIZES[1] or of in seen:
            continue
        seen.add(of)
        held_out = of[0] % HELD_OUT == 0
        parts[held_out].append(text)
        size += 0 if held_out else len(text)
        if size >= most:
            break
    if len(parts[0]) > 1 and not parts[1]:  # of a few files
        parts[1].append(parts[0].pop())
    train, validation = (numpy.frombuffer(b"".join(part), dtype=numpy.uint8) for part in parts)
    facts = (f"{domain}: {len(train)} bytes of {len(parts[0])} files, {len(validation)} of "
             f"{len(parts[1])} held out, SHA-1 {hashlib.sha1(train).hexdigest()[:12]}")
    return train, validation, facts
