/** What the command has of its process. */
export interface Io {
  /** Writes results. */
  readonly out: (text: string) => void
  /** Writes errors and what passes, such as progress. */
  readonly err: (text: string) => void
  /** Whether `out` and `err` are a terminal. */
  readonly isTty: boolean
  /** How large the terminal is, now. */
  readonly size: () => { readonly columns: number; readonly rows: number }
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal
  /** Tells of keys until the returned function is called; Ctrl-C is none of them. */
  readonly onKey: (listener: (key: string) => void) => () => void
}
