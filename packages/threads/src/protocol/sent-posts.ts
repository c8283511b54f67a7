import type { Packed } from './wire'

/**
 * What was posted to the other side, until that has read it. V8 writes what it cannot read: an error that is in its own cause, or what
 * is nested too deeply for the stack of the reader. Such a post is asked for again, and sent without what is wrong in it.
 *
 * Posts have numbers from 1 on, modulo 2^32.
 */
export class SentPosts {
  #last = 0
  #posts: Packed[] = []

  /** @param read the number of the last post that the other side has read, and all before it */
  add(packed: Packed, read: number): void {
    this.letGo(read)
    this.#last = (this.#last + 1) | 0
    this.#posts.push(packed)
  }

  /** The last one was not sent after all. */
  takeBack(): void {
    this.#last = (this.#last - 1) | 0
    this.#posts.pop()
  }

  letGo(read: number): void {
    const unread = Math.max(0, (this.#last - read) | 0)
    if (unread < this.#posts.length) this.#posts = unread === 0 ? [] : this.#posts.slice(-unread)
  }

  /** The first that the other side has not read; undefined if it has read all. */
  firstAfter(read: number): Packed | undefined {
    this.letGo(read)
    return this.#posts[0]
  }

  get isEmpty(): boolean {
    return this.#posts.length === 0
  }

  /** The post of this number; undefined if the other side has read it. */
  at(number: number): Packed | undefined {
    return this.#posts[this.#posts.length - 1 - ((this.#last - number) | 0)]
  }
}
