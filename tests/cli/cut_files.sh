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
