// The internals of nact 7.6.2 that GenPool uses. They carry no types of their own; `internals.ts` gives them some.
declare module 'nact/lib/actor' {
  export const Actor: unknown
}
declare module 'nact/lib/system-map' {
  export function find(systemName: string, reference?: unknown): unknown
}
declare module 'nact/lib/supervision' {
  export const SupervisionActions: unknown
}
