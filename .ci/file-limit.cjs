'use strict'
/*
 * Ends a test file that never ends: a reporter of jest, see `jest.config.js`.
 *
 * Jest limits the time of a test, but only by a timer in the process that runs it: a loop that never gives way, or a child
 * process that is waited for without a limit, holds the whole run for ever and leaves no name. This reporter sits in the process
 * that hands out the files. It prints which file hangs, what its process does, and what that had started; then it kills the
 * process. Jest counts the file as failed and goes on with a new one. The same helps when all files are done and jest waits for
 * a process that does not end.
 */
const { mkdirSync, readFileSync, rmSync } = require('node:fs')
const { join } = require('node:path')
const { directoryOf } = require('./file-limit-worker.cjs')
const { whereIs } = require('./where-is.cjs')

const LIMIT_MS = Number(process.env.GENPOOL_FILE_LIMIT_MS ?? 420_000)
const END_LIMIT_MS = 60_000

/** The processes that this one started and that still run; none where there is no `/proc`. */
function childrenOf(pid) {
  const read = (file) => readFileSync(`/proc/${file}`, 'utf8')
  try {
    const pids = read(`${pid}/task/${pid}/children`).trim().split(/\s+/).filter(Boolean)
    return pids.map((child) => ({ pid: Number(child), command: read(`${child}/cmdline`).replaceAll('\0', ' ') }))
  } catch {
    return []
  }
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended before.
  }
}

class FileLimit {
  #directory = directoryOf(process.pid)
  #running = new Map()
  #ending = Promise.resolve()
  #left = 0
  #lastResultAt
  #timer

  onRunStart({ numTotalTestSuites }) {
    this.#left = numTotalTestSuites
    mkdirSync(this.#directory, { recursive: true })
    this.#timer = setInterval(() => this.#look(), 1000)
    this.#timer.unref()
  }

  onTestFileStart({ path }) {
    this.#running.set(path, { since: performance.now(), done: [] })
  }

  onTestCaseResult({ path }, { fullName }) {
    this.#running.get(path)?.done.push(fullName)
  }

  onTestFileResult({ path }) {
    this.#running.delete(path)
    this.#left--
    this.#lastResultAt = performance.now()
  }

  onRunComplete() {
    clearInterval(this.#timer)
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #look() {
    if (this.#left === 0 && performance.now() - this.#lastResultAt > END_LIMIT_MS) this.#endWorkers()
    for (const [path, { since, done }] of this.#running) {
      if (performance.now() - since < LIMIT_MS) continue
      this.#running.delete(path)
      // One after the other: all open their debugger at the same port.
      this.#ending = this.#ending.then(() => this.#end(path, done))
    }
  }

  /** The processes that run a file of this name; else those that run no file that is known here: one of them lost it. */
  #processesOf(path) {
    const workers = childrenOf(process.pid).map((worker) => ({ ...worker, file: this.#fileOf(worker.pid) }))
    const its = workers.filter(({ file }) => file === path)
    return its.length > 0 ? its : workers.filter(({ file }) => !this.#running.has(file))
  }

  #fileOf(pid) {
    try {
      return readFileSync(join(this.#directory, String(pid)), 'utf8')
    } catch {
      return undefined // It has not begun a file.
    }
  }

  #endWorkers() {
    clearInterval(this.#timer)
    console.error(`All files were done ${END_LIMIT_MS / 1000} s ago, and jest does not end: its processes are killed.`)
    for (const { pid } of childrenOf(process.pid)) kill(pid)
  }

  async #end(path, done) {
    const last =
      done.length === 0 ? 'none of its tests ended' : `${done.length} tests ended, the last: "${done.at(-1)}"`
    console.error(`HANGS ${path}: not done after ${LIMIT_MS / 1000} s; ${last}.`)
    for (const { pid } of this.#processesOf(path)) {
      const children = childrenOf(pid)
      const list = children.map(({ pid: child, command }) => `\n    ${child} ${command}`).join('')
      console.error(`Process ${pid} was at:\n${await whereIs(pid)}\nProcesses that it had started:${list || ' none'}`)
      for (const child of children) kill(child.pid)
      kill(pid)
    }
  }
}

module.exports = FileLimit
