import { type PlainAddress, type Reference, referenceTo, textOf, warn } from '@genpool/runtime'
import { dispatch, query, stop } from 'nact'
import type { ToOwner, ToThread } from '../protocol/messages'
import { faultIn, isReadable } from '../values/cloneable'
import { decodeError, encodeError, type EncodedValue } from '../values/errors'
import { withPlainAddresses } from '../values/addresses'

/** Does in this thread what handlers in a thread ask for: nact's `dispatch`, `query` and `stop`, and the pool's logger. */
export class MainCalls {
  constructor(
    private readonly log: object | undefined,
    private readonly post: (message: ToThread) => void,
  ) {}

  /** Returns whether the message was one of these. */
  take(message: ToOwner): boolean {
    switch (message[0]) {
      case 'dispatch':
        this.#dispatch(message[1], message[2], message[3])
        return true
      case 'query':
        this.#query(message[1], message[2], { message: message[3], timeout: message[4] })
        return true
      case 'stop':
        safely(() => stop(referenceTo(message[1]) as never))
        return true
      case 'log':
        this.#log(message[1], message[2])
        return true
      default:
        return false
    }
  }

  #dispatch(to: PlainAddress, message: unknown, from: PlainAddress | null): void {
    const sender = from === null ? undefined : referenceTo(from)
    safely(() =>
      (dispatch as (to: Reference, message: unknown, sender: unknown) => void)(referenceTo(to), message, sender),
    )
  }

  #query(id: number, to: PlainAddress, { message, timeout }: { message: unknown; timeout: number }): void {
    const failed = (error: unknown): void => this.post(['queried', id, undefined, encodeError(error)])
    try {
      const ask = query as (to: Reference, message: unknown, timeout: number) => Promise<unknown>
      ask(referenceTo(to), message, timeout)
        .then((value) => this.#answer(id, value))
        .catch(failed)
    } catch (error) {
      failed(error)
    }
  }

  #answer(id: number, value: unknown): void {
    const sent = isReadable(value) ? value : withPlainAddresses(value)
    const error: EncodedValue | null = isReadable(sent)
      ? null
      : { kind: 'value', value: `The answer cannot be sent to a thread: ${textOf(faultIn(sent).message)}.` }
    this.post(['queried', id, error === null ? sent : undefined, error])
  }

  #log(level: string, args: readonly EncodedValue[]): void {
    const { log } = this
    safely(() => {
      const write: unknown = (log as Record<string, unknown> | undefined)?.[level]
      if (typeof write === 'function') Reflect.apply(write, log, args.map(decodeError))
    })
  }
}

/** What an actor of the main thread throws when it gets a message is a matter of that actor, as if it came from here. */
function safely(work: () => unknown): void {
  try {
    work()
  } catch (error) {
    warn(`A message from a thread could not be delivered: ${textOf(error)}`)
  }
}
