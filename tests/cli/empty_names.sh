# An empty name is not the same as none, which would mean the standard output.
program=$1
for option in --out --plot; do
    code=0
    sentence=$("$program" diagram --vary feedback=0.5:20 $option "" 2>&1) || code=$?
    test $code = 2
    test "$sentence" = "moebius: $option: '' came, but it must name a file"
done
