#!/usr/bin/env bash
# Stands for ./setup.sh where the pages' commands are tried: the words must be ones that it has, and where a command
# makes a model by hours of work or from somebody's weights, a default model lies there afterwards.
set -euo pipefail
real=$OLDFILM_SOURCE/setup.sh
command=$1
shift
"$real" --help | grep -qE "^  $command( |\$)" || {
    echo "setup.sh has no command $command" >&2
    exit 2
}
case $command in
    train)
        stage=$1 name=$1
        [[ -e $OLDFILM_SOURCE/plugins/$stage/train.py ]]
        while (($# > 0)); do
            if [[ $1 == --film ]]; then
                [[ -e $2 ]]
                name=$stage-$(basename "${2%.*}")
            fi
            shift
        done
        mkdir -p build/training
        cp "$OLDFILM_SOURCE/plugins/$stage/models/"[df]*.pt "build/training/" # default.pt, or fidelity-x*.pt
        cp "$(ls build/training/*.pt | head -n 1)" "build/training/$name.pt"
        ;;
    import)
        out=''
        while (($# > 0)); do
            case $1 in
                -o) out=$2 ;;
                RealESRGAN_x4plus.pth) out=models/realesrgan-x4plus.pt ;;
                --manifest) "$OLDFILM_JSON" <<<"$2" ;;
            esac
            shift
        done
        [[ -n $out ]]
        mkdir -p "$(dirname "$out")"
        cp "$OLDFILM_SOURCE/plugins/superres/models/fidelity-x4.pt" "$out"
        ;;
esac
