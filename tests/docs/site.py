# SPDX-License-Identifier: MIT
"""site.py SITE ROOT PROGRAM: the site of scripts/docs.sh is whole.

Every link within it leads to a page, and to a place in it; every public header has a page that names it; every
command has one with each of its options.
"""
import html.parser
import pathlib
import subprocess
import sys
import urllib.parse

site, root, program = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]), sys.argv[3]


class Links(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.links, self.places = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        facts = dict(attributes)
        self.places.update(value for key, value in attributes if key in ("id", "name") and value)
        for key in ("href", "src"):
            if facts.get(key) is not None and tag in ("a", "img", "link", "script", "iframe", "area"):
                self.links.append(facts[key])


def is_ours(path):  # Doxygen's pages are its own matter but for being there; the explorer is a page of one file
    return "api" not in path.relative_to(site).parts and path.name != "moebius-explore.html"


pages = {path: Links(path.read_text()) for path in site.rglob("*.html") if is_ours(path)}
broken, count = [], 0
for path, page in pages.items():
    if path.name == "404.html":
        continue  # its addresses are from the root of a server
    for link in page.links:
        parts = urllib.parse.urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        count += 1
        target = (path.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else path
        if target.is_dir():
            target = target / "index.html"
        if not target.is_file():
            broken.append(f"{path.relative_to(site)}: {link}")
        elif parts.fragment and target in pages and parts.fragment not in pages[target].places:
            broken.append(f"{path.relative_to(site)}: {link} names no place of that page")
assert count > 100 and not broken, "\n".join(broken[:40])

headers = sorted((root / "include/moebius").rglob("*.hpp"))
listed = pages[site / "headers.html"].links
for header in headers:
    name = header.relative_to(root / "include").as_posix()
    texts = [(site / link).read_text() for link in listed
             if link.startswith("api/") and link.endswith(header.name.replace("_", "__").replace(".", "_8") + ".html")]
    assert any(name in text for text in texts), f"{name} has no page"

# each header that names a source has an entry of its own among the algorithms, with all of its words
algorithms = html.unescape((site / "algorithms.html").read_text())
sourced = [path for path in headers if "/// @source" in path.read_text()]
for header in sourced:
    name = header.relative_to(root / "include").as_posix()
    assert f">{name}</a>" in algorithms, f"{name} has a source, but no algorithm"
assert len(sourced) > 80 and "pseudo-arclength" in algorithms

told = subprocess.run([program, "--help"], check=True, capture_output=True, text=True).stdout
names = [line.split()[0] for line in told.split("Subcommands:\n")[1].split("\n\n")[0].splitlines() if line[2:3].isalpha()]
assert len(names) > 15
for name, *more in [[name] for name in names] + [["validate", "--trained"]]:
    helped = subprocess.run([program, name, *more, "--help"], check=True, capture_output=True, text=True).stdout
    page = html.unescape((site / f"commands/{name}.html").read_text())
    for word in helped.split():
        assert not word.startswith("--") or word in page, (name, word)
print(f"{len(pages)} pages, {count} links, {len(headers)} headers, {len(names)} commands")
