import { systemClock } from '@genpool/runtime'
import { MOST_UNHEARD, type SharedWords } from '../protocol/shared-words'

/**
 * Tells a thread how much of what it said was read, once in a turn of the event loop: then timers and other work have their time
 * between, whatever the thread says.
 */
export class Hearing {
  #posts = 0

  constructor(private readonly words: Pick<SharedWords, 'hear'>) {}

  readonly heard = (posts: number): void => {
    const before = this.#posts
    this.#posts += posts
    // A few are no reason to tell anything.
    if (before < MOST_UNHEARD / 2 && this.#posts >= MOST_UNHEARD / 2) systemClock.defer(this.#tell)
  }

  readonly #tell = (): void => {
    this.words.hear(this.#posts)
    this.#posts = 0
  }
}
