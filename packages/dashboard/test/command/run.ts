import type { Io } from '../../src/command/io'
import { main } from '../../src/command/main'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** A terminal that a test looks at. */
export class FakeTerminal {
  out = ''
  err = ''
  readonly abort = new AbortController()
  #keys: ((key: string) => void) | null = null
  #waiting: (() => void)[] = []

  constructor(private readonly isTty = false) {}

  /** Runs the command in it. */
  async run(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
    const io: Io = {
      out: (text) => this.#write('out', text),
      err: (text) => this.#write('err', text),
      isTty: this.isTty,
      size: () => ({ columns: 100, rows: 30 }),
      env,
      signal: this.abort.signal,
      onKey: (listener) => {
        this.#keys = listener
        return () => (this.#keys = null)
      },
    }
    const code = await main(args, io)
    return { code, out: this.out, err: this.err }
  }

  press(key: string): void {
    this.#keys?.(key)
  }

  get hearsKeys(): boolean {
    return this.#keys !== null
  }

  /** What was written since the last clear, as soon as it says this. */
  async shows(what: RegExp): Promise<string> {
    while (!what.test(this.out + this.err)) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return this.out + this.err
  }

  clear(): void {
    this.out = this.err = ''
  }

  #write(stream: 'out' | 'err', text: string): void {
    this[stream] += text
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

/** Runs the command where there is no terminal. */
export function run(...args: readonly string[]): Promise<Ran> {
  return new FakeTerminal().run(args)
}
