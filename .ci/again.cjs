'use strict'
/*
 * Runs the test files that failed once more, alone: `node .ci/again.cjs results.json unstable.txt`.
 *
 * In `.ci/run` the tests share two cores with the check, the examples and the tarballs, and some of them kill processes and
 * servers. A failure that comes from that load passes alone. It is not hidden: its name and its first message go to
 * `unstable.txt`, which the run prints last. More than eight files, of almost four hundred, are no accident: then nothing is run again.
 */
const { spawnSync } = require('node:child_process')
const { readFileSync, writeFileSync } = require('node:fs')

const MOST_FILES = 8

function read(file) {
  return JSON.parse(readFileSync(file, 'utf8'))
}

function again(file, unstable) {
  const first = read(file)
  const failed = first.testResults.filter(({ status }) => status === 'failed')
  if (failed.length === 0 || failed.length > MOST_FILES) return 1
  const second = `${file}.again`
  const jest = [require.resolve('jest/bin/jest'), '--json', '--outputFile', second, '--runTestsByPath']
  const { status } = spawnSync(process.execPath, [...jest, ...failed.map(({ name }) => name)], { stdio: 'inherit' })
  if (status !== 0) return 1

  const passedBefore = failed.flatMap(({ assertionResults }) =>
    assertionResults.filter((one) => one.status === 'passed'),
  )
  const passed = first.numPassedTests - passedBefore.length + read(second).numPassedTests
  writeFileSync(file, JSON.stringify({ numPassedTests: passed, numFailedTests: 0, numRuntimeErrorTestSuites: 0 }))
  writeFileSync(
    unstable,
    failed.map(({ name, message }) => `Failed first, passed alone: ${name}\n${message}\n`).join('\n'),
  )
  return 0
}

process.exitCode = again(process.argv[2], process.argv[3])
