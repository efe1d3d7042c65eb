#!/usr/bin/env bash
# asking_test.sh SOURCE WORK: setup.sh lists the Debian packages that are missing and asks before it installs them.
# Stand-ins for dpkg-query, apt-get and sudo lie first on PATH: $MISSING is a pattern of what is not there, and
# apt-get notes what it was asked for and fails, so that nothing follows.
set -euo pipefail
source=$(cd "$1" && pwd) work=$2
rm -rf "$work"
mkdir -p "$work/bin"
cp "$source/setup.sh" "$work/"
cd "$work"
cat >bin/dpkg-query <<'SH'
#!/bin/sh
for package; do :; done
echo "$package" | grep -qxE "$MISSING" && exit 1
echo 'install ok installed'
SH
cat >bin/apt-get <<'SH'
#!/bin/sh
echo "$@" >>apt-get.called
[ "$1" = update ]
SH
cat >bin/sudo <<'SH'
#!/bin/sh
[ "$1" = -v ] || exec "$@"
SH
chmod +x bin/*
export PATH=$PWD/bin:$PATH MISSING='ninja-build|catch2'
unset CI

failed=0
expect() {
    local what=$1
    shift
    "$@" && return
    echo "FAILED: $what" >&2
    cat out >&2
    failed=1
}
# run INPUT COMMAND...: output into out, apt-get's words into apt-get.called, the status into $status.
run() {
    local input=$1
    shift
    rm -f apt-get.called
    status=0
    if [[ $input == none ]]; then
        "$@" >out 2>&1 </dev/null || status=$?
    else
        script -qec "$*" script.log <<<"$input" >out 2>&1 || status=$?
    fi
}
asked_for() { grep -qxE "install -y --no-install-recommends $1" apt-get.called; }
untouched() { [[ ! -e apt-get.called ]]; }
says() { grep -qF -- "$1" out; }

run none ./setup.sh demo
expect "the missing package is listed" says '  ninja-build'
expect "the demo needs no test's package" eval '! says catch2'
expect "without a terminal nothing is installed" untouched
expect "without a terminal it stops" [ "$status" = 1 ]
expect "the answer is named" says '--yes'
expect "the command is named" says 'apt-get install --no-install-recommends ninja-build'

run none ./setup.sh demo --yes
expect "--yes answers" asked_for ninja-build
expect "a failure of apt-get is one of setup.sh" [ "$status" = 1 ]
run none env CI=true ./setup.sh build
expect "CI=true answers" asked_for ninja-build
run none env CI=false ./setup.sh build
expect "CI=false doesn't answer" untouched
run none ./setup.sh test --yes
expect "tests have packages of their own" asked_for 'ninja-build catch2'

if script -qec true script.log >/dev/null 2>&1; then
    run y ./setup.sh demo
    expect "a yes at the terminal answers" asked_for ninja-build
    run n ./setup.sh demo
    expect "a no at the terminal is respected" untouched
    expect "a no stops" [ "$status" = 1 ]
    run '' ./setup.sh demo
    expect "Enter is a no" untouched
else
    echo 'asking_test: this machine gives no pseudo-terminal (no /dev/pts?); what is asked at a terminal was not tried'
fi

((failed == 0)) && echo "setup.sh asks"
exit "$failed"
