#!/usr/bin/env python3
"""CSV of load logs: rates beside pandas and polars, in seconds of CPU, and those of the whole diagnosis.

    python3 read_logs.py build/release/tests/bench/read_logs build/release/apps/moebius/moebius FOLDER

FOLDER gets two tables of some 40 MB: a row an expert (200 steps of 61 layers of 256), and 2,048 columns
(32 layers of 64 experts). Each is read nine times by each program, in turn, by one thread; least, median
and most are printed, since others use the machine. The sums of the loads must agree.
"""
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

os.environ["POLARS_MAX_THREADS"] = "1"
import numpy
import pandas
import polars


def write_tables(folder):
    draw = numpy.random.default_rng(1)
    counts = draw.multinomial(65536, numpy.full(256, 1 / 256), size=(200, 61))
    with open(folder / "long.csv", "w") as file:
        file.write("step,layer,expert,tokens\n")
        for (step, layer), row in ((place, counts[place]) for place in numpy.ndindex(200, 61)):
            file.writelines(f"{step},{layer},{expert},{count}\n" for expert, count in enumerate(row))
    counts = draw.multinomial(8192, numpy.full(64, 1 / 64), size=(4500, 32)).reshape(4500, -1)
    names = (f"train/TokensTotal/layer{layer}/expert{expert}" for layer in range(32) for expert in range(64))
    with open(folder / "wide.csv", "w") as file:
        file.write(f"Step,{','.join(names)}\n")
        file.writelines(f"{step},{','.join(map(str, row))}\n" for step, row in enumerate(counts))


def of_program(*command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    words = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, words


def of_call(read, file):
    start = time.process_time()
    table = read(file)
    return time.process_time() - start, table


def main():
    reader, moebius, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    write_tables(folder)
    ways = {"read_logs": lambda file: of_program(reader, file),
            "pandas.read_csv": lambda file: of_call(pandas.read_csv, file),
            "polars.read_csv": lambda file: of_call(polars.read_csv, file),
            "wc -l": lambda file: of_program("wc", "-l", file),
            "moebius diagnose": lambda file: of_program(moebius, "diagnose", file, "--threads", "1")}
    for name in ("long.csv", "wide.csv"):
        file = str(folder / name)
        size = os.path.getsize(file) / 1e6
        times = {way: [] for way in ways}
        for _ in range(9):
            for way, read in ways.items():
                seconds, got = read(file)
                times[way].append(seconds)
                if way == "read_logs":
                    loads = float(got[1])
                elif way == "pandas.read_csv":
                    table = got["tokens"] if name == "long.csv" else got.drop(columns="Step")
                    assert loads == table.to_numpy().sum(), name
        for way, seconds in times.items():
            least, median, most = min(seconds), statistics.median(seconds), max(seconds)
            print(f"{name:9}{size:6.1f} MB  {way:19}{least:.3f} {median:.3f} {most:.3f} CPU s"
                  f"{size / most:8.0f} to {size / least:.0f} MB/s, median {size / median:.0f}")


print(f"pandas {pandas.__version__}, polars {polars.__version__}, {time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC")
main()
