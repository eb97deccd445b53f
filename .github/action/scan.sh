#!/usr/bin/env bash
# Runs the scan of the action. Its exit code and the paths of the reports that were written become outputs of the step.
set -euo pipefail

# A secret that is not set, as in a pull request from a fork, is an empty variable: no key, in place of a bad one.
if [[ -z "${STRAYKEY_FINGERPRINT_KEY:-}" ]]; then unset STRAYKEY_FINGERPRINT_KEY; fi

reports=$(mktemp -d "$RUNNER_TEMP/straykey.XXXXXX")
arguments=(--no-progress --format annotations)
arguments+=(--output "github=$reports/straykey.sarif" --output "markdown=$reports/straykey.md")
if [[ "${INPUT_EVIDENCE:-}" == true ]]; then arguments+=(--output "evidence=$reports/evidence"); fi
if [[ -n "${INPUT_FAIL_ON:-}" ]]; then arguments+=(--fail-on "$INPUT_FAIL_ON"); fi
if [[ -n "${INPUT_CONFIG:-}" ]]; then arguments+=(--config "$INPUT_CONFIG"); fi
if [[ -n "${INPUT_BASELINE:-}" ]]; then arguments+=(--baseline "$INPUT_BASELINE"); fi
if [[ -n "${INPUT_EXCEPTIONS:-}" ]]; then arguments+=(--exceptions "$INPUT_EXCEPTIONS"); fi
# Lines and not words: what holds spaces stays whole, and nothing is expanded.
while IFS= read -r line; do
  if [[ -n "$line" ]]; then arguments+=("$line"); fi
done <<<"${INPUT_ARGS:-}"
arguments+=(--)
while IFS= read -r line; do
  if [[ -n "$line" ]]; then arguments+=("$line"); fi
done <<<"${INPUT_PATHS:-.}"

code=0
"$STRAYKEY" scan "${arguments[@]}" || code=$?

{
  printf 'exit-code=%d\n' "$code"
  # After exit code 2 there are none. An output that is not set is empty.
  if [[ -f "$reports/straykey.sarif" ]]; then printf 'sarif=%s\n' "$reports/straykey.sarif"; fi
  if [[ -f "$reports/straykey.md" ]]; then printf 'markdown=%s\n' "$reports/straykey.md"; fi
  if [[ -d "$reports/evidence" ]]; then printf 'evidence=%s\n' "$reports/evidence"; fi
} >>"$GITHUB_OUTPUT"
