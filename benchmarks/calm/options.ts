export interface CalmOptions {
  /** The folder of the commit before, which runs beside today's. */
  readonly before: string | null
  /** One process and a few rounds: to try something, not to publish it. */
  readonly quick: boolean
  /** Measures processor time, for a machine on which others work, too. */
  readonly cpu: boolean
  /** Only rows whose title contains this; an empty string for all. */
  readonly only: string
}
