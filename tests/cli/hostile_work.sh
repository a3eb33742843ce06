# Small files and plain numbers of a command line ask for no more than seconds and some 100 MB: what is too large is said.
program=$1 folder=$3
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"
python3 "$2/tests/cli/hostile_work.py"

# The sanitizers take a multiple of both.
sanitized() { grep -q __asan_init "$program"; }
bound() { sanitized || { ulimit -t 10 && ulimit -v 1000000; }; }
# bounded CODE WORDS ARGUMENT...: the exit code, what is said, 10 s of the processor, and 1 GB of addresses, of which
# threads and libraries take most
bounded() {
    code=$1 words=$2
    shift 2
    status=0
    said=$( (bound && exec "$program" "$@") 2>&1) || status=$?
    test $status = "$code" && case $said in *"$words"*) return 0 ;; esac
    echo "$*: $status, $said"
    exit 1
}

# The Jacobian of many experts is not judged, and how many rows, values and starts come does not matter.
for experts in 2000 50000; do
    bounded 3 "the model has $experts states, and of up to 512 eigenvalues are computed" check many_$experts.json
done
"$program" diagram --vary feedback=0.5:20 --out two.json >/dev/null
bounded 0 'rows ' check two.json --rows 18446744073709551615
bounded 2 '--values is 18446744073709551615, but it must be at most 1024' check two.json --values 18446744073709551615
bounded 2 '--starts is 18446744073709551615, but it must be at most 4096' check two.json --starts 18446744073709551615
bounded 0 'stable states' check two.json --patience 1e308 --values 1
bounded 3 'came to no rest' check still.json --values 1

# Places are found by their cells, and curves are cut to the window. gnuplot takes addresses of its own.
for kind in places far; do
    code=0
    ( (sanitized || ulimit -t 10) && exec "$program" plot $kind.json --out $kind.svg) 2>sentence || code=$?
    test $code = 0 || { test $code = 2 && grep -q '^moebius: gnuplot' sentence; }
done

# A start at which nothing is finite is no start.
for type in LP CP BP HB GH HH BT ZH; do
    for value in 1e308 -1e308 1e200; do
        sed -e "s/\"BP\"/\"$type\"/" -e "s/12345/$value/" start.json >far.json
        bounded 2 ' times their scale at feedback = ' \
            locus --from far.json:BP1 --vary feedback=1:9 --vary bias=-1:1
    done
done
