/*
 * The work of all contenders, and their messages. Each request is a new object: V8 treats one frozen message that is sent
 * again and again better than what an application sends.
 */

export interface Ask {
  readonly type: 'ask'
  readonly n: number
}
/** A request of somebody, such as a user. */
export interface AskOf {
  readonly type: 'askOf'
  readonly n: number
  readonly key: string
}
export interface Tell {
  readonly type: 'tell'
  readonly n: number
}

export const ask = (n: number): Ask => ({ type: 'ask', n })
export const askOf = (key: string, n: number): AskOf => ({ type: 'askOf', n, key })
export const tell = (n: number): Tell => ({ type: 'tell', n })

/** The work of a request that is answered. */
export const work = ({ n }: { readonly n: number }): number => n + 1
/** The work of a request of somebody: as in an application, the handler looks at whose it is. */
export const workOf = ({ n, key }: { readonly n: number; readonly key: string }): number => n + key.length
/** The work as a promise, as in most applications. */
export const asyncWork = async ({ n }: { readonly n: number }): Promise<number> => n + 1

/** The work of requests that nobody answers: counts them, and tells when all have come. */
export class Arrivals {
  #seen = 0
  #expected = 0
  #all: () => void = () => undefined

  /** Resolves when so many more have come. */
  expect(count: number): Promise<void> {
    this.#seen = 0
    this.#expected = count
    return new Promise((resolve) => (this.#all = resolve))
  }

  add({ n }: { readonly n: number }): void {
    if (n >= 0 && ++this.#seen === this.#expected) this.#all()
  }
}
