import {
  answerQuery,
  checkQueryTimeout,
  type Change,
  BaseActor,
  clockOption,
  type ConcreteParent,
  GenPoolError,
  type Nanos,
  type Reference,
  refused,
  StoppedError,
  Turn,
} from '@genpool/runtime'
import { type Ref } from 'nact'
import { z } from 'zod'
import { createRegulator, type Regulator } from '../engine/regulator'
import { type RegulatorOptions, regulatorOptions } from '../engine/regulator-options'
import { applyOptions, type CheckedAskOptions, DEFAULTS, watchSignal } from './ask-options'
import { type Answering, checkMessage, dispatchFrom, once, sending } from './answers'
import { type Listener, Party, type PartyFacts } from './party'
import {
  type CheckedRegulatorMessage,
  type Permit,
  type RegulatorAnswer,
  type RegulatorAskKind,
  regulatorMessage,
} from './regulator-messages'
import { Shell } from './shell'

/** Options of a regulator actor: `regulatorOptions` and a clock. */
export const regulatorActorOptions = z.strictObject({
  ...regulatorOptions.shape,
  clock: clockOption,
})
export type RegulatorActorOptions = z.input<typeof regulatorActorOptions>

type Task = Party<Permit>
type AskMessage = Extract<CheckedRegulatorMessage, { type: RegulatorAskKind }>
type ControlMessage = Exclude<CheckedRegulatorMessage, AskMessage>

/** Where a regulator's reference keeps the actor. */
export const REGULATOR = Symbol.for('genpool.regulator')

/** A regulator as an actor. */
export class RegulatorActor extends BaseActor {
  readonly engine: Regulator<Task>
  readonly shell: Shell
  readonly #running = new Set<Task>()

  constructor(parent: ConcreteParent, options: z.output<typeof regulatorActorOptions>, name?: string) {
    super(parent, name)
    const { clock, ...config } = options
    this.engine = createRegulator<Task>(config, Turn.of(clock).now(), {
      isAlive: (task) => task.isAlive || this.shell.passOver(task),
    })
    this.shell = new Shell(this.name, clock, this.engine, () => this.#act())
    Object.defineProperty(this.reference, REGULATOR, { value: this })
  }

  /** Lets a new task ask to run. `listener` is told the result, now or later. */
  ask(kind: RegulatorAskKind, facts: PartyFacts, options: CheckedAskOptions, listener: Listener<Permit>): Task {
    const now = this.shell.turn.now()
    const task = new Party<Permit>(facts, listener, now)
    applyOptions(task, options, now)
    const guard = { name: this.name, withdraw: () => this.shell.withdraw(task, null) }
    if (this.stopped) task.fail(new StoppedError(this.name))
    else if (watchSignal(task, options.signal, guard)) this.#offer(kind, task, now)
    return task
  }

  update(relativeTime: Nanos): void {
    this.engine.update(relativeTime, this.shell.turn.now())
    this.#act()
  }

  cancel(tag: unknown): number {
    const count = this.engine.cancel(tag, this.shell.turn.now())
    this.shell.forgetAll(tag)
    this.#act()
    return count
  }

  /** @throws {OptionsError} if the options are wrong, {StoppedError} if it has stopped; nothing changes then */
  changeConfig(options: RegulatorOptions): readonly Change[] {
    if (this.stopped) throw new StoppedError(this.name)
    const changes = this.engine.configure(options, this.shell.turn.refresh())
    this.#act()
    return changes
  }

  protected override receive(message: unknown, sender: Reference): void {
    const ref = sender as unknown as Ref<RegulatorAnswer>
    const tag = (message as { tag?: unknown } | null)?.tag
    const send = (answer: RegulatorAnswer): void => dispatchFrom(ref, answer, this.reference)
    try {
      const checked = checkMessage(regulatorMessage, message, 'regulator')
      if (!isAsk(checked)) send(this.#control(checked, sender))
      else if (sender.type !== 'nobody') {
        const options = { ...DEFAULTS, ...checked }
        this.ask(checked.type, { ref, value: undefined }, options, sending(send as Answering<Permit>, tag))
      }
    } catch (error) {
      if (!(error instanceof GenPoolError)) throw error
      send({ type: 'failed', tag, error })
    }
  }

  protected override receiveQuery(message: unknown, timeout: number): Promise<unknown> {
    return answerQuery(message, this.system, (given) => this.#query(given, timeout).catch(refused))
  }

  protected override onStopped(): void {
    for (const task of this.engine.tasks) {
      this.shell.withdraw(task, null)
      task.fail(new StoppedError(this.name))
    }
    this.shell.close()
  }

  async #query(message: unknown, timeout: number): Promise<unknown> {
    const limit = checkQueryTimeout(timeout)
    const checked = checkMessage(regulatorMessage, message, 'regulator')
    if (!isAsk(checked)) return this.#control(checked, undefined)
    const options = { ...DEFAULTS, ...checked, timeout: Math.min(limit, checked.timeout) }
    return new Promise<Permit>((resolve, reject) => {
      this.ask(checked.type, { ref: undefined, value: undefined }, options, {
        onGo: resolve,
        onFailure: (error) => this.shell.refuse(reject, error),
      })
    })
  }

  #offer(kind: RegulatorAskKind, task: Task, now: Nanos): void {
    this.#reap(now)
    const since = kind === 'nbAsk' ? this.engine.nbAsk(task, now) : this.engine.ask(task, now)
    if (since === null && kind === 'dynamicAsk') task.mustWait()
    if (since !== null) this.#start(task, since, now)
    this.#act()
    if (task.list !== null) this.shell.watch(task)
  }

  /** nact does not report stopped actors, so running tasks are checked before another task has to wait for them. */
  #reap(now: Nanos): void {
    for (const task of this.#running) {
      if (task.isAlive) continue
      this.#running.delete(task)
      this.engine.remove(task, now)
      this.#act()
    }
  }

  #start(task: Task, since: Nanos, now: Nanos): void {
    this.#running.add(task)
    this.shell.forget(task)
    task.go({
      relativeTime: since - task.sentAt,
      sojournTime: now - task.sentAt,
      done: once(() => void this.#end(task)),
      continue: () => this.#continue(task) === 'goOn',
    })
  }

  #end(task: Task): boolean {
    this.#running.delete(task)
    const known = this.engine.done(task, this.shell.turn.refresh())
    this.#act()
    return known
  }

  #continue(task: Task): 'goOn' | 'stop' | 'unknown' {
    const { result } = this.engine.continue(task, this.shell.turn.refresh())
    if (result !== 'go') this.#running.delete(task)
    this.#act()
    return result === 'go' ? 'goOn' : result === 'done' ? 'stop' : 'unknown'
  }

  #act(): void {
    const { dropped, admitted, wakeAt } = this.engine.decision
    const now = this.shell.turn.now()
    if (dropped.length > 0) this.shell.tellDrops(dropped as never, true)
    this.shell.wakeAt(wakeAt)
    for (const { entry, since } of admitted) {
      this.shell.departed(now)
      this.#start(entry, since, now)
    }
  }

  #control(message: ControlMessage, sender: Reference | undefined): RegulatorAnswer {
    switch (message.type) {
      case 'done':
      case 'continue': {
        const task = this.#taskOf(sender, message.tag)
        if (task === undefined) return { type: 'unknown', tag: message.tag }
        if (message.type === 'continue') return { type: this.#continue(task), tag: message.tag }
        return { type: this.#end(task) ? 'stop' : 'unknown', tag: message.tag }
      }
      case 'update':
        this.update(message.relativeTime)
        return { type: 'size', length: this.engine.size }
      case 'cancel':
        return { type: 'cancelled', tag: message.tag, count: this.cancel(message.tag) }
      case 'length':
        return { type: 'length', length: this.engine.length }
      case 'size':
        return { type: 'size', length: this.engine.size }
      case 'changeConfig':
        return { type: 'changed', changes: this.changeConfig(message.options as RegulatorOptions) }
    }
  }

  #taskOf(sender: Reference | undefined, tag: unknown): Task | undefined {
    const path = sender?.path.toString()
    return [...this.#running].find((task) => task.tag === tag && pathOf(task.ref) === path)
  }
}

function pathOf(ref: Ref<never> | undefined): string | undefined {
  return (ref as unknown as Reference | undefined)?.path.toString()
}

function isAsk(message: CheckedRegulatorMessage): message is AskMessage {
  return ['ask', 'nbAsk', 'dynamicAsk'].includes(message.type)
}
