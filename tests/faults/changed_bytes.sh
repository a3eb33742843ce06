# changed_bytes.sh PROGRAM FOLDER [COUNT]: changes one byte of a checkpoint, COUNT times (200 if nothing is
# said) at places all over the file: each is refused with a sentence and exit code 2, and left as it is. So
# is one that is cut off or grew.
set -euo pipefail
program=$1 folder=$2 count=${3:-200}
RANDOM=${FAULTS_SEED:-1}
rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"
# a device of which others took the memory would be refused before the checkpoint
train=("$program" train --data mixture:3/4/3/0/0.2/60 --hidden 2 --batch 8 --seeds 2 --device cpu --threads 1
    --checkpoint c.npy)
"${train[@]}" --steps 50 >/dev/null
cp c.npy sound.npy
size=$(stat -c %s sound.npy)
"${train[@]}" --steps 100 >/dev/null # a sound one is taken

taken=0
# refused NAME: whether the checkpoint c.npy is
refused() {
    local code=0
    cp c.npy changed.npy
    "${train[@]}" --steps 100 >/dev/null 2>said || code=$?
    if ((code != 2)) || ! grep -q '^moebius: ' said || ! cmp -s c.npy changed.npy; then
        taken=$((taken + 1))
        ((taken > 5)) || printf '%s: exit %d %s\n' "$1" $code "$(head -1 said)" >&2
    fi
}

for ((i = 0; i < count; ++i)); do
    at=$((i * size / count))
    old=$(od -An -tu1 -j $at -N 1 sound.npy)
    new=$(((old + 1 + RANDOM % 255) % 256))
    cp sound.npy c.npy
    printf "\\x$(printf %02x $new)" | dd of=c.npy bs=1 seek=$at conv=notrunc status=none
    refused "byte $at from $((old)) to $new"
done
for cut in 0 1 10 $((size / 2)) $((size - 1)); do
    head -c "$cut" sound.npy >c.npy
    refused "the first $cut bytes"
done
{ cat sound.npy && printf x; } >c.npy
refused 'one byte more'
printf '%d of %d changed checkpoints were not refused\n' $taken $((count + 6))
((taken == 0))
