'use strict'
/*
 * The first file that a thread runs. Plain JavaScript, since it is what makes TypeScript readable: it loads the hooks that the
 * owner has found, and then the thread itself.
 */
const { workerData } = require('node:worker_threads')

const { hooks, swc, entry } = workerData.boot
for (const hook of hooks) require(hook)
if (swc !== null) require('./swc.cjs').compileWith(swc)
require(entry)
