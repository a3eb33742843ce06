# SPDX-License-Identifier: MIT
"""pages.py PROGRAM ROOT OUT: lays out the pages of the site for MkDocs.

Those that are written are copied. Every command with its options comes from the program's own help, the file formats
from docs/schema, the list of headers from include/, and the page of `moebius explore` from a program that has it.
"""
import html
import json
import pathlib
import re
import shutil
import subprocess
import sys

from algorithms import write_algorithms


def help_of(program, *words):
    return subprocess.run([program, *words, "--help"], check=True, capture_output=True, text=True).stdout


def commands(program):
    """Names and meanings, in the order of the program."""
    listed = help_of(program).split("Subcommands:\n", 1)[1].split("\n\n", 1)[0]
    return [line.strip().split(maxsplit=1)[0] for line in listed.splitlines() if re.match(r"  [a-z]", line)]


def options_as_tables(text):
    """A command's help, what it lists (arguments, options) as tables, the rest as it stands."""
    out = []
    for part in text.strip().split("\n\n"):
        rows = [re.match(r"  (\S.*?)  +(\S.*)", line) for line in part.splitlines()[1:]]
        if part.splitlines()[0] not in ("Options:", "Positionals:") or not all(rows):
            out += ["```text", part, "```", ""]
            continue
        out += [f"## {part.splitlines()[0][:-1]}", "", '<div class="options" markdown="1">', "", "| | |", "| --- | --- |"]
        for option, meaning in (row.groups() for row in rows):
            meaning = html.escape(meaning).replace("|", "&#124;").replace("*", "&#42;")
            out.append(f"| <code>{html.escape(option).replace('|', '&#124;')}</code> | {meaning} |")
        out += ["", "</div>", ""]
    return "\n".join(out)


def write_commands(program, folder):
    folder.mkdir(parents=True)
    names = commands(program)
    index = ["# Commands", "", "From the program's own tables of options; `moebius man FOLDER` makes manual pages of the same.", ""]
    for name in names:
        text = help_of(program, name)
        meaning = text.strip().splitlines()[0]
        index.append(f"- [{name}]({name}.md): {meaning}")
        page = f"# moebius {name}\n\n{options_as_tables(text)}"
        for other in re.findall(rf"'moebius {name} (--[a-z-]+) --help' has its options", text):  # by which it is another command
            page += f"\n# moebius {name} {other}\n\n{options_as_tables(help_of(program, name, other))}"
        (folder / f"{name}.md").write_text(page)
    (folder / "index.md").write_text("\n".join(index) + "\n\n```text\n" + help_of(program).rstrip() + "\n```\n")


def kind_of(part):
    """What a value may be, in a word or by naming its words."""
    if "enum" in part or "const" in part:
        return ", ".join(f"`{word}`" for word in part.get("enum", [part.get("const")]))
    if "$ref" in part:
        return part["$ref"].rsplit("/", 1)[-1]
    if "anyOf" in part or "oneOf" in part:
        return " or ".join(kind_of(one) for one in part.get("anyOf", part.get("oneOf")))
    kind = part.get("type", "")
    return " or ".join(kind) if isinstance(kind, list) else kind


def rows_of(schema):
    for name, part in schema.get("properties", {}).items():
        kind = kind_of(part)
        needed = "yes" if name in schema.get("required", []) else ""
        yield f"| `{name}` | {kind} | {needed} | {part.get('description', '')} |"


def write_formats(root, out):
    text = ["# File formats", "", "What `--out` writes and what `moebius plan` reads, from the schemas in `docs/schema`.", ""]
    for path in sorted((root / "docs/schema").glob("*.json")):
        schema = json.loads(path.read_text())
        text += [f"## {schema['title']}", "", f"[{path.name}](docs/schema/{path.name})", ""]
        for name, part in [("", schema), *schema.get("$defs", {}).items()]:
            rows = list(rows_of(part))
            if rows:
                text += [f"### {name}" if name else "", "", "| key | what | needed | |", "| --- | --- | --- | --- |", *rows, ""]
    out.write_text("\n".join(text))


def header_page(path, all_names):
    """As Doxygen names the page of a file: with its folder where another file has its name."""
    name = path.name if all_names.count(path.name) == 1 else f"{path.parent.name}/{path.name}"
    return "api/" + name.replace("_", "__").replace(".", "_8").replace("/", "_2") + ".html"


def write_headers(root, out):
    text = ["# Public headers", "", "What a program in C++ may include; each page is made by Doxygen from the header.", ""]
    module = None
    headers = sorted((root / "include/moebius").rglob("*.hpp"))
    names = [path.name for path in headers]
    for path in headers:
        header = path.relative_to(root / "include").as_posix()
        if path.parent.name != module:
            module = path.parent.name
            text += [f"## {module}", ""]
        text.append(f'- <a href="{header_page(path, names)}">{header}</a>')
    out.write_text("\n".join(text) + "\n")


def copy_pages(root, out):
    """As they lie in the project, but that the README is the site's first page and folders have none."""
    for folder in ("docs", "data/results"):
        (out / folder).mkdir(parents=True)
        for path in [*(root / folder).glob("*.md"), *(root / folder).glob("*.svg")]:
            text = path.read_text().replace("](../README.md", "](../index.md")
            (out / folder / path.name).write_text(text)
    shutil.copytree(root / "docs/schema", out / "docs/schema")
    for name in ("CONTRIBUTING.md", "SECURITY.md", "docs/site/site.css"):
        shutil.copy(root / name, out)
    (out / "index.md").write_text((root / "README.md").read_text().replace("](data/results)", "](data/results/README.md)"))


def write_explorer(program, out):
    """In a frame of a page, and by itself; or why it is not there."""
    made = subprocess.run([program, "explore", "--out", out / "moebius-explore.html"], capture_output=True, text=True)
    if made.returncode == 0:
        text = """<a href="moebius-explore.html">The page by itself</a> is one file that `moebius explore` writes; it can be kept and sent.

<iframe src="moebius-explore.html" title="moebius explore" width="100%" height="1400" style="border: 1px solid"></iframe>
"""
    else:
        text = f"""`moebius explore` writes a page with sliders and a live loop. The program that made this site lacks it:

> {made.stderr.strip()}
"""
    (out / "explore.md").write_text("# Play with it\n\n" + text)


def main(program, root, out):
    root, out = pathlib.Path(root), pathlib.Path(out)
    copy_pages(root, out)
    write_explorer(program, out)
    write_commands(program, out / "commands")
    write_formats(root, out / "formats.md")
    write_headers(root, out / "headers.md")
    names = [path.name for path in (root / "include/moebius").rglob("*.hpp")]
    write_algorithms(root, out / "algorithms.md", lambda path: header_page(path, names))


main(*sys.argv[1:])
