'use strict'
/* Asks the debugger of another Node process where its code is at this moment, even if that never gives way. */
const { WebSocket } = require('undici')

const LIMIT_MS = 10_000
const PORT = 9229 // where a process listens after SIGUSR1

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

async function addressOfDebugger() {
  for (const until = performance.now() + LIMIT_MS; performance.now() < until; await wait(100)) {
    try {
      const [{ webSocketDebuggerUrl }] = await (await fetch(`http://127.0.0.1:${PORT}/json/list`)).json()
      return webSocketDebuggerUrl
    } catch {
      // not yet
    }
  }
  throw new Error(`it opened no debugger within ${LIMIT_MS / 1000} s.`)
}

/** Pauses the process: resolves to its call frames, a line each, or to `undefined` if no JavaScript ran within the limit. */
function pause(url) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url)
    const files = new Map()
    const done = (frames) => {
      socket.close()
      resolve(frames)
    }
    const limit = setTimeout(done, LIMIT_MS)
    socket.onerror = ({ message }) => reject(new Error(`its debugger could not be reached: ${message}`))
    socket.onopen = () => {
      socket.send(JSON.stringify({ id: 1, method: 'Debugger.enable' }))
      socket.send(JSON.stringify({ id: 2, method: 'Debugger.pause' }))
    }
    socket.onmessage = ({ data }) => {
      const { method, params } = JSON.parse(data)
      if (method === 'Debugger.scriptParsed') files.set(params.scriptId, params.url)
      if (method !== 'Debugger.paused') return
      clearTimeout(limit)
      done(
        params.callFrames.map(({ functionName, location: { scriptId, lineNumber } }) => {
          return `    ${functionName || '(anonymous)'} ${files.get(scriptId)}:${lineNumber + 1}`
        }),
      )
    }
  })
}

async function whereIs(pid) {
  try {
    process.kill(pid, 'SIGUSR1')
    const frames = await pause(await addressOfDebugger())
    if (frames === undefined)
      return `    none of its code: nothing ran for ${LIMIT_MS / 1000} s, or it waits in a call of the system.`
    return frames.join('\n')
  } catch (error) {
    return `    not known: ${error.message}`
  }
}

module.exports = { whereIs }
