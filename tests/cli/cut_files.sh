# A text whose last line has no end may be cut off in its last number: whatever reads it says so.
program=$1 folder=$3
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"

# tells FILE ARGUMENT...: of the file as it is, and not with the end
tells() {
    file=$1
    shift
    "$program" "$@" >whole 2>told
    grep -qx "moebius: the last line of $file has no end: where the file was cut off, its last number may be a part of one" told
    test "$(grep -c 'has no end' told)" = 1
    echo >>"$file"
    "$program" "$@" >ended 2>told
    if grep 'has no end' told; then exit 1; fi
    cmp whole ended
}

printf "x'=a-x\npar a=12" >cut.ode
tells cut.ode diagram --equations cut.ode --vary a=0:1
printf '0,1\n1,0\n2,12' >tokens.csv
tells tokens.csv simulate --model token-softmax --tokens tokens.csv --gate logits --steps 20 --batch 4
printf '0,1,0\n1,0,1\n2,12,0\n3,1,1\n1,1,0\n1,2,1' >data.csv
tells data.csv train --data data.csv --steps 2 --batch 2

# a sweep says it of the files that its points read, once, and in the check before
swept() {
    file=$1
    shift
    sed "s/COMMAND/$*/" >sweep.json
    for word in "plan check" "run" "run --threads 2"; do
        rm -rf sweep.json.journal
        "$program" $word sweep.json >whole 2>told
        test "$(cat told)" = "moebius: the last line of $file has no end: where the file was cut off, its last number may be a part of one"
    done
    echo >>"$file"
    rm -rf sweep.json.journal
    "$program" run sweep.json >whole 2>told
    test ! -s told
}
printf "x'=a-x\npar a=12" >cut.ode
swept cut.ode diagram --equations cut.ode --vary a=0:1 <<'END'
{"schema": "moebius.plan/1", "command": "COMMAND", "keep": {"points": "/branches/#"},
 "axes": [{"option": "max-step", "from": 0.1, "to": 0.2, "points": 8}]}
END
printf '0,1\n1,0\n2,12' >tokens.csv
swept tokens.csv simulate --tokens tokens.csv --gate logits --steps 20 --batch 4 <<'END'
{"schema": "moebius.plan/1", "command": "COMMAND", "keep": {"mean": "/summary/gap_mean/0"},
 "axes": [{"parameter": "feedback", "from": 0.5, "to": 1, "points": 8}]}
END
printf 'step,layer0\/expert0,layer0\/expert1\n0,1,2\n1,2,12' >log.csv
swept log.csv diagnose log.csv <<'END'
{"schema": "moebius.plan/1", "command": "COMMAND", "keep": {"most": "/layers/max_over_mean/0"},
 "axes": [{"option": "window", "values": [1, 2, 3]}]}
END

# nothing is said where nothing is cut: blanks, remarks, what stands behind the end
silent() {
    "$program" "$@" >whole 2>told
    test ! -s told && ! grep 'has no end' whole
}
printf "x'=a-x\npar a=12\ndone\nwhat a=3" >cut.ode
silent diagram --equations cut.ode --vary a=0:1
printf "x'=a-x\npar a=12\n# dx/dt" >cut.ode
silent diagram --equations cut.ode --vary a=0:1
printf '0,1\n1,0\n2,12\n  ' >tokens.csv
silent simulate --model token-softmax --tokens tokens.csv --gate logits --steps 20 --batch 4
printf 'step,layer0/expert0,layer0/expert1\n0,1,2\n1,2,12\n ' >log.csv
silent diagnose log.csv
# what XPP takes for done may be a part of dy/dt
for cut in d dy; do
    printf "dx/dt=a-x\npar a=12\n$cut" >cut.ode
    tells cut.ode diagram --equations cut.ode --vary a=0:1
done
