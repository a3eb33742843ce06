# What a program found is held against its model by itself: sound files pass, and faults that are planted in them do not.
program=$1 folder=$3
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"

# expect CODE WORDS ARG...: the exit code of a check, and what the terminal says
expect() {
    code=$1 words=$2
    shift 2
    status=0
    said=$("$program" check "$@" 2>&1) || status=$?
    test "$status" = "$code" && case $said in *"$words"*) return 0 ;; esac
    echo "check $*: $status, $said"
    exit 1
}

"$program" diagram --model softmax --experts 6 --vary feedback=2:9 --out run.json >/dev/null
expect 0 "stable states" run.json
expect 0 "stable states" run.json --out report.json
grep -q '"schema": "moebius.check/1"' report.json
grep -q '"faults": \[\]' report.json
expect 0 "kind,judged,wrong,not_judged" run.json --format csv

# One expert's bias, and groups that the file alone tells.
"$program" diagram --model softmax --experts 6 --set bias_1=0.05 bias_3=0.05 --vary feedback=2:9 --out biased.json >/dev/null
expect 0 "stable states" biased.json
"$program" diagram --model softmax --experts 4 --set feedback=6 --vary bias_2=-1:1 --out bias.json >/dev/null
expect 0 "LP " bias.json

# A part of a diagram claims no whole.
"$program" diagram --from run.json:EP1 --vary feedback=2:12 --out part.json >/dev/null
expect 0 "EP " part.json

# Faults: the fold's place, its type, the branch point's multiplicity.
sed '/"label": "LP1"/,/"state"/ s/"state": \[/"state": [1e-4, /' run.json >states.json
expect 3 "LP1: it is no point of this problem" states.json
sed '/"label": "LP1"/,/"type"/ s/"type": "LP"/"type": "BP"/' run.json >type.json
expect 3 "wrong: LP1: the rank of (f_x, f_p) drops by 0, and 1 it says" type.json
sed '/"label": "BP1"/,/"multiplicity"/ s/"multiplicity": 5/"multiplicity": 4/' run.json >times.json
cmp -s run.json times.json && exit 1
expect 3 "wrong: BP1: 5 eigenvalues are 0 +0 i, and 4 it says" times.json

# A locus, points of groups of experts in it, and one of them taken up again.
"$program" locus --model softmax --experts 8 --vary feedback=1:14 --vary bias_1=-4:4 --out locus.json >/dev/null
expect 0 "CP " locus.json
expect 0 "curves of unstable states" locus.json
"$program" locus --from locus.json:CP1 --vary feedback=1:14 --vary bias_1=-4:4 --out again.json >/dev/null
expect 0 "CP " again.json

# A BT in which a Hopf curve meets a curve of branch points stands on both.
"$program" locus --controller integral --set leak=0.1 --vary feedback=0.5:12 --vary gain=0.001:1 --out bt.json >/dev/null
expect 0 "BT " bt.json

# A rule of finite step; the end of a window on a branch point.
"$program" diagram --step 0.3 --vary feedback=-30:20 --out map.json >/dev/null
expect 0 "PD " map.json
"$program" diagram --step 0.5 --period 2 --vary feedback=-9:0.5 --out swap.json >/dev/null
expect 0 "BP " swap.json
"$program" locus --step 0.5 --controller integral --vary feedback=1:20 --vary gain=0.1:40 --out torus.json >/dev/null
expect 0 "R4 " torus.json
sed 's/"type": "R4"/"type": "R3"/' torus.json >third.json
expect 3 "0 eigenvalues are" third.json
"$program" diagram --model softmax --experts 8 --vary feedback=8:12 --out edge.json >/dev/null
expect 0 "EP " edge.json

# Where nothing was found nothing is wrong, nor where no point stands; a whole diagram that is empty is.
"$program" locus --model softmax --experts 4 --set bias_2=0 --vary feedback=0.2:0.5 --vary beta=1:2 --out none.json >/dev/null 2>&1 ||
    test $? = 3
expect 0 "curves of unstable states" none.json
"$program" locus --model softmax --experts 2 --controller integral --vary feedback=0.5:12 --vary gain=0.001:1 --out hopf.json >/dev/null
grep -q '"special_points": \[\]' hopf.json
expect 0 "rows " hopf.json
sed -e 's/locus/diagram/' -e 's/"vary": .*\]/"vary": ["feedback=0.2:0.5"]/' none.json >empty.json
expect 3 "is on no branch" empty.json

# Closed forms, and what is planted in them.
"$program" exact --set feedback=4 bias=0.1 --vary feedback=2:20 --out exact.json >/dev/null
expect 0 "CP " exact.json
"$program" exact --model softmax --experts 6 --set decay=0.5 beta=2 feedback=4 --vary feedback=1:20 --out six.json >/dev/null
expect 0 "LP " six.json
"$program" exact --model exact-k --experts 6 --set feedback=4 --out exact-k.json >/dev/null
expect 0 "BP " exact-k.json
sed '/"pitchfork"/ s/"feedback":2.0/"feedback":2.1/' exact.json >fork.json
expect 3 "wrong: pitchfork: 0 eigenvalues are 0 +0 i, and 1 it says" fork.json
sed '/"cusp"/ s/"cubic":-0.083/"cubic":-0.073/' exact.json >cusp.json
expect 3 "wrong: cusp: cubic is -0.073" cusp.json
sed '/"balanced"/ s/"multiplicity":5/"multiplicity":4/' six.json >balanced.json
expect 3 "wrong: balanced: 5 eigenvalues are 0 +0 i, and 4 it says" balanced.json
sed '/"equilibria"/,/"stable"/ s/"stable": \[1,0,1/"stable": [1,1,1/' exact.json >stable.json
expect 3 "it is called stable, and is not" stable.json
sed 's/"pitchfork": {"feedback"/"pitchfork": {"feed"/' exact.json >lacks.json
expect 2 "moebius: lacks.json" lacks.json

# What no check is about.
"$program" sweep --set feedback=4 --vary bias=-3:3 --rate 0.1 --out sweep.json >/dev/null
expect 2 "moebius: sweep.json" sweep.json
expect 2 "moebius: check: --residual is 0, but it must be > 0 and finite" run.json --residual 0
sed 's/"model": "softmax"/"model": "soft"/' run.json >model.json
expect 2 "moebius: model.json" model.json
sed 's/"feedback=2:9"/"feedback=9:2"/' run.json >range.json
expect 2 "moebius: range.json" range.json

# Groups of another number of experts make no other model.
sed 's/"groups": "1-6"/"groups": "1-9"/' run.json >groups.json
expect 2 "groups 1-9 came, but each of its 6 cells must be in one" groups.json
status=0
said=$("$program" diagram --from groups.json:BP1 --vary feedback=2:9 2>&1) || status=$?
test "$status" = 2
test "$said" = "moebius: groups.json: softmax: groups 1-9 came, but each of its 6 cells must be in one"
