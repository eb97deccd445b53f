#!/usr/bin/env bash
# Adds the report to the summary of the job, or that there is none.
set -euo pipefail

if [[ -n "${MARKDOWN:-}" ]]; then
  cat -- "$MARKDOWN" >>"$GITHUB_STEP_SUMMARY"
else
  printf 'straykey gave no report (exit code %s); the log of the job says why.\n' "${EXIT_CODE:-none}" \
    >>"$GITHUB_STEP_SUMMARY"
fi
