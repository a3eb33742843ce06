# What the program does where its standard streams are closed, full, or read by nobody, and with little of everything.
program=$1 folder=$3
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"
diagram="$program diagram --vary feedback=0.5:20"

# ends CODE COMMAND...
ends() {
    want=$1 && shift
    code=0
    "$@" || code=$?
    test $code = "$want"
}
# An unwritable standard error loses neither the answer nor the exit code.
ends 2 $program diagram --vary feedback=bogus 2>/dev/full
ends 2 $program diagram --vary feedback=bogus 2>&-
ends 0 $program diagram --router probmoe-dynamic-k --tokens mixture:0/1 --vary feedback=0.5:2 --out kept.json \
    >/dev/null 2>/dev/full
ends 0 $diagram --out whole.json >summary 2>&-
test -s kept.json && test -s summary

# A result never lands on a closed stream's descriptor, nor the words for one in it.
ends 2 $diagram --out closed.json <&- >&- 2>&-
sed 's/closed.json/whole.json/' closed.json | cmp - whole.json
ends 2 $diagram --out closed.json --plot closed.svg >&- 2>sentences
test "$(cat sentences)" = "moebius: standard output: Bad file descriptor"
if command -v gnuplot >/dev/null; then test -s closed.svg; fi
ends 2 $diagram --out - >&- 2>sentences
test "$(cat sentences)" = "moebius: standard output: Bad file descriptor"
ends 2 $program --help >/dev/full 2>sentences
test "$(cat sentences)" = "moebius: standard output: No space left on device"

# Nobody reads: no word, a code of its own, and files are whole.
for words in "--out -" "--out piped.json" "--format csv"; do
    (sleep 0.5 && code=0 && $diagram $words 2>sentences || code=$?; echo $code >code) | true
    test "$(cat code)" = 141
    test ! -s sentences
done
sed 's/piped.json/whole.json/' piped.json | cmp - whole.json
mkfifo pipe
cat pipe >from_pipe &
ends 0 $diagram --out pipe >/dev/null
wait
sed 's/--out pipe/--out whole.json/' from_pipe | cmp - whole.json

# Few descriptors, a small stack, another language, no TMPDIR. The sanitizers' frames are many times as large.
stack=64
! grep -q __asan_init "$program" || stack=2048
(ulimit -n 16 && exec $diagram --out few.json >/dev/null)
sed 's/few.json/whole.json/' few.json | cmp - whole.json
(
    ulimit -s $stack
    ends 0 $diagram --out small.json >/dev/null
    ends 0 $program locus --vary feedback=1.5:20 --vary bias=-9:9 >/dev/null
    ends 0 $program train --data mixture:3/4 --steps 20 >/dev/null
    ends 0 $program train --data "$2/data/digits.csv" --hidden 128,128 --steps 2 --record-every 2 >/dev/null
    ends 0 $program train --data "$2/data/digits.csv" --router soft-moe --patch 4 --experts 2 --steps 2 --record-every 2 >/dev/null
    ends 0 $program simulate --steps 20 --burn-in 2 >/dev/null
    ends 0 $program diagram --from small.json:BP1 --vary feedback=1:4 >/dev/null
    # gnuplot 6 cannot live in that
    if command -v gnuplot >/dev/null; then
        $program plot small.json --out small.svg 2>sentences ||
            { test $? = 2 && grep -q '^moebius: gnuplot: it was ended by signal 11' sentences && test ! -e small.svg; }
    fi
)
for variable in LC_ALL=de_DE.UTF-8 LC_ALL=C -uTMPDIR; do
    env "$variable" $diagram --out other.json >other
    sed 's/other.json/whole.json/' other.json | cmp - whole.json
    cmp other summary
done

# Control characters of a name or a file do not reach a terminal.
escape=$(printf '\033[2J')
ends 2 $program diagram --vary "feedback${escape}=0:1" 2>sentences
ends 2 $program plot "none$escape" --out x.svg 2>>sentences
ends 2 $program "di${escape}gram" 2>>sentences
ends 109 $program diagram "--va${escape}ry" 2>>sentences
test "$(wc -l <sentences)" = 4
test "$(tr -d '[:print:]\n' <sentences | wc -c)" = 0
grep -q 'x1b\[2J' sentences
