'use strict'
/*
 * Prints the closing line of `.ci/run` from the results that jest wrote: `node .ci/counts.cjs results.json`.
 * A test file that could not be loaded counts as one failed test. Exits with 1 if anything failed or nothing ran.
 */
const { readFileSync } = require('node:fs')

function counts(file) {
  let results
  try {
    results = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return { passed: 0, failed: 0 } // jest left no results: nothing ran
  }
  return { passed: results.numPassedTests, failed: results.numFailedTests + results.numRuntimeErrorTestSuites }
}

const { passed, failed } = counts(process.argv[2])
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
