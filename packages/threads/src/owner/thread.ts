import { inspect } from 'node:util'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import { native, NS_PER_MS, readSafely, systemClock, textOf } from '@genpool/runtime'
import { type Boot, BOOT_FILE, keepNativeCode } from '../loading/loader'
import type { ModuleSetup } from '../loading/load-module'
import { faultFrom, unusable } from '../node-options'
import type { CheckedThreadOptions } from '../options'
import type { JobToThread, Manifest, ToOwner, ToThread } from '../protocol/messages'
import { SentPosts } from '../protocol/sent-posts'
import { SharedWords } from '../protocol/shared-words'
import { Hearing } from './hearing'
import { againOf, beginAgain, packForThread, type Packed, unpackForOwner, unpackForThread } from '../protocol/wire'
import { Waiting } from './waiting'
import type { ThreadData } from '../thread/thread-data'
import { isReadable } from '../values/cloneable'
import { decodeError } from '../values/errors'
import { Inbox } from '../inbox'
import type { Transferable } from '../values/transfer'

/** What a thread is made of. */
export interface ThreadSetup {
  readonly boot: Boot
  readonly module: ModuleSetup
  readonly options: CheckedThreadOptions
}

/** Who listens to a thread. */
export interface ThreadListener {
  hear(messages: readonly ToOwner[]): void
  /** This message cannot be read in the thread. */
  unread(message: ToThread): void
  /** The thread is gone. What it had sent was heard before. */
  died(cause: unknown): void
}

/** How long a thread that is to end may go on to load its module, in milliseconds. */
const LOADING_MS = 5_000

const UNREADABLE =
  'its thread was ended, since it could not read what was sent, and nothing was found in it that is wrong'
const LOST = 'its thread has ended, and what it sent last could not be read'

/** The module cannot be used at all: another try would end the same. */
export class UnusableModule {
  constructor(readonly error: unknown) {}
}

/** One thread of Node, with a port of its own: loads the module, then runs what it is sent. */
export class Thread {
  readonly words = new SharedWords()
  readonly waiting: Waiting
  /** What the module has. Rejects with an `UnusableModule`, or with what the module threw. */
  readonly loaded: Promise<Manifest>
  isLoaded = false
  isGone = false
  /** Why it is gone. */
  cause: unknown = undefined
  /** The number of the last job. */
  lastId = 0
  /** Resolves when its last member has ended. */
  free: Promise<void> = Promise.resolve()
  /** Null if Node has made none. */
  readonly #worker: Worker | null
  readonly #port: MessagePort
  #inbox: Inbox<ToOwner> | null = null
  readonly #sent = new SentPosts()
  #listener: ThreadListener | null = null
  #error: unknown = undefined
  #isDeaf = false
  #isHolding = false
  readonly #exited: Promise<void>

  constructor({ boot, module, options }: ThreadSetup) {
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    this.waiting = new Waiting(options.stayAwake)
    const { memory } = this.words
    const { stayAwake, workerData } = options
    const data: ThreadData = { boot, module, port: port2, memory, stayAwake, workerData }
    keepNativeCode(boot)
    let worker: Worker
    try {
      worker = new Worker(BOOT_FILE, { ...nodeOptions(options), workerData: data, transferList: [port2] })
    } catch (error) {
      this.#worker = null
      this.isGone = true
      this.loaded = Promise.reject(whyNone(error, options) as Error)
      this.loaded.catch(() => undefined)
      this.#exited = Promise.resolve()
      port1.close()
      return
    }
    this.#worker = worker
    route(worker, options)
    let fail!: (error: unknown) => void
    this.loaded = new Promise((resolve, reject) => {
      fail = reject
      const hearing = new Hearing(this.words)
      this.#inbox = new Inbox(port1, {
        unpack: (packed) => unpackForOwner(native(packed)),
        take: (messages, posts) => {
          hearing.heard(posts)
          this.#sent.letGo(this.words.readByThread)
          if (messages.length > 0) this.#hear(messages, resolve, reject)
        },
        read: (number) => (this.words.readByOwner = number),
        ask: (number) => this.post([['again', number]]),
      })
      this.#inbox.listen()
    })
    this.loaded.catch(() => undefined)
    this.#exited = new Promise((resolve) => {
      worker.on('error', (error: unknown) => (this.#error ??= errorOf(error)))
      worker.on('exit', (code) => {
        this.#exit(code, fail)
        resolve()
      })
    })
    worker.unref()
    port1.unref()
  }

  /** The process waits for it, or not. */
  hold(holds: boolean): void {
    if (this.#isHolding === holds || this.isGone) return
    this.#isHolding = holds
    // Not by the port: that closes when the thread dies, before anybody here has heard of its end.
    if (holds) this.#worker?.ref()
    else this.#worker?.unref()
  }

  listen(listener: ThreadListener | null): void {
    this.#listener = listener
  }

  /** @throws {unknown} if a message cannot be cloned, is nested too deeply or throws when it is read; nothing is sent then */
  post(messages: readonly ToThread[], list?: readonly Transferable[]): void {
    if (this.isGone) return
    const packed: Packed = []
    for (const message of messages) packForThread(packed, message)
    this.#send(packed, list)
  }

  #send(packed: Packed, list?: readonly Transferable[]): void {
    this.#port.postMessage(packed, list)
    this.#sent.add(packed, this.words.readByThread)
  }

  /** Sends a post again that the thread could not read, without what is wrong in it. */
  #again(number: number): void {
    const packed = this.#sent.at(number)
    if (packed === undefined || againOf(packed) !== undefined) return this.endFor(new Error(UNREADABLE))
    const messages = unpackForThread(packed)
    const wrong = messages.filter((message) => !isReadable(message))
    if (wrong.length === 0) return this.#apart(number, messages)
    for (const message of wrong) this.#listener?.unread(message)
    this.#sendAgain(
      number,
      messages.filter((message) => !wrong.includes(message)),
    )
  }

  /** Nothing wrong is found in a post that the thread could not read: sends each job of it alone. One that was alone is what is wrong. */
  #apart(number: number, messages: readonly ToThread[]): void {
    const jobs = messages.filter(isJob)
    const [job] = jobs
    if (job === undefined) return this.endFor(new Error(UNREADABLE))
    this.#sendAgain(
      number,
      messages.filter((message) => !isJob(message)),
    )
    if (messages.length === 1) this.#listener?.unread(job)
    else for (const each of jobs) this.#postAlone(each)
  }

  #postAlone(job: JobToThread): void {
    try {
      this.post([job])
    } catch {
      this.#listener?.unread(job)
    }
  }

  #sendAgain(number: number, messages: readonly ToThread[]): void {
    const again = beginAgain(number)
    for (const message of messages) packForThread(again, message)
    this.#send(again)
  }

  /** The jobs of the post that it was reading, or was to read next, by their numbers. */
  get unread(): readonly number[] {
    const packed = this.#sent.firstAfter(this.words.readByThread)
    if (packed === undefined) return []
    return unpackForThread(packed).flatMap((message) => (message[0] === 'job' ? [message[2].id] : []))
  }

  /** How long it has had nothing to do, in milliseconds. It stands still while the thread works, or loops. */
  get idleMs(): number {
    return this.#worker?.performance.eventLoopUtilization().idle ?? 0
  }

  /** Ends it, whatever it does. Resolves when it is gone. */
  async kill(): Promise<void> {
    await this.#mayBeEnded()
    if (!this.isGone) await Promise.race([this.#worker?.terminate(), this.#exited])
  }

  /**
   * To end a thread while it loads native code often ends the process, so it may finish loading first. A module that has not loaded
   * after so long most likely loops: it would take a core for ever, and that is the greater evil.
   */
  #mayBeEnded(): Promise<unknown> {
    const loaded = this.loaded.catch(() => undefined)
    return new Promise((resolve) => {
      const timer = systemClock.setTimer(systemClock.now() + LOADING_MS * NS_PER_MS, () => resolve(undefined), false)
      void loaded.then(() => {
        timer.cancel()
        resolve(undefined)
      })
    })
  }

  /** Resolves when it is gone. */
  gone(): Promise<void> {
    return this.#exited
  }

  /** Ends it for a reason. What it still says would make no sense. */
  endFor(cause: Error): void {
    this.#isDeaf = true
    this.#error = cause
    void this.kill()
  }

  #hear(messages: readonly ToOwner[], resolve: (manifest: Manifest) => void, reject: (error: unknown) => void): void {
    if (this.#isDeaf) return
    this.waiting.heard()
    for (const message of messages) {
      if (message[0] === 'repost') this.#again(message[1])
      else if (message[0] === 'uncaught') this.#error = errorOf(decodeError(message[1]))
    }
    const [first] = messages
    if (first?.[0] === 'loaded') {
      this.isLoaded = true
      return resolve(first[1])
    }
    if (first?.[0] === 'unloadable') {
      const { error, isFinal } = first[1]
      return reject(isFinal ? new UnusableModule(decodeError(error)) : decodeError(error))
    }
    this.#listener?.hear(messages)
  }

  #exit(code: number, fail: (error: unknown) => void): void {
    // What it has sent before comes first.
    this.#inbox?.drain()
    if (this.#inbox?.isMissing === true) this.#error ??= new Error(LOST)
    this.isGone = true
    this.waiting.end()
    this.#port.close()
    const cause = this.#error === undefined ? new Error(endOf(code)) : this.#error
    this.cause = cause
    fail(cause)
    this.#listener?.died(cause)
  }
}

function isJob(message: ToThread): message is JobToThread {
  return message[0] === 'job'
}

/** Why Node makes no thread. Another try helps only if it had no room for one. */
function whyNone(error: unknown, options: CheckedThreadOptions): unknown {
  const { code } = error as { code?: unknown }
  return code === 'ERR_WORKER_INIT_FAILED' ? error : new UnusableModule(unusable(faultFrom(error, options)))
}

/** What ended a thread, as an error of this realm: under jest, Node brings one of another. */
function errorOf(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown
  if (Object.prototype.toString.call(thrown) === '[object Error]')
    return Object.assign(new Error(textOf((thrown as Error).message), { cause: thrown }), codeOf(thrown))
  return new Error(`what was thrown in its thread is no error: ${inspect(thrown)}`, { cause: thrown })
}

function codeOf(error: unknown): { readonly code?: unknown } {
  const code = readSafely(() => (error as { code?: unknown }).code, undefined)
  return code === undefined ? {} : { code }
}

function endOf(code: number): string {
  return `its thread ended with the code ${code}: process.exit was called in it, or it was terminated`
}

function nodeOptions(options: CheckedThreadOptions): ConstructorParameters<typeof Worker>[1] {
  const { env, argv, execArgv, resourceLimits, name, stdout, stderr } = options
  const given = { env, argv, execArgv, resourceLimits, name }
  return {
    ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as object),
    stdout: stdout !== true,
    stderr: stderr !== true,
  }
}

/** Sends its output where the options say. */
function route(worker: Worker, { stdout, stderr }: CheckedThreadOptions): void {
  for (const [from, to] of [[worker.stdout, stdout] as const, [worker.stderr, stderr] as const]) {
    if (typeof to === 'object') from.pipe(to, { end: false })
    else if (!to) from.resume()
  }
}
