# SPDX-License-Identifier: MIT
"""The program `moebius`, where the package alone is installed."""

import os
import sys


def main():
    from . import _core
    code, printed, told = _core.run(sys.argv[1:])
    sys.stderr.write(told)
    sys.stdout.write(printed)
    sys.stdout.flush()
    return code


if __name__ == "__main__":
    os._exit(main())
