import { printable } from '@genpool/runtime'
import type { Io } from '../io'

const ENTER = '\x1b[?1049h\x1b[?25l'
const LEAVE = '\x1b[?25h\x1b[?1049l'
const HOME = '\x1b[H'
const TO_END_OF_LINE = '\x1b[K'
const TO_END = '\x1b[J'

/** Where frames are shown: in place on a terminal, which is as it was afterwards; one below the other elsewhere. */
export class Screen {
  #entered = false

  constructor(private readonly io: Io) {}

  show(frame: readonly string[]): void {
    // Names come from messages of others: they must not move the cursor.
    const lines = frame.map(printable)
    if (!this.io.isTty) return this.io.out(`${lines.join('\n')}\n\n`)
    const { columns, rows } = this.io.size()
    const shown = lines.slice(0, rows - 1).map((line) => `${[...line].slice(0, columns).join('')}${TO_END_OF_LINE}\n`)
    this.io.out(`${this.#entered ? '' : ENTER}${HOME}${shown.join('')}${TO_END}`)
    this.#entered = true
  }

  leave(): void {
    if (this.#entered) this.io.out(LEAVE)
    this.#entered = false
  }
}
