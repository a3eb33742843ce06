# SPDX-License-Identifier: MIT
import re
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_lines_of_the_readme_draw_a_figure(tmp_path, monkeypatch):
    block = re.search(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
    monkeypatch.chdir(tmp_path)
    exec(block.group(1), {})  # noqa: S102
    assert (tmp_path / "cusp.png").stat().st_size > 5000
