#!/bin/sh
# Installs every wheel of /context under the prefix $1, with the pip wheel of /context. Then makes the
# prefix small: removes what trim.txt names and all tests, strips symbols, compiles once. It runs in
# a build stage that is discarded.
set -eu
prefix=$1
env=/opt/plait/env
[ -d "$env" ] || python3 -m venv --without-pip "$env"
cd /context
"$env/bin/python" "$(echo pip-*.whl)/pip" install --quiet --no-index --no-deps --no-compile \
  --root-user-action ignore --prefix "$prefix" $(ls ./*.whl | grep -v '^./pip-')

site=$(echo "$prefix"/lib/python3*/site-packages)
if [ -e trim.txt ]; then
  sed 's/ *#.*//' trim.txt | while read -r glob; do
    [ -z "$glob" ] || (cd "$site" && rm -rf $glob)
  done
fi
find "$site" -type d \( -name tests -o -name test \) -prune -exec rm -rf {} +
# Stripping breaks the libraries that auditwheel has changed (*.libs). Small files gain little.
if command -v strip >/dev/null; then
  find "$site" -type f -size +4M -not -path '*.libs/*' -exec sh -c \
    'head -c 4 "$1" | grep -q ELF && strip --strip-unneeded "$1"' sh {} \;
fi
# Bytecode is never checked against the source, so copied files are not compiled again at start.
"$env/bin/python" -m compileall -q -j 2 --invalidation-mode unchecked-hash -s "${prefix%"$env"}" "$site" || true

[ ! -e imports.txt ] || PYTHONPATH=$site "$env/bin/python" - <<'PYTHON'
import importlib, pathlib

for module in pathlib.Path("imports.txt").read_text().split():
    importlib.import_module(module)
PYTHON
