import {
  type Change,
  checkPlace,
  lookUp,
  type Nanos,
  optionsOf,
  parseOptions,
  spawnActor,
  wrongArgument,
} from '@genpool/runtime'
import { type Ref } from 'nact'
import { type RegulatorOptions } from '../engine/regulator-options'
import { type Meter, type MeterFactory, type Sample } from '../meters/meter'
import { type AskOptions, checkAskOptions } from './ask-options'
import { checkSide } from './choosing'
import { REGULATOR, RegulatorActor, type RegulatorActorOptions, regulatorActorOptions } from './regulator-actor'
import { type Permit, type RegulatorAskKind, type RegulatorMessage } from './regulator-messages'

/** The address of a regulator, for nact's `dispatch`, `query` and `stop`, and for the functions of `regulators`. */
export type RegulatorRef = Ref<RegulatorMessage>

/** A task that may still be waiting. */
export interface TaskTicket {
  /** Settles as `ask` does. If nobody listens, a rejection does not end the process. */
  readonly permit: Promise<Permit>
  /** Cancels the task if it still waits: `permit` then never settles. False if it is too late. */
  cancel(): boolean
}

/**
 * Starts a regulator under `parent`. What is spawned under it stops with it.
 *
 * @param options see `regulatorOptions`; times in milliseconds
 * @param name of the address; generated if left out
 * @throws {OptionsError} if an option is unknown or out of range, the parent is none, or the name is taken or not allowed;
 *   {StoppedError} if the parent has stopped. Nothing is spawned then
 * @example const regulator = spawnRegulator(start(), { valve: { type: 'rate', limit: 10 } })
 */
export function spawnRegulator(parent: Ref<never>, options: RegulatorActorOptions = {}, name?: string): RegulatorRef {
  checkPlace('regulator', parent, name)
  const checked = parseOptions(regulatorActorOptions, options, optionsOf('regulator', name))
  const actor = spawnActor(parent, (concrete) => new RegulatorActor(concrete, checked, name))
  return actor.reference as unknown as RegulatorRef
}

/** The functions for a regulator. */
export const regulators = {
  /**
   * Asks to run; resolves with the permit when a place is free.
   *
   * @throws {DroppedError} as a rejection, if it was dropped; {ExpiredError} after `timeout`; {CancelledError} if its
   *   signal aborts; {StoppedError} if the regulator stops. The task must not run then
   */
  ask: (regulator: RegulatorRef, options?: AskOptions): Promise<Permit> =>
    start(regulator, { kind: 'ask', of: 'regulators.ask' }, options).permit,

  /** `ask` without waiting: rejects with a DroppedError (`busy`) if no place is free. */
  nbAsk: (regulator: RegulatorRef, options?: AskOptions): Promise<Permit> =>
    start(regulator, { kind: 'nbAsk', of: 'regulators.nbAsk' }, options).permit,

  /** `ask` that returns a ticket, to await or to cancel. */
  asyncAsk: (regulator: RegulatorRef, options?: AskOptions): TaskTicket => {
    const ticket = start(regulator, { kind: 'ask', of: 'regulators.asyncAsk' }, options)
    ticket.permit.catch(() => undefined)
    return ticket
  },

  /** Reports how fast a queue moves: its relative time in nanoseconds. With a smaller one, more tasks may run. */
  update: (regulator: RegulatorRef, relativeTime: Nanos): void => {
    const actor = regulatorOf(regulator, 'regulators.update')
    if (typeof relativeTime === 'number' && !Number.isNaN(relativeTime)) return actor.update(relativeTime)
    throw wrongArgument({ of: 'regulators.update', argument: 'relative time', expected: 'nanoseconds' }, relativeTime)
  },

  /** Removes everything queued with this tag, without telling it; returns how many. */
  cancel: (regulator: RegulatorRef, tag: unknown): number => regulatorOf(regulator, 'regulators.cancel').cancel(tag),

  /** How many tasks wait. */
  length: (regulator: RegulatorRef): number => regulatorOf(regulator, 'regulators.length').engine.length,

  /** How many tasks run. */
  size: (regulator: RegulatorRef): number => regulatorOf(regulator, 'regulators.size').engine.size,

  /**
   * Changes the options of a running regulator; options left out go back to their defaults. Queued and running tasks stay.
   *
   * @returns what changed, option by option
   * @throws {OptionsError} if the options are wrong; nothing changes then
   */
  changeConfig: (regulator: RegulatorRef, options: RegulatorOptions): readonly Change[] =>
    regulatorOf(regulator, 'regulators.changeConfig').changeConfig(options),
} as const

/**
 * A meter for a broker: it reports to a regulator how fast one side of the broker moves.
 *
 * @param side `askR` if the regulated tasks are the members: more may run while members do not wait. `ask` if the tasks
 *   send the requests
 * @throws {OptionsError} if `regulator` or `side` is something else
 */
export function regulatorMeter(regulator: RegulatorRef, side: 'ask' | 'askR' = 'askR'): MeterFactory {
  regulatorOf(regulator, 'regulatorMeter')
  const known = checkSide(side, 'regulatorMeter')
  return () => new RegulatorMeter((relativeTime) => regulators.update(regulator, relativeTime), known)
}

class RegulatorMeter implements Meter {
  readonly wakeAt = null

  constructor(
    private readonly tell: (relativeTime: Nanos) => void,
    private readonly side: 'ask' | 'askR',
  ) {}

  update({ relativeTime }: Sample): void {
    this.tell(this.side === 'ask' ? relativeTime : -relativeTime)
  }

  timeout(): void {
    // It only forwards matches.
  }

  configure(): void {
    // It has no options.
  }
}

function regulatorOf(ref: RegulatorRef, caller: string): RegulatorActor {
  try {
    const own = (ref as { [REGULATOR]?: RegulatorActor })[REGULATOR]
    if (own !== undefined) return own
  } catch {
    // Undefined, null, or a proxy that throws.
  }
  const actor = lookUp(ref)
  if (actor instanceof RegulatorActor) return actor
  const expected = 'the address of a regulator, as spawnRegulator returned it (a copy of it works only while it runs)'
  throw wrongArgument({ of: caller, argument: 'regulator', expected }, ref)
}

/** What is asked of the regulator, and by which public function. */
interface Asking {
  readonly kind: RegulatorAskKind
  readonly of: string
}

function start(regulator: RegulatorRef, { kind, of }: Asking, options: AskOptions | undefined): TaskTicket {
  const actor = regulatorOf(regulator, of)
  const checked = checkAskOptions(options, of)
  let cancel = (): boolean => false
  const permit = new Promise<Permit>((resolve, reject) => {
    const facts = { ref: checked.as, value: undefined }
    const task = actor.ask(kind, facts, checked, {
      onGo: resolve,
      onFailure: (error) => actor.shell.refuse(reject, error),
    })
    cancel = () => {
      const waits = task.list !== null
      if (waits) actor.shell.withdraw(task, null)
      return waits
    }
  })
  return { permit, cancel: () => cancel() }
}
