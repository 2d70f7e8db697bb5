#!/usr/bin/env bash
# Sends at least 50,000 requests that schemathesis makes from the document to two simulators, each with a seed of its own. A
# finding fails. Left out is positive_data_acceptance: the service has rules that no schema tells, and refuses by 400.
set -euo pipefail
cd "$(dirname "$0")/../.."
examples=${EXAMPLES:-270} least=${LEAST:-50000} root=$PWD bin=$PWD/bin

if ! cmp -s tools/schemathesis/requirements.txt "$bin/schemathesis/installed.txt"; then
  python3 -m venv --clear "$bin/schemathesis"
  "$bin/schemathesis/bin/pip" install --quiet --disable-pip-version-check -r tools/schemathesis/requirements.txt
  cp tools/schemathesis/requirements.txt "$bin/schemathesis/installed.txt"
fi
"${GO:-go}" build -o "$bin/webex-calling-sim" ./cmd/webex-calling-sim

one() ( # one SEED: a simulator and what is sent to it
  log=$bin/schemathesis-$1.log
  cd "$bin" # It leaves a directory behind where it runs.
  "$bin/webex-calling-sim" -seed "$1" >"$log.sim" 2>&1 &
  simulator=$!
  trap 'kill $simulator' EXIT
  timeout 10 sh -c "until grep -q '^Document: ' '$log.sim'; do sleep 0.1; done"
  SIMULATOR=$(sed -n 's|^API: \(.*\)/v1$|\1|p' "$log.sim")
  SIMULATOR_TOKEN=$(sed -n 's/^Token: //p' "$log.sim")
  export SIMULATOR SIMULATOR_TOKEN PYTHONPATH=$root/tools/schemathesis SCHEMATHESIS_HOOKS=hooks PYTHONDONTWRITEBYTECODE=1
  send=("$bin/schemathesis/bin/schemathesis" run "$SIMULATOR/openapi.yaml" -H "Authorization: Bearer $SIMULATOR_TOKEN"
    --checks all --exclude-checks positive_data_acceptance --seed "$1" --no-shrink --continue-on-failure
    --generation-database none --warnings off --no-color)
  # Invalid requests take ten times as long to be made up as valid ones.
  "${send[@]}" --mode all --max-examples 10 >"$log" 2>&1
  "${send[@]}" --mode positive --phases fuzzing --max-examples "$examples" >>"$log" 2>&1
)

one 1 & first=$!
one 2 & second=$!
failed=0
wait "$first" || failed=1
wait "$second" || failed=1
if [ $failed != 0 ]; then
  cat "$bin"/schemathesis-[12].log
  exit 1
fi
count=$(sed -n 's/^  \([0-9]*\) generated.*/\1/p' "$bin"/schemathesis-[12].log | awk "{ sum += \$1 } END { print sum + 0 }")
echo "schemathesis sent $count requests, of $least that are wanted; every answer is as documented"
[ "$count" -ge "$least" ]
