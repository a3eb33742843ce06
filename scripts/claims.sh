#!/usr/bin/env bash
# What the router papers claim, tried on digits with paired seeds (docs/routers.md section 7): a
# command each, its effect sizes and 95 % intervals on the standard output.
#
#   MOEBIUS=build/release/apps/moebius/moebius scripts/claims.sh [SEEDS]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
moebius=${MOEBIUS:-build/release/apps/moebius/moebius}
seeds=${1:-16}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# claim TITLE OPTION...: the command as a reader would type it, then what it prints.
claim() {
    printf '\n## %s\n\n$ moebius train' "$1"
    shift
    printf ' %s' --data data/digits.csv --seeds "$seeds" "$@"
    printf '\n\n'
    "$moebius" train --data data/digits.csv --seeds "$seeds" "$@" --out "$work/result.json"
}

probmoe=(--experts 8 --hidden 16 --optimiser adam --steps 1000 --corrupt noise=0.3
    --router probmoe-exact-k,k=2)
claim 'ProbMoE: the paired estimator against the sample with the gates alone' "${probmoe[@]}" \
    --against probmoe-exact-k,k=2,estimator=sample-gates
claim 'ProbMoE: against the sample with a dense straight-through gradient' "${probmoe[@]}" \
    --against probmoe-exact-k,k=2,estimator=sample-dense
claim 'ProbMoE: against the top-k with the gradient of the marginals' "${probmoe[@]}" \
    --against probmoe-exact-k,k=2,estimator=top-k-marginal
claim 'ProbMoE: against plain top-k' "${probmoe[@]}" --noise none --against top-k,k=2

clusters=(--experts 4 --layers 2 --noise none --steps 1500 --evaluate-every 50
    --corrupt noise=0.3 --router top-1)
claim 'Adaptive clustering (language): against the identity' "${clusters[@]}" \
    --against adaptive-clustering
claim 'Adaptive clustering (Swin): against the identity' "${clusters[@]}" \
    --against adaptive-clustering,variant=swin

subsets=(--patch 4 --optimiser adam --steps 1000)
claim 'Soft MoE: half of 2 experts, against half of 8' "${subsets[@]}" \
    --router soft-moe,experts=2,hidden=64,keep=1 --against soft-moe,experts=8,hidden=16,keep=4
claim 'Soft MoE: half of 8 experts, against half of 16' "${subsets[@]}" \
    --router soft-moe,experts=8,hidden=16,keep=4 --against soft-moe,experts=16,hidden=8,keep=8
claim 'Soft MoE: an eighth of 8 experts, against an eighth of 16' "${subsets[@]}" \
    --router soft-moe,experts=8,hidden=16,keep=1 --against soft-moe,experts=16,hidden=8,keep=2

# 3000 batches: a share of 0.001 of them is three, 0.01 thirty.
sinkhorn=(--experts 4 --steps 3000 --set gate_bias=3 --router top-1)
for share in 0.001 0.01 0.1 1; do
    claim "Selective Sinkhorn: a share $share of the batches, from a strong bias, against none" \
        "${sinkhorn[@]}" --against "selective-sinkhorn,k=1,frequency=$share"
done
claim "Switch's loss instead, from the same bias" "${sinkhorn[@]}" --against top-1,switch_loss=0.01
