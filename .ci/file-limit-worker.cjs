'use strict'
/* Tells `file-limit.cjs` which process runs which test file. */
const { existsSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')

const directoryOf = (pid) => join(tmpdir(), `genpool-jest-${pid}`)
module.exports = { directoryOf }

const directory = directoryOf(process.ppid)
if (typeof expect !== 'undefined' && existsSync(directory)) {
  writeFileSync(join(directory, String(process.pid)), expect.getState().testPath)
}
