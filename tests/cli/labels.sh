# A special point of one file starts another run; a label that is not there is answered by a near one.
program=$1 folder=$3
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"
"$program" diagram --set feedback=4 --vary bias=-3:3 --out run.json >/dev/null
"$program" locus --from run.json:LP1 --vary feedback=1.5:20 --vary bias=-9:9 --out cusp.json >summary
grep -q '"label": "CP1"' cusp.json
grep -q '^CP1 ' summary

code=0
sentence=$("$program" locus --from run.json:LP9 --vary feedback=1.5:20 --vary bias=-9:9 2>&1) || code=$?
test $code = 2
case $sentence in "moebius: label: 'LP9' came, but "*"did you mean 'LP"*) ;; *) echo "$sentence"; exit 1 ;; esac

sentence=$("$program" locus --from run.json:LP1 --set beta=2 --vary feedback=1.5:20 --vary bias=-9:9 2>&1) && exit 1
test "$sentence" = "moebius: --set: 'beta=2' came beside --from, but the point has its own parameters"

# A file that somebody has changed: the state of LP1 has one number too many.
sed '/"label": "LP1"/,/"state"/ s/"state": \[/"state": [0, /' run.json >two.json
cmp -s run.json two.json && exit 1
code=0
sentence=$("$program" diagram --from two.json:LP1 --vary bias=-3:3 2>&1) || code=$?
test $code = 2
test "$sentence" = "moebius: two.json: /special_points: LP1 has a state of 2 numbers, but that of two-expert has 1"

# Cycles from a Hopf point, cut short, and their fold in two parameters.
"$program" diagram --model softmax --experts 2 --controller integral --set gain=0.1 --set leak=0.08 \
    --vary feedback=2:12 --out control.json >/dev/null
"$program" diagram --from control.json:HB1 --vary feedback=2:12 --max-step 1 --max-points 60 \
    --out cycles.json >/dev/null || test $? = 3
"$program" locus --from cycles.json:LPC1 --vary feedback=3:4 --vary leak=0.075:0.085 --max-step 1 \
    --out folds.json >/dev/null
grep -q '"kind": "fold of cycles"' folds.json

# Cycles are near a Bautin point, and are started from an HB alone.
"$program" locus --model softmax --experts 3 --controller integral,gain=0.5 --vary feedback=1:6 \
    --vary leak=0:2 --out hopf.json >/dev/null
sentence=$("$program" diagram --from hopf.json:GH1 --vary feedback=1:6 --out at_gh.json 2>&1 >/dev/null)
test "$sentence" = "moebius: GH1 is no HB, from which cycles start: equilibria are followed"

# A torus of a rotating wave in two parameters.
"$program" diagram --model softmax --experts 4 --controller integral,gain=0.5 --vary feedback=4:5 \
    --out four.json >/dev/null
"$program" diagram --from four.json:HB1 --vary feedback=4:5 --cycles 4x1 --max-step 0.5 \
    --out waves_of_four.json >/dev/null
"$program" locus --from waves_of_four.json:NS1 --vary feedback=3:7 --vary gain=0.05:1.5 \
    --max-step 0.5 --out tori.json >tori
grep -q '"kind": "torus of cycles"' tori.json
# Its 1:1 resonance is a fold of the cycles at that gain.
resonance=$(awk '$1 == "R1_1" { print $2 }' tori)
"$program" diagram --from tori.json:R1_1 --vary feedback=4:5 --max-step 0.2 --out fold.json >fold
test "$(awk '$1 == "LPC1" { print $2 }' fold)" = "$resonance"
"$program" check tori.json >/dev/null
code=0
"$program" locus --from waves_of_four.json:EP1 --vary feedback=4:5 --vary gain=0.45:0.55 \
    >/dev/null 2>&1 || code=$?
test $code = 2

# A bias is that of one expert, with a start as without: it leaves the group that the start has.
"$program" diagram --model softmax --experts 8 --vary feedback=1:12 --out alike.json >/dev/null
"$program" locus --from alike.json:BP1 --vary feedback=1:12 --vary bias_1=-1:5 >summary
grep -q '^CP1  *3.5  *0.4459101491  *1 + 7 ' summary
"$program" diagram --from alike.json:EP1 --vary bias_3=-1:1 --out third.json >/dev/null
grep -q '"groups": "1-2,4-8 3"' third.json

# What a file was made with is not changed beside --from, and the same may be said again.
"$program" diagram --router top-k,k=2 --experts 4 --vary feedback=1:5 --out router.json >/dev/null
"$program" locus --from router.json:EP1 --router top-k,k=2 --experts 4 --vary feedback=1:5 \
    --vary bias_1=0:1 >/dev/null 2>&1 || test $? = 2
refused() {
    expected=$1
    shift
    code=0
    sentence=$("$program" "$@" 2>&1) || code=$?
    test $code = 2
    test "$sentence" = "moebius: $expected" || { echo "$sentence"; exit 1; }
}
refused '--router: top-k came, but router.json is about top-k,k=2' \
    diagram --from router.json:EP1 --router top-k --vary feedback=1:5
refused '--experts: 8 came, but router.json was made with 4' \
    diagram --from router.json:EP1 --experts 8 --vary feedback=1:5
refused '--noise: none came, but router.json was made with gumbel' \
    diagram --from router.json:EP1 --noise none --vary feedback=1:5

# A point of the discrete rule goes on as one.
"$program" diagram --step 3 --vary feedback=0.5:20 --out map.json >/dev/null
"$program" diagram --from map.json:PD1 --vary feedback=0.5:20 --out again.json >/dev/null
grep -q '"step": 3' again.json
grep -q '"type": "PD"' again.json
refused '--step: 0.2 came, but the point is that of a rule with 3' \
    diagram --from map.json:PD1 --step 0.2 --vary feedback=0.5:20
"$program" locus --from map.json:PD1 --vary feedback=0.5:20 --vary decay=0.5:1.5 --out flips.json >/dev/null
grep -q '"kind": "doubling"' flips.json
"$program" diagram --from map.json:PD1 --period 2 --vary feedback=0.5:20 --out swap.json >/dev/null
refused "--period: 3 came, but the point's is 2: a multiple is needed" \
    diagram --from swap.json:BP1 --period 3 --vary feedback=0.5:20
refused '--from: router.json is about top-k,k=2, but --model is softmax' \
    diagram --from router.json:EP1 --model softmax --vary feedback=1:5

# Rotating waves of alike experts from a multiple Hopf point: their files tell the rotation, and
# their points are starts again.
"$program" diagram --model softmax --experts 3 --controller integral,gain=0.5 --vary feedback=3:4 \
    --out three.json >/dev/null
"$program" diagram --from three.json:HB1 --vary feedback=3:4 --out waves.json >waves
grep -q '"rotation": "(1 2 3)"' waves.json
grep -q '3x1' waves
"$program" diagram --from three.json:HB1 --vary feedback=3:4 --cycles 3x1 --out wave.json >/dev/null
"$program" diagram --from wave.json:LPC1 --vary feedback=3:4 --out on.json >/dev/null
grep -q '"rotation": "(1 2 3)"' on.json
"$program" diagram --from three.json:HB1 --vary feedback=3:4 --cycles settled --out seen.json >/dev/null
grep -q '"rotation": "(1 . .)"' seen.json
refused "cycles: '3' came, but main, all, or GROUPSxSIZE is needed, as in 4x2 for four groups of two in turn, or 1x3 for three experts apart" \
    diagram --from three.json:HB1 --vary feedback=3:4 --cycles 3
refused '--cycles: it came for a start that is no Hopf point, but that does not use it' \
    diagram --from wave.json:LPC1 --vary feedback=3:4 --cycles all
