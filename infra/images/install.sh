#!/bin/sh
# Installs every wheel of /context under the prefix $1 with the pip that lies among them, removes
# what /context/trim.txt names, and compiles the rest once. Runs in a stage that is thrown away.
set -eu
prefix=$1
env=/opt/plait/env
[ -d "$env" ] || python3 -m venv --without-pip "$env"
cd /context
pip=$(echo pip-*.whl)
wheels=$(ls ./*.whl | grep -v "^./pip-")
"$env/bin/python" "$pip/pip" install --quiet --no-index --no-deps --no-compile --root-user-action ignore \
  --prefix "$prefix" $wheels

site=$(echo "$prefix"/lib/python3*/site-packages)
if [ -e trim.txt ]; then
  sed 's/ *#.*//' trim.txt | while read -r glob; do
    [ -z "$glob" ] || (cd "$site" && rm -rf $glob)
  done
fi
find "$site" -type d \( -name tests -o -name test \) -prune -exec rm -rf {} +
# Hash-based and never checked: whatever copies the files, nothing is compiled again at start.
"$env/bin/python" -m compileall -q -j 2 --invalidation-mode unchecked-hash -s "${prefix%$env}" "$site" || true
