# Every model that the program lists, with and without a controller: its diagram is held against the model by itself.
program=$1 data=$2/data/digits.csv folder=$3
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"

hold() {  # hold COMMAND OPTION...: made, and found sound
    made=0
    "$program" "$@" --out made.json >/dev/null || made=$?
    test $made = 0 && "$program" check made.json --values 5 --starts 8 >report || { cat report; echo "moebius $*"; exit 1; }
}

models=$("$program" models --format json | grep -B 1 '"equation"' | sed -n 's/^ *"name": "\(.*\)",$/\1/p')
for model in $models; do
    case $model in
        token-response) tokens="--tokens $data --gate class-means:0,1 --set beta=8" window=0:4 ;;
        token-softmax) tokens="--tokens $data --gate class-means:0,1,2 --set beta=4" window=0:3 ;;
        exact-k) tokens="--experts 6 --top-k 2" window=2:16 ;;
        softmax) tokens="--experts 6" window=1:12 ;;
        *) tokens= window=0.5:8 ;;
    esac
    for controller in none integral; do
        # the unquoted words are options
        # shellcheck disable=SC2086
        hold diagram --model "$model" $tokens --controller $controller --vary feedback=$window
    done
done
case $models in *two-expert*softmax*) ;; *) echo "models: $models"; exit 1 ;; esac

hold locus --vary feedback=1.5:20 --vary bias=-9:9
hold locus --model softmax --experts 6 --vary feedback=1:14 --vary bias_1=-4:4
hold locus --model softmax --experts 4 --controller integral --set leak=0.1 --vary feedback=0.5:12 --vary gain=0.001:1
