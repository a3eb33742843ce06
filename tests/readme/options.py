# SPDX-License-Identifier: MIT
"""options.py PROGRAM PAGE...: every command line that a page names is one of the program, and so are its options.

In backticks and in blocks of code: "moebius COMMAND --option ...". What it prints is another matter (check.sh).
"""
import pathlib
import re
import subprocess
import sys

program, pages = sys.argv[1], [pathlib.Path(name) for name in sys.argv[2:]]


def help_of(*words):
    return subprocess.run([program, *words, "--help"], check=True, capture_output=True, text=True).stdout


listed = help_of().split("Subcommands:\n", 1)[1].split("\n\n", 1)[0]
known = {line.split()[0]: set() for line in listed.splitlines() if re.match(r"  [a-z]", line)}
for name, options in known.items():
    options.update(re.findall(r"--[a-z][a-z0-9-]*", help_of(name)))
known["validate"] |= set(re.findall(r"--[a-z][a-z0-9-]*", help_of("validate", "--trained")))

wrong, count = [], 0
for page in pages:
    text = page.read_text()
    blocks = re.findall(r"^```.*?^```$", text, re.M | re.S) + re.findall(r"^    .*$", text, re.M)
    lines = re.findall(r"`(moebius [^`]*)`", text) + re.findall(r"^ *(?:\$ )?(moebius .*)$", "\n".join(blocks), re.M)
    for line in lines:
        for part in re.split(r"[|;]|&&", line):
            words = part.split()
            if len(words) < 2 or words[0] != "moebius" or not re.fullmatch(r"[a-z]+", words[1]):
                continue
            count += 1
            if words[1] not in known:
                wrong.append(f"{page.name}: {part.strip()}: there is no command {words[1]}")
                continue
            for option in re.findall(r"(?<!\S)(--[a-z][a-z0-9-]*)", part):
                if option not in known[words[1]] | {"--help", "--version"}:
                    wrong.append(f"{page.name}: {part.strip()}: {words[1]} has no {option}")
assert count > 50 and not wrong, "\n".join([f"{count} command lines", *wrong])
print(f"{count} command lines on {len(pages)} pages")
