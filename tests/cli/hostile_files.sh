# Files from outside are refused with a sentence of file, place and rule, in a second and 200 MB, and
# nothing is written.
program=$1 corpus=$2/tests/fuzz/corpus/result folder=$3
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"

# AddressSanitizer has a shadow of terabytes, and ends at an allocation that cannot be.
sanitized() { grep -q __asan_init "$program"; }
limit_memory() { sanitized || ulimit -v "$1"; } # KB

# refused SENTENCE FILE: the whole sentence behind the file's name
refused() {
    code=0
    sentence=$( (limit_memory 400000 && exec timeout 5 "$program" plot "$2" --out z.svg) 2>&1) || code=$?
    if test $code != 2 || test "$sentence" != "moebius: $2: $1"; then
        echo "$2: exit $code: $sentence"
        exit 1
    fi
    test ! -e z.svg && test ! -e pwned
}

cp "$corpus"/*.json .
refused '/special_points/0/row is 1000000000, but it must be below the 3 rows of branch 1' oob_cusp_row.json
refused '/grid is {"stable_states":[1,2,3]}, but it must be of at least 2 columns' oob_grid_one_column.json
refused '/branches/0/columns/a/0 is "-inf", but it must be a finite number' loop_cusp_first_inf.json
refused '/branches/0/columns/a/2 is "nan", but it must be a finite number' loop_cusp_last_nan.json
refused '/fold_set/feedback/0 is "inf", but it must be a finite number' loop_inf_in_line.json
refused "/branches/0/groups: groups: '1-99999999999' came, but 285 members are the most here" memory_groups.json
refused '/sweep_plans is missing' memory_far_fold.json
refused '/branches/0/columns is {}, but it must be two columns or more (up to 16384) of one row or more' raw_text_columns.json
refused '/schema is a number beyond those of double precision (byte 15)' raw_text_overflow.json
refused '/special_points/0/row is -1, but it must be a whole number from 0 to 18446744073709551615' raw_text_row.json

# nested deeply, by brackets, by names, and below a name that is none of ours
python3 - <<'END'
deep = "[" * 100000 + "]" * 100000
open("deep.json", "w").write('{"schema":' + deep + "}")
open("names.json", "w").write('{"x":' * 100000 + "1" + "}" * 100000)
open("open.json", "w").write("[" * 100000)
head = '{"schema":"moebius.grid/1","version":"0","command":"c","parameters":{},"options":{},'
open("twice.json", "w").write(head + '"grid":{"a":[1],"a":[2],"stable_states":[1]}}')
open("wide.json", "w").write(head + '"grid":{' + ",".join(f'"c{i}":[1]' for i in range(100000)) + "}}")
open("escape.json", "wb").write(head.encode() + b'"grid":{"\\u001b[31m\\u0007":"\\u001b]0;owned\\u0007"}}')
open("latin.json", "wb").write(head.encode() + b'"grid":{"caf\xe9":[1]}}')
open("zero.json", "wb").write(head.encode() + b'"grid":{"a":[1]}}\0{')
open("mark.json", "wb").write(b"\xef\xbb\xbf" + head.encode() + b'"grid":{}}')
open("word.json", "w").write(head.replace("grid/1", "gird/1") + '"grid":{}}')
END
refused '/schema/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0 is nested too deeply: 16 levels are the most' deep.json
refused '/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x is nested too deeply: 16 levels are the most' names.json
refused '/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0 is nested too deeply: 16 levels are the most' open.json
refused '/grid/a comes twice' twice.json
refused '/grid/stable_states is missing' wide.json
refused '/grid/\x1b[31m\x07 is "\x1b]0;owned\x07", but it must be an array' escape.json
refused 'it is no JSON at byte 102: a zero stands there' zero.json
refused 'it is no JSON at byte 1: a byte order mark stands there' mark.json
refused '/schema is "moebius.gird/1", but it must be a schema that is known; did you mean '"'moebius.grid/1'? \
(moebius.diagram/1, moebius.locus/1, moebius.sweep/1, moebius.grid/1, moebius.exact/1, moebius.simulate/1, \
moebius.response/1, moebius.check/1, moebius.compare/1, moebius.validate/1, moebius.validate-experts/1, moebius.validate-tokens/1, moebius.validate-oscillation/1, moebius.validate-trained/1, moebius.validate-held/1, moebius.train/1, moebius.diagnose/1)" word.json
refused 'it is no JSON at line 1, column 98' latin.json
refused 'there is no journal in this folder' "$folder"
head -c 1000 /dev/urandom | tr -d '{[0-9"' >noise.json
code=0
"$program" plot noise.json --out z.svg 2>sentence || code=$?
test $code = 2 && grep -q '^moebius: noise.json: it is no JSON' sentence
test "$(LC_ALL=C tr -d '\n -~' <sentence | wc -c)" = 0 # no byte of the file
code=0
timeout 5 "$program" plot /dev/zero --out z.svg 2>sentence || code=$?
test $code = 2 && grep -q '^moebius: /dev/zero: it is a device' sentence

# a name that is no UTF-8
name=$(printf 'caf\351.json')
cp zero.json "$name"
code=0
"$program" plot "$name" --out z.svg 2>sentence || code=$?
test $code = 2 && grep -qF 'moebius: caf\xe9.json: it is no JSON' sentence

# sizes that wrap
! sanitized || exit 0
for hidden in 18446744073709551615 4611686018427387903 4294967296; do
    code=0
    (limit_memory 4000000 && timeout 10 "$program" train --data mixture:3/4 --hidden $hidden) >out 2>sentence || code=$?
    test $code = 2 && test "$(wc -l <sentence)" = 1
done
