import { flushed, type Link } from '../link'

/** Waits until NATS has the subscriptions of a node, through as many connections as that takes. */
export class Arrival {
  /** Told when it is connected again. */
  #isBack: () => void = () => undefined

  /** @param left resolves when the node has left */
  constructor(
    private readonly link: Link,
    private readonly left: Promise<unknown>,
  ) {}

  /** Resolves when the server knows the subscriptions, the node leaves, or the connection is closed. */
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
    return Promise.race([flushed(this.link.connection), again, this.left.then(() => true)])
  }

  /** Resolves when it is connected again, or leaves. */
  async #connected(): Promise<void> {
    if (!this.link.usable) await Promise.race([this.#nextBack(), this.left])
  }

  #nextBack(): Promise<void> {
    return new Promise((resolve) => (this.#isBack = resolve))
  }
}
