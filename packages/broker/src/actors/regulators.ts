import {
  type Change,
  checkName,
  findActor,
  type Nanos,
  OptionsError,
  optionsOf,
  parseOptions,
  spawnActor,
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
 * @throws {OptionsError} if an option is unknown or out of range; {StoppedError} if the parent has stopped; nact's
 *   own Error if the name is taken or invalid. Nothing is spawned then
 */
export function spawnRegulator(parent: Ref<never>, options: RegulatorActorOptions = {}, name?: string): RegulatorRef {
  checkName('regulator', name)
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
  ask: (regulator: RegulatorRef, options?: AskOptions): Promise<Permit> => start(regulator, 'ask', options).permit,

  /** `ask` without waiting: rejects with a DroppedError (`busy`) if no place is free. */
  nbAsk: (regulator: RegulatorRef, options?: AskOptions): Promise<Permit> => start(regulator, 'nbAsk', options).permit,

  /** `ask` that returns a ticket, to await or to cancel. */
  asyncAsk: (regulator: RegulatorRef, options?: AskOptions): TaskTicket => {
    const ticket = start(regulator, 'ask', options)
    ticket.permit.catch(() => undefined)
    return ticket
  },

  /** Reports how fast a queue moves: its relative time in nanoseconds. With a smaller one, more tasks may run. */
  update: (regulator: RegulatorRef, relativeTime: Nanos): void => regulatorOf(regulator).update(relativeTime),

  /** Removes everything queued with this tag, without telling it; returns how many. */
  cancel: (regulator: RegulatorRef, tag: unknown): number => regulatorOf(regulator).cancel(tag),

  /** How many tasks wait. */
  length: (regulator: RegulatorRef): number => regulatorOf(regulator).engine.length,

  /** How many tasks run. */
  size: (regulator: RegulatorRef): number => regulatorOf(regulator).engine.size,

  /**
   * Changes the options of a running regulator; queued and running tasks stay.
   *
   * @returns what changed, option by option
   * @throws {OptionsError} if the options are wrong; nothing changes then
   */
  changeConfig: (regulator: RegulatorRef, options: RegulatorOptions): readonly Change[] =>
    regulatorOf(regulator).changeConfig(options),
} as const

/**
 * A meter for a broker: it reports to a regulator how fast one side of the broker moves.
 *
 * @param side `askR` if the regulated tasks are the members: more may run while members do not wait. `ask` if the tasks
 *   send the requests
 */
export function regulatorMeter(regulator: RegulatorRef, side: 'ask' | 'askR' = 'askR'): MeterFactory {
  const known = checkSide(side)
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

function regulatorOf(ref: RegulatorRef): RegulatorActor {
  const own = (ref as { [REGULATOR]?: RegulatorActor })[REGULATOR]
  if (own !== undefined) return own
  const actor = typeof ref === 'object' && 'system' in ref ? findActor(ref as Ref<never>) : undefined
  if (actor instanceof RegulatorActor) return actor
  throw new OptionsError('Not a reference to a running regulator. Pass the value that spawnRegulator returned.')
}

function start(regulator: RegulatorRef, kind: RegulatorAskKind, options: AskOptions | undefined): TaskTicket {
  const actor = regulatorOf(regulator)
  const checked = checkAskOptions(options)
  let cancel = (): boolean => false
  const permit = new Promise<Permit>((resolve, reject) => {
    const facts = { ref: checked.as, value: undefined }
    const task = actor.ask(kind, facts, checked, { onGo: resolve, onFailure: reject })
    cancel = () => {
      const waits = task.list !== null
      if (waits) actor.shell.withdraw(task, null)
      return waits
    }
  })
  return { permit, cancel: () => cancel() }
}
