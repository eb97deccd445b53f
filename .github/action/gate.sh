#!/usr/bin/env bash
# Ends as the scan did. Without an exit code the scan never came to its end, which is "could not run".
set -euo pipefail

code=${EXIT_CODE:-2}
case "$code" in
  0) ;;
  1) echo '::error title=straykey::secrets were found at or above the severity that fails this job' ;;
  3) echo '::error title=straykey::the scan is incomplete: the report names what could not be read' ;;
  *) echo '::error title=straykey::the scan could not run: the log of the step Scan says why' ;;
esac
exit "$code"
