# Every result that has a figure is drawn from its file as it was drawn when it was computed.
program=$1 folder=$3
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"
if ! command -v gnuplot >/dev/null; then
    sentence=$("$program" diagram --vary feedback=0.5:20 --plot run.svg 2>&1 >/dev/null) && exit 1
    test "$sentence" = "moebius: gnuplot: it is not installed (Debian has it as gnuplot-nox)"
    exit 0
fi
draw() {
    name=$1 && shift
    "$program" "$@" --out "$name.json" --plot "$name.svg" 2>/dev/null
    "$program" plot "$name.json" --out again.svg
    cmp "$name.svg" again.svg
}
draw diagram diagram --vary feedback=0.5:20
draw locus locus --vary feedback=1.5:20 --vary bias=-9:9
draw sweep sweep --set feedback=4 --vary bias=-3:3 --rate 0.01
draw grid sweep --grid --vary feedback=1:6 --vary bias=-2:2 --points 9
draw simulate simulate --set feedback=1 --batch 64 --steps 50 --burn-in 10
draw simulate_four simulate --experts 4 --set feedback=3 --batch 64 --steps 50 --burn-in 10
draw simulate_twelve simulate --experts 12 --set feedback=3 --batch 64 --steps 50 --burn-in 10
draw exact exact --vary feedback=2:20
grep -q 'branch point (BP)' diagram.svg && grep -q 'BP1' diagram.svg
grep -q 'cusp (CP)' locus.svg && grep -q 'CP1' locus.svg
grep -q 'expert 4' simulate_four.svg && grep -q 'largest of 12 loads' simulate_twelve.svg
# of several pictures the files are told
"$program" train --data teacher:4/8/8/400 --experts 4 --batch 64 --steps 60 --plot several.svg >summary 2>said
test -s several-loads.svg && test -s several-accuracy.svg
grep -q '^moebius: drawn: several-loads.svg, several-accuracy.svg$' said
