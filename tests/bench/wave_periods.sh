#!/bin/sh
# wave_periods.sh PROGRAM: every rotating wave of N controlled experts once, by tests/bench/wave_periods; some
# minutes of one core. From N = 16, gain .02 the flow is set off at a feedback of its own: beyond the Hopf point it
# comes to no cycle.
set -e
for experts in 3 4 8 16; do
    for gain in .02 .1 .5; do
        for kind in ${experts}x1 settled; do
            if [ "$experts $gain $kind" = "16 .02 settled" ]; then kind=settled@8; fi
            "$1" "$experts" "$gain" "$kind"
        done
    done
done
