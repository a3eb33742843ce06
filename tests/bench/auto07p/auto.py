"""What compare.py and cycles.py share: a program of AUTO-07p's, and the numbers that it writes."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

here = Path(__file__).resolve().parent
auto_library = Path(os.environ.get("AUTO_DIR", "/usr/lib/auto-07p")) / "lib"


def link_auto(folder, model):
    """The program of model.f90."""
    if not shutil.which("gfortran"):
        sys.exit("gfortran is missing: install the package gfortran")
    objects = sorted(auto_library.glob("*.o"))
    if not objects:
        sys.exit(f"AUTO-07p is not in {auto_library}: install the package auto-07p")
    program = Path(folder) / model
    subprocess.run(["gfortran", "-O2", "-std=legacy", "-fopenmp", here / f"{model}.f90",
                    here / "unused.f90", *objects, "-o", program], check=True, cwd=folder)
    return program


def number(word):
    """Fortran drops the E before an exponent of three digits."""
    return float(re.sub(r"(\d)([+-]\d{3})$", r"\1E\2", word))


def rows(folder):
    """The words of every row of fort.7."""
    for line in (Path(folder) / "fort.7").read_text().splitlines():
        words = line.split()
        if len(words) > 5 and words[0] != "0":
            yield words
