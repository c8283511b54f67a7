import { type Clock, type Nanos, NS_PER_MS } from '@genpool/runtime'
import { hasNoResponders, isFull } from './failures'
import type { Publication, Publisher, Stored } from './publisher'

/** Stores what consumers write down, and knows whether the server has room for that. */
export class RoomWatch {
  /** Whether nobody took what was written last: its stream may have been deleted. */
  isMissing = false
  #lack: { readonly says: string; readonly at: Nanos } | null = null

  constructor(
    private readonly publisher: Pick<Publisher, 'store'>,
    private readonly clock: Clock,
    /** For so long nothing is tried again at most, in milliseconds. */
    private readonly restsMs: number,
  ) {}

  /** What the server said when there was no room; null if there is some, or nobody has tried for a while. */
  get trouble(): string | null {
    const isOld = this.#lack !== null && this.clock.now() - this.#lack.at > 2 * this.restsMs * NS_PER_MS
    return isOld ? null : (this.#lack?.says ?? null)
  }

  /** As the publisher does. */
  async store(publication: Publication): Promise<Stored> {
    try {
      const stored = await this.publisher.store(publication)
      this.#lack = null
      this.isMissing = false
      return stored
    } catch (error) {
      if (isFull(error)) this.#lack = { says: lackOf(error), at: this.clock.now() }
      this.isMissing ||= hasNoResponders(error)
      throw error
    }
  }
}

function lackOf({ message, code }: { readonly message: string; readonly code: number }): string {
  return (
    `the storage of the server, the account or the stream is used up: ${message} (${code}). What is stored goes on. Until there is ` +
    'room, attempts are counted in memory, casts that died stay in the queue, and casts with a "delay" wait'
  )
}
