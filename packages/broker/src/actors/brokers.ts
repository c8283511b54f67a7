import { type Change, checkPlace, lookUp, optionsOf, parseOptions, spawnActor, wrongArgument } from '@genpool/runtime'
import { type Ref } from 'nact'
import { type AskOptions, checkAskOptions } from './ask-options'
import { BROKER, BrokerActor } from './broker-actor'
import { type BrokerActorOptions, brokerActorOptions, type BrokerConfig } from './broker-actor-options'
import { type AskKind, type BrokerMatch, type BrokerMessage } from './broker-messages'

declare const sides: unique symbol

/**
 * The address of a broker, for nact's `dispatch`, `query` and `stop`, and for the functions in this file.
 *
 * @typeParam A what requests bring
 * @typeParam R what members bring
 */
export type BrokerRef<A = unknown, R = unknown> = Ref<BrokerMessage> & { readonly [sides]?: (ask: A, askR: R) => void }

/** A request that may still be waiting. */
export interface Ticket<V> {
  /** Settles as `ask` does. If nobody listens, a rejection does not end the process. */
  readonly match: Promise<BrokerMatch<V>>
  /** Cancels the request if it still waits: `match` then never settles. False if it is too late. */
  cancel(): boolean
}

/** The result of a request that must not block. */
export type DynamicMatch<V> =
  | ({ readonly type: 'go' } & BrokerMatch<V>)
  | ({ readonly type: 'await' } & Ticket<V>)
  | { readonly type: 'drop'; readonly error: Error }

/**
 * Starts a broker under `parent`. What is spawned under it stops with it.
 *
 * @param options see `brokerActorOptions`; times in milliseconds
 * @param name of the address; generated if left out
 * @throws {OptionsError} if an option is unknown or out of range, the parent is none, or the name is taken or not allowed;
 *   {StoppedError} if the parent has stopped. Nothing is spawned then
 * @example const broker = spawnBroker<string, string>(start(), { client: { type: 'codel', target: 50 } })
 */
export function spawnBroker<A = unknown, R = unknown>(
  parent: Ref<never>,
  options: BrokerActorOptions = {},
  name?: string,
): BrokerRef<A, R> {
  checkPlace('broker', parent, name)
  const checked = parseOptions(brokerActorOptions, options, optionsOf('broker', name))
  const actor = spawnActor(parent, (concrete) => new BrokerActor(concrete, checked, name))
  return actor.reference as unknown as BrokerRef<A, R>
}

/**
 * Asks for a member; resolves when one is found.
 *
 * @throws {DroppedError} as a rejection, if it was dropped; {ExpiredError} after `timeout`; {CancelledError} if its signal aborts;
 *   {StoppedError} if the broker stops; {OptionsError} if an option is wrong. The request is not matched then
 * @example const { value } = await ask(broker, 'who can do this?')
 */
export function ask<A, R>(broker: BrokerRef<A, R>, value: A, options?: AskOptions): Promise<BrokerMatch<R>> {
  return start<R>(broker, { kind: 'ask', of: 'ask' }, value, options).match
}

/**
 * Offers a member; resolves when a request is found. Otherwise the same as `ask`.
 *
 * @example const { value } = await askR(broker, 'I can')
 */
export function askR<A, R>(broker: BrokerRef<A, R>, value: R, options?: AskOptions): Promise<BrokerMatch<A>> {
  return start<A>(broker, { kind: 'askR', of: 'askR' }, value, options).match
}

/**
 * `ask` without waiting: rejects with a DroppedError (`busy`) if no member waits.
 *
 * @example await nbAsk(broker, 'now or never') // rejects at once if nobody is idle
 */
export function nbAsk<A, R>(broker: BrokerRef<A, R>, value: A, options?: AskOptions): Promise<BrokerMatch<R>> {
  return start<R>(broker, { kind: 'nbAsk', of: 'nbAsk' }, value, options).match
}

/**
 * `askR` without waiting: rejects with a DroppedError (`busy`) if no request waits.
 *
 * @example await nbAskR(broker, 'any work?') // rejects at once if nobody waits
 */
export function nbAskR<A, R>(broker: BrokerRef<A, R>, value: R, options?: AskOptions): Promise<BrokerMatch<A>> {
  return start<A>(broker, { kind: 'nbAskR', of: 'nbAskR' }, value, options).match
}

/**
 * `ask` that returns a ticket, to await or to cancel.
 *
 * @example const { match, cancel } = asyncAsk(broker, 'later')
 */
export function asyncAsk<A, R>(broker: BrokerRef<A, R>, value: A, options?: AskOptions): Ticket<R> {
  return observed(start<R>(broker, { kind: 'ask', of: 'asyncAsk' }, value, options))
}

/**
 * `askR` that returns a ticket, to await or to cancel.
 *
 * @example const { match, cancel } = asyncAskR(broker, 'I can')
 */
export function asyncAskR<A, R>(broker: BrokerRef<A, R>, value: R, options?: AskOptions): Ticket<A> {
  return observed(start<A>(broker, { kind: 'askR', of: 'asyncAskR' }, value, options))
}

/**
 * `ask` that returns at once whether the request was matched, dropped, or has to wait.
 *
 * @example const match = dynamicAsk(broker, 'now, or else later')
 */
export function dynamicAsk<A, R>(broker: BrokerRef<A, R>, value: A, options?: AskOptions): DynamicMatch<R> {
  return decided<R>(broker, { kind: 'dynamicAsk', of: 'dynamicAsk' }, value, options)
}

/**
 * `askR` that returns at once whether the member was matched, dropped, or has to wait.
 *
 * @example const match = dynamicAskR(broker, 'now, or else later')
 */
export function dynamicAskR<A, R>(broker: BrokerRef<A, R>, value: R, options?: AskOptions): DynamicMatch<A> {
  return decided<A>(broker, { kind: 'dynamicAskR', of: 'dynamicAskR' }, value, options)
}

/**
 * Removes everything queued with this tag, without telling it; returns how many.
 *
 * @example cancel(broker, tag) // how many were removed
 */
export function cancel(broker: BrokerRef<never, never>, tag: unknown): number {
  return brokerBehind(broker, 'cancel').cancel(tag)
}

/**
 * How many requests wait.
 *
 * @example length(broker) // how many requests wait
 */
export function length(broker: BrokerRef<never, never>): number {
  return brokerBehind(broker, 'length').engine.length
}

/**
 * How many members wait.
 *
 * @example lengthR(broker) // how many members wait
 */
export function lengthR(broker: BrokerRef<never, never>): number {
  return brokerBehind(broker, 'lengthR').engine.lengthR
}

/**
 * Changes the options of a running broker; options left out go back to their defaults. What is queued stays, except what
 * exceeds a new bound.
 *
 * @returns what changed, option by option
 * @throws {OptionsError} if the options are wrong, {StoppedError} if it has stopped; nothing changes then
 * @example changeConfig(broker, { client: { type: 'codel', target: 50 } })
 */
export function changeConfig(broker: BrokerRef<never, never>, options: BrokerConfig): readonly Change[] {
  return brokerBehind(broker, 'changeConfig').changeConfig(options)
}

/**
 * The broker behind a reference.
 *
 * @throws {OptionsError} if it is not a reference to a running broker
 */
export function brokerOf(ref: BrokerRef<never, never>): BrokerActor {
  return brokerBehind(ref, 'brokerOf')
}

/** `brokerOf` for another public function, which the error names. What is wrong with a reference is found out after it failed. */
export function brokerBehind(ref: BrokerRef<never, never>, caller: string): BrokerActor {
  try {
    const own = (ref as { [BROKER]?: BrokerActor })[BROKER]
    if (own !== undefined) return own
  } catch {
    // Undefined, null, or a proxy that throws.
  }
  const actor = lookUp(ref)
  if (actor instanceof BrokerActor) return actor
  const expected = 'the address of a broker, as spawnBroker returned it (a copy of it works only while the broker runs)'
  throw wrongArgument({ of: caller, argument: 'broker', expected }, ref)
}

/** What is asked of the broker, and by which public function. */
interface Asking {
  readonly kind: AskKind
  readonly of: string
}

interface Started<V> extends Ticket<V> {
  /** What is known at once: a match, a failure, or neither. */
  readonly atOnce: { match?: BrokerMatch<V>; error?: Error }
}

function start<V>(
  broker: BrokerRef<never, never>,
  asking: Asking,
  value: unknown,
  options: AskOptions | undefined,
): Started<V> {
  const { kind, of } = asking
  const actor = brokerBehind(broker, of)
  const checked = checkAskOptions(options, of)
  const atOnce: Started<V>['atOnce'] = {}
  let cancelIt = (): boolean => false
  const match = new Promise<BrokerMatch<V>>((resolve, reject) => {
    const party = actor.ask(kind, { ref: checked.as, value }, checked, {
      onGo: (found) => {
        atOnce.match = found as BrokerMatch<V>
        resolve(atOnce.match)
      },
      onFailure: (error) => {
        atOnce.error = error
        actor.shell.refuse(reject, error)
      },
    })
    cancelIt = () => {
      const waits = party.list !== null
      if (waits) actor.shell.withdraw(party, null)
      return waits
    }
  })
  return { match, cancel: () => cancelIt(), atOnce }
}

/** Nobody may be listening: an unhandled rejection must not end the process. */
function observed<V>(started: Started<V>): Ticket<V> {
  started.match.catch(() => undefined)
  return { match: started.match, cancel: started.cancel }
}

function decided<V>(
  broker: BrokerRef<never, never>,
  asking: Asking,
  value: unknown,
  options: AskOptions | undefined,
): DynamicMatch<V> {
  const started = start<V>(broker, asking, value, options)
  const ticket = observed(started)
  const { match, error } = started.atOnce
  if (match !== undefined) return { type: 'go', ...match }
  return error === undefined ? { type: 'await', ...ticket } : { type: 'drop', error }
}
