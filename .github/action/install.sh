#!/usr/bin/env bash
# Installs tektonlint into a folder of its own, which is the output `folder`.
set -euo pipefail
actions=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# Not in the workspace, and Python with -I: what a pull request calls venv.py or pip.py is never imported.
cd "$RUNNER_TEMP"
if ! python3 -I -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then
  echo "::error title=tektonlint::There is no Python 3.10 or newer as python3 on this runner. Add a step with" \
    "actions/setup-python before this one."
  exit 2
fi
folder=$(mktemp -d "$RUNNER_TEMP/tektonlint.XXXXXXXX")
python3 -I -m venv "$folder/venv"
install=("$folder/venv/bin/python" -I -m pip install --quiet --disable-pip-version-check --no-input)
"${install[@]}" --require-hashes --only-binary :all: --requirement "$actions/requirements.txt"
# The build tool was among them, so that nothing else is fetched here.
"${install[@]}" --no-index --no-deps --no-build-isolation "$GITHUB_ACTION_PATH"
echo "folder=$folder" >>"$GITHUB_OUTPUT"
