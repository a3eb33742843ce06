# Ctrl-C ends a long run with 130, one sentence, and no file. Without --foreground timeout would signal
# the program and then its group, and a second Ctrl-C ends it without a word, as it should.
program=$1 folder=$3
rm -rf "$folder" && mkdir -p "$folder"
code=0
sentence=$(timeout --foreground --preserve-status -s INT 2 "$program" sweep --grid --vary feedback=1:6 \
    --vary bias=-2:2 --points 2000 --out "$folder/grid.json" --plot "$folder/grid.svg" 2>&1) ||
    code=$?
test $code = 130
case $sentence in "moebius: "*": interrupted before it was done") ;; *) exit 1 ;; esac
test -z "$(ls -A "$folder")"
