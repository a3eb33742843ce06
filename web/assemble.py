# SPDX-License-Identifier: MIT
"""assemble.py PARTS ENGINE_JS ENGINE_WASM DIGITS OUT: one HTML file of the page's parts.

PARTS/index.html names what goes where: {{file}} is a file of the folder, {{engine.js}} the engine's
loader; {{engine.wasm}} and {{digits.csv}} are compressed (gzip) and written in base64, as a page opens
them by DecompressionStream.
"""
import base64
import gzip
import pathlib
import re
import sys


def packed(path):
    return base64.b64encode(gzip.compress(pathlib.Path(path).read_bytes(), 9, mtime=0)).decode()


def main(parts, engine_js, engine_wasm, digits, out):
    folder = pathlib.Path(parts)

    def part(found):
        name = found[1]
        if name == "engine.js":
            return pathlib.Path(engine_js).read_text()
        if name == "engine.wasm":
            return packed(engine_wasm)
        if name == "digits.csv":
            return packed(digits)
        text = (folder / name).read_text()
        if "</script" in text or "</style" in text:
            sys.exit(f"{name}: it would end the element that it stands in")
        return text

    page = re.sub(r"\{\{([a-z_.]+)\}\}", part, (folder / "index.html").read_text())
    pathlib.Path(out).write_text(page)


main(*sys.argv[1:])
