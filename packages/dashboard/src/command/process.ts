import { emitKeypressEvents } from 'node:readline'
import type { Io } from './io'
import { main } from './main'

/** Runs the command with the arguments and the terminal of this process. */
export function run(): void {
  const { stdout, stderr, stdin } = process
  const abort = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => abort.abort())
  // A reader that has seen enough, as `head` has, is no error.
  stdout.on('error', ({ code }: NodeJS.ErrnoException) => process.exit(code === 'EPIPE' ? 0 : 1))
  const onKey = (listener: (key: string) => void): (() => void) => {
    if (!stdin.isTTY) return () => undefined
    emitKeypressEvents(stdin)
    stdin.setRawMode(true)
    stdin.resume()
    const heard = (_: unknown, { name, ctrl }: { name?: string; ctrl?: boolean }): void => {
      if (ctrl === true && name === 'c') abort.abort()
      else if (name !== undefined) listener(name)
    }
    stdin.on('keypress', heard)
    return () => {
      stdin.off('keypress', heard)
      stdin.setRawMode(false)
      stdin.pause()
    }
  }
  const io: Io = {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    isTty: stdout.isTTY === true && stderr.isTTY === true,
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
    env: process.env,
    signal: abort.signal,
    onKey,
  }
  void main(process.argv.slice(2), io).then((code) => (process.exitCode = code))
}
