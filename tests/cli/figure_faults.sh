# Whatever happens to gnuplot or to a figure's file: the numbers are kept, a sentence tells it, and the
# exit code is the documented one. Nothing around gnuplot is heeded, and no name is a command.
program=$1 folder=$3
command -v gnuplot >/dev/null || exit 0
rm -rf "$folder" && mkdir -p "$folder/bin" "$folder/none" "$folder/home" "$folder/run" && cd "$folder/run"
exact="$program exact --vary feedback=2:20 --points 5"

# expect CODE SENTENCE COMMAND...
expect() {
    wanted=$1 sentence=$2 code=0 && shift 2
    "$@" >/dev/null 2>../told || code=$?
    test $code = "$wanted" && grep -q "^moebius: $sentence" ../told || { cat ../told; echo "exit $code"; exit 1; }
}

# A gnuplot that is missing, is killed, fails, says nothing.
fake() { printf '#!/bin/sh\n%s\n' "$1" >../bin/gnuplot && chmod +x ../bin/gnuplot; }
kept() { test -s kept.json && test "$(ls)" = kept.json && rm kept.json; }
expect 2 "gnuplot: it is not installed (Debian has it as gnuplot-nox)$" \
    env PATH="$folder/none" $exact --out kept.json --plot lost.svg && kept
fake 'kill -9 $$'
expect 2 "gnuplot: it was ended by signal 9 (Killed)$" \
    env PATH="$folder/bin" $exact --out kept.json --plot lost.svg && kept
fake 'echo one >&2; echo "a reason" >&2; exit 7'
expect 2 "gnuplot: it ended with 7: a reason$" \
    env PATH="$folder/bin" $exact --out kept.json --plot lost.svg && kept
fake 'exit 0'
expect 2 "gnuplot: it drew nothing$" \
    env PATH="$folder/bin" $exact --out kept.json --plot lost.svg && kept
# One that never ends, and Ctrl-C: the numbers are there already.
fake 'exec /bin/sleep 1000'
expect 130 "exact: interrupted by Ctrl-C while a figure was drawn: kept.json has the result$" timeout --foreground --preserve-status -s INT 2 \
    env PATH="$folder/bin" $exact --out kept.json --plot lost.svg && kept

# A disk that is full when the figure comes: files of at most 4 kB; and a device that is always full.
expect 2 "lost.svg: File too large$" \
    sh -c "ulimit -f 8; exec $exact --out kept.json --plot lost.svg" && kept
ln -s /dev/full full.svg
expect 2 "full.svg: No space left on device$" $exact --out kept.json --plot full.svg
rm full.svg && kept

# Settings of the user's, places for drivers and temporary files that are not there, streams closed.
echo '!touch pwned' >../home/.gnuplot
$exact --out plain.json --plot plain.svg >/dev/null
for around in HOME="$folder/home" TMPDIR=/nonexistent GNUTERM=dumb GNUPLOT_LIB=/nonexistent \
    GNUPLOT_DRIVER_DIR=/nonexistent LC_ALL=de_DE.UTF-8 GNUPLOT_FONTPATH=/nonexistent; do
    env "$around" "$program" plot plain.json --out again.svg
    cmp plain.svg again.svg
done
env -u TMPDIR -u HOME "$program" plot plain.json --out again.svg 2>&- <&- >&-
cmp plain.svg again.svg
rm again.svg

# Twice the same bytes, whatever the time; but cairo 1.18 heeds no SOURCE_DATE_EPOCH, and packs a PDF's
# date away with other things.
for kind in svg png pdf; do
    "$program" plot plain.json --out one.$kind
    sleep 1.1
    "$program" plot plain.json --out two.$kind
    if test $kind != pdf || grep -q -a CreationDate one.pdf; then cmp one.$kind two.$kind; fi
done
if grep -a CreationDate one.pdf >date; then grep -q 'CreationDate (D:19700101000000Z)' date; fi
rm date one.* two.* plain.svg

# Names of figures are names.
for name in '`touch pwned`.svg' '$(touch pwned).svg' "'; !touch pwned.svg" '|touch pwned.svg' '-d.svg' "a
!touch pwned.svg"; do
    "$program" plot plain.json --out "./$name"
    test -s "./$name" && rm "./$name"
done
test "$(ls)" = plain.json

# A figure without anything to see is no answer where it was asked for.
"$program" simulate --steps 8 --burn-in 0 --batch 16 --out some.json >/dev/null
python3 -c 'import json, sys
made = json.load(open("some.json"))
for name, column in made["records"].items():
    if name not in ("replica", "step"): column[:] = [None] * len(column)
json.dump(made, open("empty.json", "w"))'
rm some.json
"$program" sweep --set beta=1e8 --vary bias=20:30 --rate 1 --out no_rows.json 2>no_rows.err && exit 1
expect 2 "no_rows.json: figure: no finite point came, but there must be one to draw$" \
    "$program" plot no_rows.json --out no_rows.svg
expect 2 "empty.json: figure: no finite point came, but there must be one to draw$" \
    "$program" plot empty.json --out empty.svg
test ! -e empty.svg
