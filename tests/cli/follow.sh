# Usage: follow.sh PROGRAM PROJECT FOLDER
# The example holds a loop of its own through standard streams; its branch turns at 5.728416, the least of
# x/m(x), m the mean of tanh((x +- 3.2)/2) (closed form),
# and balance is lost at 2 cosh(1.6)^2 = 13.2866. A loop that answers with nonsense or not at all is refused.
program=$1 project=$2 folder=$3
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"
python3 "$project/scripts/follow_loop.py" "$program" --plot branch.svg >branch.txt
grep -q '>stable<' branch.svg && grep -q '>unstable<' branch.svg
awk '/^fold/ { found++; off = ($4 - 5.728416)/$6; if (off < -4 || off > 4 || $6 > .2) exit 1 } END { exit found != 1 }' branch.txt || {
    cat branch.txt
    exit 1
}
awk '/^balance/ { found++; off = ($6 - 13.2866)/$8; if (off < -4 || off > 4 || $8 > 3) exit 1 } END { exit found != 1 }' branch.txt || {
    cat branch.txt
    exit 1
}
for answer in '{"loads": [0.5]}' '{"loads": [1, 1]}' '{"loads": "all"}' 'none' ''; do
    code=0
    printf '%s\n' "$answer" | "$program" follow >asked.txt 2>said.txt || code=$?
    [ "$code" -ne 0 ] && [ "$code" -lt 100 ] && [ "$(wc -l <said.txt)" -eq 1 ] || {
        printf '%s: exit code %s\n' "$answer" "$code"
        cat said.txt
        exit 1
    }
    grep -q '^{"steps":100,"target":\[' asked.txt
done
