# Equations in a file: diagrams, and results that carry the text to other runs and another place.
program=$1 source=$2 folder=$3
rm -rf "$folder" && mkdir -p "$folder/there" && cd "$folder"
cp "$source/data/equations/co-oxidation.ode" "$source/data/equations/henon.ode" .
"$program" diagram --equations co-oxidation.ode --vary Q2=0.5:2.3 --out run.json >summary
grep -q '^HB1 *1.04099157 ' summary
mv run.json there && rm co-oxidation.ode && cd there
"$program" locus --from run.json:LP1 --vary q2=0.5:2.3 --vary k=0.05:1.2 --out folds.json >summary
grep -q '^CP1 *1.00640833 ' summary
"$program" check run.json >/dev/null
"$program" check folds.json >/dev/null

# A map needs no --step, and its file says that it is one.
"$program" diagram --equations ../henon.ode --vary a=0.1:1.2 --out map.json >summary
grep -q '^PD1 *0.3675 ' summary
"$program" check map.json >/dev/null
"$program" diagram --equations ../henon.ode --period 2 --vary a=0.1:1.2 >summary
grep -q '^PD1 *0.9125 ' summary

refused() { # SENTENCE WORD...
    wanted="moebius: $1" code=0
    shift
    sentence=$("$program" "$@" 2>&1) || code=$?
    test $code = 2 || { echo "$sentence"; exit 1; }
    case $sentence in "$wanted"*) ;; *) echo "$sentence"; exit 1 ;; esac
}
refused "--equations: ../henon.ode came beside --from, but those of run.json are its own" \
    diagram --from run.json:HB1 --equations ../henon.ode --vary q2=0.5:2.3
refused "--equations: henon came, a map, but maps have diagrams and loci" \
    sweep --equations ../henon.ode --vary a=0.1:1
refused "--step: 0.5 came, but these equations are a map themselves" \
    diagram --equations ../henon.ode --step 0.5 --vary a=0.1:1
refused "missing.ode: No such file or directory" diagram --equations missing.ode --vary a=0:1
printf "# a delay\nx'=delay(x,1)\n" >delay.ode
refused "delay.ode:2: delay came, but delays are not supported" \
    diagram --equations delay.ode --vary a=0:1
refused "--model: it came for --equations, but that does not use it" \
    diagram --equations ../henon.ode --model softmax --vary a=0:1

# What a text says that has no meaning here is told, and changes nothing.
printf "par a=1\nx'=a-x\n@ total=40, dt=0.1\ndone\n" >options.ode
"$program" diagram --equations options.ode --vary a=0:1 >summary 2>told
grep -qx 'moebius: options.ode: without meaning here: @ total dt (line 3)' told

# A sweep without loads: what is left is the fold at x = -1/sqrt 3.
"$program" sweep --equations "$source/data/equations/cusp-form.ode" --set lambda=1 --vary mu=-1:1 >summary
grep -q '^  up .*  x -0.57735 -> ' summary

# A closed curve that no value searched meets is found over the whole window, and missed by check
# where it is left out; what was not found is not said to be nowhere.
printf "par a=-2\nx'=-((x-3)^2+(a-.3)^2-1e-2)*(x+2)\ny'=x-y\n" >isola.ode
"$program" diagram --equations isola.ode --vary a=-2:2 --out isola.json | grep -q '^LP2  *0.2 '
"$program" check isola.json >/dev/null
printf "par a=-2\nx'=1+x^2+a^2\ny'=x-y\n" >none.ode
code=0
"$program" diagram --equations none.ode --vary a=-2:2 >summary 2>told || code=$?
test $code = 3
grep -q 'no equilibrium was found in this window, from [1-9][0-9]* starts; --searches takes more' told

# Cells that are no experts have no loads, and are checked all the same.
printf "par a=0\nm=(x1+x2)/2\nx[1..2]'=-m-(x[j]-m)*(((x[j]-m)^2-1)^2+(a-.37)^2-.01)\n" >cells.ode
"$program" diagram --equations cells.ode --vary a=-2:2 --out cells.json | grep -q '^LP1  *0.47  1 + 1 '
"$program" check cells.json >/dev/null

# At the edge of where f is a number the branch ends, and every row is an equilibrium.
printf "par a=1\nx'=a-sqrt(x)\n" >edge.ode
"$program" diagram --equations edge.ode --vary a=-1:2 --out edge.json 2>told >/dev/null
grep -q 'branch 1 ended early at row 0, a = .*: not_finite' told
"$program" check edge.json >/dev/null

# A result whose text has been changed by somebody.
sed 's/dy.dt=/dy_dt=/' run.json >bad.json
cmp -s run.json bad.json && exit 1
refused "bad.json: " diagram --from bad.json:HB1 --vary q2=0.5:2.3
