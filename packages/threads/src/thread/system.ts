import {
  type DistantActors,
  DistantSystem,
  InvalidError,
  type PlainAddress,
  type ReplyReference,
} from '@genpool/runtime'
import type { EncodedValue } from '../values/errors'
import { decodeError } from '../values/errors'
import { plainOrNull, withPlainAddresses } from '../values/addresses'
import { faultIn, isReadable } from '../values/cloneable'
import type { Outbox } from './outbox'

interface Asked {
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** The main thread's actors, as handlers in this thread reach them with nact's `dispatch`, `query` and `stop`. */
export class MainSystem implements DistantActors {
  readonly system: DistantSystem
  readonly #asked = new Map<number, Asked>()
  #lastQuery = 0

  constructor(
    name: string,
    private readonly outbox: Outbox,
    /** Something was added to the outbox. */
    private readonly flushLater: () => void,
    /** The id of a reply address, which was not sent away before. */
    private readonly open: (address: ReplyReference) => string,
  ) {
    this.system = new DistantSystem(name, this)
  }

  dispatch(to: PlainAddress, message: unknown, sender: unknown): void {
    const sent = this.#crossing(message)
    this.outbox.addValue(['dispatch', to, sent, plainOrNull(sender, this.open)], message)
    this.flushLater()
  }

  query(to: PlainAddress, message: unknown, timeout: number): Promise<unknown> {
    if (typeof message === 'function') {
      const what = 'a query from a thread takes a message, not a function that makes one'
      return Promise.reject(new TypeError(`${what}: the address of the answer is not in this thread.`))
    }
    const query = ++this.#lastQuery
    return new Promise((resolve, reject) => {
      this.#asked.set(query, { resolve, reject })
      this.outbox.addValue(['query', query, to, this.#crossing(message), timeout], message)
      this.flushLater()
    })
  }

  stop(to: PlainAddress): void {
    this.outbox.add(['stop', to])
    this.flushLater()
  }

  idOf(address: ReplyReference): string {
    return this.open(address)
  }

  /** The answer to a query has come. */
  answered(query: number, value: unknown, error: EncodedValue | null): void {
    const asked = this.#asked.get(query)
    this.#asked.delete(query)
    if (error === null) asked?.resolve(value)
    else asked?.reject(decodeError(error))
  }

  /** What is sent of a message. Throws into the handler if it cannot be sent. */
  #crossing(message: unknown): unknown {
    if (isReadable(message)) return message
    const plain = withPlainAddresses(message, this.open)
    if (!isReadable(plain)) throw new InvalidError('message to an actor', [faultIn(plain)])
    return plain
  }
}
