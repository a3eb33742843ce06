# Sweep files of the tests, made by: plan NAME.

spin='"schema": "moebius.plan/1", "command": "spin", "keep": {"value": "/value"}'
# square_gate A B C D: an .npy of these four bits
square_gate() {
    printf '\x93NUMPY\x01\x00\x76\x00%-117s\n' "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }"
    local bit
    for bit; do if ((bit)); then printf '\0\0\0\0\0\0\xf0\x3f'; else printf '\0\0\0\0\0\0\0\0'; fi; done
}
plan() {
    case $1 in
        # two experts, whose half width is missing below the cusp
        exact) printf '%s\n' '{"schema": "moebius.plan/1", "command": "exact",
            "axes": [{"parameter": "feedback", "from": 1, "to": 4, "points": 16},
                     {"parameter": "bias", "from": -1, "to": 1, "points": 9}],
            "keep": {"states": "/equilibria/x/#", "first": "/equilibria/x/0", "width": "/half_width/bias"}}' ;;
        # 2,000 points of up to 1 ms
        spin) printf '%s\n' "{$spin, \"axes\": [{\"option\": \"milliseconds\", \"from\": 0, \"to\": 1, \"points\": 100},
            {\"parameter\": \"a\", \"from\": 0, \"to\": 1, \"points\": 20}]}" ;;
        # as spin, with other values
        other) plan spin | sed 's/"to": 1, "points": 20/"to": 2, "points": 20/' ;;
        # the cusp of two experts
        refined) printf '%s\n' '{"schema": "moebius.plan/1", "command": "exact", "refine": {"halvings": 5},
            "axes": [{"parameter": "feedback", "from": 1.5, "to": 3.5, "points": 11},
                     {"parameter": "bias", "from": -1, "to": 1, "points": 12}],
            "keep": {"states": "/equilibria/x/#"}}' ;;
        # loops of two routers with seeds; one batch is refused
        simulate) printf '%s\n' '{"schema": "moebius.plan/1", "command": "simulate --set feedback=1 --steps 40",
            "axes": [{"option": "batch", "values": [0, 64, 128]}], "seeds": {"from": 1, "count": 4},
            "keep": {"rows": "/records/gap/#", "mean": "/summary/gap_mean/0"}}' ;;
        # a refined plan of which a corner fails
        failing) printf '%s\n' '{"schema": "moebius.plan/1", "command": "simulate --steps 20 --burn-in 20 --batch 16",
            "refine": {"halvings": 1, "of": "mean", "by": 10},
            "axes": [{"parameter": "decay", "from": -1, "to": 3, "points": 3},
                     {"parameter": "feedback", "from": 1, "to": 2, "points": 3}],
            "keep": {"mean": "/summary/gap_mean/0"}}' ;;
        # five points of which the first, the middle and the last are refused
        unlucky) printf '%s\n' '{"schema": "moebius.plan/1", "command": "simulate --steps 40", "layout": "list",
            "axes": [{"option": "batch", "values": [0, 64, 0, 128, 0]}], "keep": {"mean": "/summary/gap_mean/0"}}' ;;
        # one point of half a second or so
        once) printf '%s\n' '{"schema": "moebius.plan/1", "command": "simulate --batch 65536 --steps 1500", "seeds": [1],
            "keep": {"mean": "/summary/gap_mean/0"}}' ;;
        # tokens of a file
        tokens) printf '%s\n' '{"schema": "moebius.plan/1", "command": "simulate --tokens tokens.csv --labels --steps 20",
            "axes": [{"parameter": "feedback", "values": [0.5, 1]}], "keep": {"mean": "/summary/gap_mean/0"}}' ;;
        # a square gate; some seconds
        gate) printf '1,0\n0,1\n-1,0\n0,-1\n' >gated.csv && printf '%s\n' '{"schema": "moebius.plan/1",
            "command": "simulate --tokens gated.csv --gate gate.npy,layout=features-by-experts --steps 4000",
            "axes": [{"parameter": "feedback", "from": 0.5, "to": 1, "points": 40}], "keep": {"mean": "/summary/gap_mean/0"}}' ;;
        # a result that names files
        named) printf '%s\n' '{"schema": "moebius.plan/1", "command": "check named.json", "keep": {"rows": "/counts/judged/0"}}' ;;
        # 23,409 points of 1 to 2 ms, in three rounds
        slow) printf '%s\n' "{$spin, \"refine\": {\"halvings\": 3, \"by\": 0},
            \"axes\": [{\"option\": \"milliseconds\", \"from\": 1, \"to\": 2, \"points\": 20},
            {\"parameter\": \"a\", \"from\": 0, \"to\": 1, \"points\": 20}]}" ;;
    esac
}
