# A standard output that takes nothing is told, too.
program=$1
code=0
sentence=$("$program" diagram --vary feedback=0.5:20 2>&1 >/dev/full) || code=$?
test $code = 2
test "$sentence" = "moebius: standard output: No space left on device"
