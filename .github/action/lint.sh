#!/usr/bin/env bash
# Runs tektonlint once over the workspace. The inputs come in variables, and stay values: none is a pattern or an option.
set -euo pipefail
actions=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python="$FOLDER/venv/bin/python"
cd "$GITHUB_WORKSPACE"

# The workspace may belong to another user, as in a job with a container. Its .git is what the job itself checked out.
number=${GIT_CONFIG_COUNT:-0}
export "GIT_CONFIG_KEY_$number=safe.directory" "GIT_CONFIG_VALUE_$number=$(pwd -P)" "GIT_CONFIG_COUNT=$((number + 1))"

# A text as the data of a workflow command (command.ts in @actions/core).
data() {
  local text=${1//'%'/%25}
  text=${text//$'\r'/%0D}
  printf '%s' "${text//$'\n'/%0A}"
}

output() {
  local end
  end=$(random)
  printf '%s<<%s\n%s\n%s\n' "$1" "$end" "$2" "$end" >>"$GITHUB_OUTPUT"
}

random() {
  od -An -N16 -tx1 /dev/urandom | tr -d ' \n'
}

# What nobody could be told in a report, and the end.
fail() {
  printf '::error title=tektonlint::%s\n' "$(data "$1")"
  printf '**tektonlint could not do its work.** The log of the step says why.\n' >>"$GITHUB_STEP_SUMMARY"
  output exit-code 2
  exit 2
}

is_true() {
  case $2 in
    true) return 0 ;;
    false) return 1 ;;
    *) fail "The input \`$1\` is \`$2\`; write \`true\` or \`false\`." ;;
  esac
}

arguments=(--root=. --color=never "--fail-on=$INPUT_FAIL_ON")
# Files that are checked although a .gitignore names them.
hidden=()

if [ "$GITHUB_EVENT_NAME" = pull_request_target ]; then
  fail "On \`pull_request_target\` the workspace is the base, not the pull request. Run this on \`pull_request\`."
elif [ -n "$BASE" ]; then
  "$python" -I "$actions/base.py" "$BASE" "$FOLDER/base" "$INPUT_CONFIG" \
    <<<"$INPUT_PATHS" >"$FOLDER/options" 2>"$FOLDER/errors" || fail "$(tail -n 1 "$FOLDER/errors")"
  is_path=
  while IFS= read -r -d '' word; do
    if [ -n "$is_path" ]; then
      hidden+=("$word")
    elif [ "$word" = -- ]; then
      is_path=yes
    else
      arguments+=("$word")
    fi
  done <"$FOLDER/options"
  if is_true only-changed "$INPUT_ONLY_CHANGED"; then
    arguments+=("--changed=$BASE")
  fi
elif [ "$GITHUB_EVENT_NAME" = pull_request ] || [ "$GITHUB_EVENT_NAME" = merge_group ]; then
  fail "The event has no base revision, so it is not known whose configuration counts."
else
  is_true only-changed "$INPUT_ONLY_CHANGED" || true
  if [ -n "$INPUT_CONFIG" ]; then
    arguments+=("--config=$INPUT_CONFIG")
  fi
fi

arguments+=(--format=text "--format=github=$FOLDER/annotations" "--format=markdown=$GITHUB_STEP_SUMMARY")
if [ -n "$INPUT_SARIF_FILE" ]; then
  arguments+=("--format=sarif=$INPUT_SARIF_FILE")
fi
suggestions=
if is_true suggestions "$INPUT_SUGGESTIONS"; then
  suggestions="$FOLDER/suggestions.json"
  arguments+=("--format=rdjson=$suggestions")
fi

paths=()
while IFS= read -r path; do
  if [ "$path" = - ]; then
    # Not standard input.
    path=./-
  fi
  if [ -n "$path" ]; then
    paths+=("$path")
  fi
done <<<"$INPUT_PATHS"
if [ ${#paths[@]} -eq 0 ]; then
  paths=(.)
fi

# No line that quotes the repository can be a command to the runner: none is one before the token is there again.
token=$(random)
echo "::stop-commands::$token"
status=0
"$python" -I -m tektonlint "${arguments[@]}" -- "${paths[@]}" ${hidden[@]+"${hidden[@]}"} </dev/null 2>"$FOLDER/errors" || status=$?
cat "$FOLDER/errors"
echo "::$token::"

if [ -f "$FOLDER/annotations" ]; then
  cat "$FOLDER/annotations"
fi
if [ "$status" -gt 1 ]; then
  reason=$(tail -n 1 "$FOLDER/errors")
  fail "${reason:-tektonlint ended with exit code $status.}"
fi
output exit-code "$status"
output sarif-file "$INPUT_SARIF_FILE"
output suggestions-file "$suggestions"
exit "$status"
