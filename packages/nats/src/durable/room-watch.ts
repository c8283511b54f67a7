import { type Clock, type Nanos, NS_PER_MS } from '@genpool/runtime'
import { hasNoResponders } from './failures'
import type { Publication, Publisher, Stored } from './publisher'
import { type RefusedWrite, refusedWrite, streamOf } from './refused-writes'

/** Stores what consumers write down, and knows whether the server takes it. */
export class RoomWatch {
  /** Whether nobody took what was written last: its stream may have been deleted. */
  isMissing = false
  /** Called when nobody takes what is written: its stream may have been deleted. */
  readonly unheard = new Set<() => void>()
  /** What is not stored, and why, by what it is. */
  readonly #refused = new Map<string, RefusedWrite & { readonly stream: string; readonly at: Nanos }>()

  constructor(
    private readonly publisher: Pick<Publisher, 'store'>,
    private readonly clock: Clock,
    /** For so long nothing is tried again at most, in milliseconds. */
    private readonly restsMs: number,
  ) {}

  /** Why something could not be stored; null if all can be, or nobody has tried for a while. */
  get trouble(): string | null {
    const oldest = this.clock.now() - 2 * this.restsMs * NS_PER_MS
    for (const [what, { says, at }] of this.#refused) {
      if (at >= oldest) return says
      this.#refused.delete(what)
    }
    return null
  }

  /** As the publisher does. */
  async store(publication: Publication): Promise<Stored> {
    const { subject } = publication
    const what = subject.replace(/(\.\d+)+$/, '')
    try {
      const stored = await this.publisher.store(publication, () => {
        for (const tell of this.unheard) tell()
      })
      this.#end((key, { endsWith }) => key === what || endsWith === 'any')
      this.isMissing = false
      return stored
    } catch (error) {
      const refused = refusedWrite(error, subject)
      if (refused !== null) this.#refused.set(what, { ...refused, stream: streamOf(subject), at: this.clock.now() })
      this.isMissing ||= hasNoResponders(error)
      throw error
    }
  }

  /** The streams were looked at. @param strays those that are not as they should be */
  looked(strays: readonly string[]): void {
    this.isMissing = false
    this.#end((_, { endsWith, stream }) => endsWith === 'look' && !strays.includes(stream))
  }

  #end(isOver: (what: string, refused: RefusedWrite & { readonly stream: string }) => boolean): void {
    if (this.#refused.size === 0) return
    for (const [what, refused] of this.#refused) if (isOver(what, refused)) this.#refused.delete(what)
  }
}
