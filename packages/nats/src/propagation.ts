/** Carries the context of a call, such as its trace, in the headers of a message. */
export interface Propagation {
  /** The headers for the context that is active now. Undefined for none. */
  inject(): Readonly<Record<string, string>> | undefined
  /** Runs `work` in the context that came in these headers. `get` reads one. */
  within<T>(headers: { get(name: string): string | undefined; names(): readonly string[] }, work: () => T): T
}
