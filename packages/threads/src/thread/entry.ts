import { NS_PER_MS, OptionsError, readSafely, systemClock } from '@genpool/runtime'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { inspect } from 'node:util'
import * as threads from 'node:worker_threads'
import { loadBehaviour } from '../loading/load-module'
import { Awake } from '../protocol/awake'
import { SharedWords } from '../protocol/shared-words'
import { encodeError, isError } from '../values/errors'
import { Inbox } from '../inbox'
import { tellLastError } from './last-error'
import { manifestOf } from './manifest'
import { Outbox } from './outbox'
import { replacementOf } from './replacement'
import { Runtime } from './runtime'
import type { ThreadData } from './thread-data'
import { unpackForThread } from '../protocol/wire'

/** What a thread does: loads the behaviour, says what it has, and runs what it is given. */
async function main({ port, memory, module, stayAwake, workerData }: ThreadData): Promise<void> {
  const words = new SharedWords(memory)
  let runtime: Runtime | null = null
  const outbox = new Outbox(port, words, {
    state: () => runtime?.state,
    replace: (message, error) => replacementOf(message, error, (job) => runtime?.handlerOf(job) ?? 'a handler'),
  })
  // What was done is told, also if a handler ends the process of its thread.
  process.once('exit', () => outbox.flush())
  tellLastError(outbox)
  showWorkerData(workerData)
  const failed = (error: unknown, isFinal: boolean): void => {
    outbox.add(['unloadable', { error: encodeError(asError(error, module.file)), isFinal }])
    outbox.flush()
  }
  const neverLoads = (): void => failed(new Error(neverSettles(module.file)), false)
  process.once('beforeExit', neverLoads)
  try {
    const definition = await loadBehaviour(module)
    outbox.add(['loaded', manifestOf(definition)])
    const awake = new Awake(systemClock, stayAwake * NS_PER_MS)
    const running = (runtime = new Runtime(definition, words, { outbox, awake }))
    outbox.flush()
    new Inbox(port, {
      unpack: unpackForThread,
      take: (messages) => running.receive(messages),
      read: (number) => (words.readByThread = number),
      ask: (number) => {
        outbox.add(['repost', number])
        outbox.flush()
      },
    }).listen()
  } catch (error) {
    failed(
      error,
      readSafely(() => error instanceof OptionsError, false),
    )
  } finally {
    process.off('beforeExit', neverLoads)
  }
}

/** Nothing is left to do in the thread, and its module has not loaded. */
function neverSettles(file: string): string {
  return (
    `a top-level await in the module "${file}" never settles: nothing is left in its thread that it could wait for. ` +
    'Await something that settles, or do that in init'
  )
}

/** A module may throw anything: texts show the message of an error only. */
function asError(thrown: unknown, file: string): unknown {
  if (isError(thrown)) return thrown
  const what = readSafely(() => inspect(thrown, { depth: 2, breakLength: Infinity }), 'something that cannot be shown')
  return new Error(`the module "${file}" threw what is no error: ${what}`, { cause: thrown })
}

/** Modules of the user's see their own data in `workerData`. */
function showWorkerData(data: unknown): void {
  const exports = createRequire(__filename)('node:worker_threads') as { workerData: unknown }
  exports.workerData = data
  syncBuiltinESMExports()
}

void main(threads.workerData as ThreadData)
