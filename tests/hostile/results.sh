# results.sh PROGRAM PROJECT FOLDER: makes a result of every schema, small and in seconds; names them.
program=$1 data=$2/data/digits.csv folder=$3
mkdir -p "$folder" && cd "$folder"
make() {  # make NAME WORD...: an answer, or 3 where a test of the result fails
    name=$1
    shift
    code=0
    "$program" "$@" --out "$name.json" >/dev/null 2>&1 || code=$?
    test $code = 0 || test $code = 3
    echo "$folder/$name.json"
}
mixture=mixture:4/8/3/0/0.2/200
make diagram diagram --vary feedback=0.5:20
make groups diagram --model softmax --experts 8 --vary feedback=0.5:20
make control diagram --model softmax --controller integral --experts 2 --set gain=0.1 leak=0.08 --vary feedback=2:12
make cycles diagram --from control.json:HB1 --vary feedback=2:12 --max-step 1 --max-points 60
make locus locus --vary feedback=1.5:20 --vary bias=-9:9
make loci locus --model softmax --experts 6 --vary feedback=1.5:20 --vary beta=1:2
make check check loci.json
make nothing locus --vary feedback=0.2:0.5 --vary bias=-1:1
make exact exact --set feedback=4 --vary feedback=2:20
make point exact --set feedback=4
make experts exact --model softmax --experts 8 --vary feedback=2:20
make sweep sweep --set feedback=4 --vary bias=-3:3 --rate 0.1
make grid sweep --grid --vary feedback=0:3 --vary bias=-1:1 --points 5
make basins sweep --basins --vary feedback=0:3 --vary bias=-1:1 --points 5
make simulate simulate --set feedback=1 --batch 64 --steps 200
make four simulate --router top-k --experts 4 --set feedback=1 --batch 64 --steps 100
make response response --tokens "$data" --gate class-means:0,1 --set beta=4 --points 12
make compare compare --router top-1 --router selective-sinkhorn,frequency=0.3 --batch 16 --seeds 2 --settle 5 \
    --average 20 --ramp 20
make validate validate --tokens mixture:-0.5/0.6/1,0.5/0.6/1 --set beta=2 --batch 16 --seeds 2 --levels 2 --ramp 20 \
    --settle 5 --average 10 --members 4
make trained validate --trained --data $mixture --steps 50 --seeds 2 --points 3
make train train --data $mixture --hidden 8 --batch 8 --record-every 10 --steps 50 --history --evaluate-every 10
make against train --data $mixture --hidden 8 --batch 8 --record-every 10 --steps 50 --vary feedback=0:4 --points 3 \
    --seeds 2 --against top-1,bias=1
