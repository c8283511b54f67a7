import { flushed, type Link } from '../link'

/** Waits until NATS has read what a node has sent, its subscriptions first, through as many connections as that takes. */
export class Arrival {
  /** Told when it is connected again. */
  #isBack: () => void = () => undefined

  /** @param left resolves when the node has left */
  constructor(
    private readonly link: Link,
    private readonly left: Promise<unknown>,
  ) {}

  /** Resolves when the server has read all, and what it refuses of that was told, the node leaves, or the connection is closed. */
  async reached(isOver: () => boolean): Promise<void> {
    while (!isOver() && !(await this.#hasReached())) await this.#connected()
  }

  /** Connected again. */
  back(): void {
    this.#isBack()
  }

  async #hasReached(): Promise<boolean> {
    if (!this.link.usable) return false
    // What is sent while the client of NATS connects may wait until something else is sent.
    const again = this.#nextBack().then(() => false)
    return Promise.race([this.#wasRead(), again, this.left.then(() => true)])
  }

  /** What is refused comes before the answer of the server, but the client of NATS tells it a moment later: before the next answer. */
  async #wasRead(): Promise<boolean> {
    const { connection } = this.link
    return (await flushed(connection)) && flushed(connection)
  }

  /** Resolves when it is connected again, or leaves. */
  async #connected(): Promise<void> {
    if (!this.link.usable) await Promise.race([this.#nextBack(), this.left])
  }

  #nextBack(): Promise<void> {
    return new Promise((resolve) => (this.#isBack = resolve))
  }
}
