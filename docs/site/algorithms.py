# SPDX-License-Identifier: MIT
"""The page of algorithms: what the public headers say of how each works, what it costs and where it comes from."""
import html
import re

INTRO = """# Algorithms

How each works, in the words of its header (from which this page is made), what it costs, and the source that it follows. The
equations, and what is known of them in closed form, are in [theory](docs/theory.md); what was measured is in
[results](data/results/README.md).
"""
FIRST = ["solve", "continuation", "bifurcation", "dynamics", "router", "simulate", "diagnose"]  # the others follow by name


def in_markdown(text, root):
    """Words of a comment: equations and what is in backticks stay, what Markdown would read otherwise is quoted, pages are links."""
    if text.startswith("  "):
        return "".join(f"    {line}\n" for line in text.splitlines())
    parts = text.split("`")
    for k in range(0, len(parts), 2):
        plain = re.sub(r"([*_\\[\]|#])", r"\\\1", html.escape(parts[k], quote=False))
        parts[k] = re.sub(r"docs/(\w+)\.md", lambda page: f"[{page[0]}]({page[0]})" if (root / page[0]).exists() else page[0], plain)
    return "`".join(parts)


def paragraphs(lines):
    """Apart, as lines between are empty or the indent of an equation begins or ends."""
    out, before = [], None
    for line in lines:
        kind = "" if not line.strip() else "  " if line.startswith("  ") else "words"
        if kind and kind == before:
            out[-1] += "\n" + line
        elif kind:
            out.append(line)
        before = kind
    return out


def documented(text, stem):
    """(name, what it says, {tag: text}) of each comment that names its source, and of what it stands before; of nothing: its header."""
    for block in re.finditer(r"((?:^ *///.*\n)+)(?: *template.*\n| *\[\[.*\]\]\n)?(?=(.*)\n?(.*))", text, re.M):
        lines = [line.lstrip()[4:].rstrip() for line in block[1].splitlines()]
        name = re.search(r"\b(?:class|struct|enum class) (?:\[\[\w+\]\] )?(\w+)|(\w+)\(|(\w+) =", block[2] + " " + block[3])
        said, tags, tag = [], {}, None
        for line in lines:
            if found := re.match(r"@(\w+) *(.*)", line):
                tag = found[1]
                tags[tag] = f"{tags[tag]}; {found[2]}" if tag in tags else found[2]
            elif tag:
                tags[tag] += " " + line.strip()
            else:
                said.append(line)
        if "source" in tags:
            yield next(filter(None, name.groups())) if block[2] and name else stem, paragraphs(said), tags


def write_algorithms(root, out, page_of):
    """`page_of` is the address of a header's page."""
    headers = sorted((root / "include/moebius").rglob("*.hpp"))
    modules = sorted({path.parent.name for path in headers}, key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name))
    text = [INTRO]
    for module in modules:
        entries = [(path, *entry) for path in headers if path.parent.name == module for entry in documented(path.read_text(), path.stem)]
        text += [f"## {module}", ""] if entries else []
        for path, name, said, tags in entries:
            text += [f"### {name}", ""]
            text += [in_markdown(part, root) + "\n" for part in said]
            text += [f"- {word}: {in_markdown(tags[tag].strip(), root)}" for tag, word in
                     [("source", "Source"), ("cost", "Cost"), ("accuracy", "Accuracy")] if tag in tags]
            text += [f'- Header: <a href="{page_of(path)}">{path.relative_to(root / "include").as_posix()}</a>', ""]
    out.write_text("\n".join(text))
