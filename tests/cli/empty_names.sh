# An empty name is not the same as none, which would mean the standard output.
program=$1
for option in --out --plot; do
    code=0
    sentence=$("$program" diagram --vary feedback=0.5:20 $option "" 2>&1) || code=$?
    test $code = 2
    test "$sentence" = "moebius: $option: '' came, but it must name a file"
done
# Nor is an empty word: a shell makes one of a variable that is not set.
for option in --router --from --tokens; do
    code=0
    sentence=$("$program" diagram --vary feedback=0.5:20 $option "" 2>&1) || code=$?
    test $code = 2
    test "$sentence" = "moebius: $option: '' came, but it must not be empty"
done
