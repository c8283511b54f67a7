// The internals of nact 7.6.2 that GenPool uses. nact ships no types for them; `internals.ts` adds some.
declare module 'nact/lib/actor' {
  export const Actor: unknown
}
declare module 'nact/lib/system-map' {
  export function add(system: { readonly name: string }): void
  export function remove(systemName: string): void
  export function find(systemName: string, reference?: unknown): unknown
}
declare module 'nact/lib/supervision' {
  export const SupervisionActions: unknown
}
declare module 'nact/lib/paths' {
  export const ActorPath: {
    isValidName(name: unknown): boolean
    new (
      parts: readonly string[],
      system: string | undefined,
    ): { readonly parts: readonly string[]; toString(): string }
  }
}
