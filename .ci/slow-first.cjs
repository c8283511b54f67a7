'use strict'
/*
 * The order of the test files: those first that take longest, so that jest does not wait for one of them at the end while the
 * other cores idle. In a fresh clone jest knows no times, and takes the largest files first; those that wait for processes and
 * servers are small.
 */
const { statSync } = require('node:fs')
const { join } = require('node:path')

/** The slowest first. `npm test -- --json --outputFile results.json` has the times of all files. */
const SLOW = [
  'packages/nats/test/durable/cluster.test.ts',
  'packages/nats/test/durable/not-done.test.ts',
  'packages/nats/test/durable/killed-again.test.ts',
  'packages/nats/test/durable/full.test.ts',
  'packages/nats/test/durable/leftovers.test.ts',
  'packages/nats/test/durable/deleted-streams.test.ts',
  'packages/nats/test/store/processes.test.ts',
  'packages/threads/test/process.test.ts',
  'packages/nats/test/durable/faults.test.ts',
  'examples/recipes/recipes.test.ts',
  'packages/nats/test/store/histories.test.ts',
  'packages/threads/test/endless.test.ts',
  'packages/threads/test/contract.test.ts',
  'docs/test/pages.test.ts',
  'packages/core/test/compiler/declarations.test.ts',
  'packages/threads/test/chaos.test.ts',
  'packages/dashboard/test/advisor/advise.test.ts',
  'packages/dashboard/test/browser/living.test.ts',
  'packages/nats/test/faults.test.ts',
  'packages/nats/test/opened-at-once.test.ts',
  'packages/nats/test/clock-jumps.test.ts',
  'packages/nats/test/durable/given-up.test.ts',
  'packages/nats/test/store/servers.test.ts',
  'packages/threads/test/shared.test.ts',
  'packages/state-ane/test/journal/crash.test.ts',
  'packages/state-ane/test/journal/damage-anywhere.test.ts',
  '.ci/test/file-limit.test.ts',
]

const root = join(__dirname, '..')
const places = new Map(SLOW.map((file, place) => [join(root, file), place]))

/** A sequencer of jest. */
module.exports = class SlowFirst {
  sort(tests) {
    const keys = new Map(tests.map((test) => [test, [places.get(test.path) ?? SLOW.length, -statSync(test.path).size]]))
    const compare = ([placeA, sizeA], [placeB, sizeB]) => placeA - placeB || sizeA - sizeB
    return [...tests].sort((a, b) => compare(keys.get(a), keys.get(b)))
  }

  /** For `--onlyFailures`: what failed before is not kept. */
  allFailedTests(tests) {
    return tests
  }

  cacheResults() {
    // The order does not depend on the last run.
  }
}
module.exports.SLOW = SLOW
