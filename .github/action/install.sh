#!/usr/bin/env bash
# Puts the path of a straykey binary into the outputs of the step: the one that INPUT_BINARY names, else one that is
# built from the checkout of the action, so that the commit which `uses:` pins is the code that runs.
set -euo pipefail

if [[ -n "${INPUT_BINARY:-}" ]]; then
  if ! straykey=$(command -v -- "$INPUT_BINARY"); then
    echo '::error title=straykey::the binary that the input straykey-binary names is not there'
    exit 2
  fi
else
  if ! command -v cargo >/dev/null; then
    echo '::error title=straykey::cargo is needed to build straykey; install Rust, or name a binary in straykey-binary'
    exit 2
  fi
  # Not in the scanned tree: rustup would obey a rust-toolchain.toml that lies there.
  cd "$GITHUB_ACTION_PATH"
  cargo install --quiet --locked --path . --bin straykey --root "$RUNNER_TEMP/straykey-install"
  straykey=$RUNNER_TEMP/straykey-install/bin/straykey
fi
"$straykey" --version
printf 'straykey=%s\n' "$straykey" >>"$GITHUB_OUTPUT"
