'use strict'
// A user's terminal: the command that npm has installed, over a trace and over a dashboard.
const assert = require('node:assert')
const { execFile } = require('node:child_process')
const { rmSync } = require('node:fs')
const { join } = require('node:path')
const { start, stop } = require('nact')
const { call, definePool, reply, spawnPool } = require('@genpool/core')
const { recordTrace, serveDashboard } = require('@genpool/dashboard')

const bin = join(__dirname, 'node_modules', '.bin', 'genpool')
const file = join(__dirname, 'trace.jsonl')

const genpool = (...args) =>
  new Promise((resolve, reject) =>
    execFile(bin, args, (error, stdout, stderr) =>
      error === null ? resolve(stdout) : reject(new Error(`genpool ${args.join(' ')}: ${error.message}\n${stderr}`)),
    ),
  )

async function main() {
  const system = start()
  const Work = definePool({ calls: { work: () => new Promise((resolve) => setImmediate(resolve, reply('done'))) } })
  const pool = spawnPool(system, Work, 'db', { size: 2 })
  const recording = await recordTrace(pool, file)
  for (let i = 0; i < 200; i++) await call(pool, { type: 'work' })
  await recording.stop()
  const { url, close } = await serveDashboard({ pools: [pool], port: 0 })

  assert.match(await genpool('--help'), /advise/)
  assert.strictEqual(JSON.parse(await genpool('simulate', file, '--size', '2', '--json')).prediction.requests, 200)
  const advice = JSON.parse(await genpool('advise', file, '--p99', '200', '--resamples', '2', '--json'))
  spawnPool(system, Work, 'as-advised', advice.recommended.options)
  assert.match(await genpool('top', url, '--once'), /1 pool/)
  await genpool('record', url, '--out', `${file}.2`, '--seconds', '0.5')

  await close()
  stop(system)
  rmSync(file)
  console.log('command ok')
}

void main()
