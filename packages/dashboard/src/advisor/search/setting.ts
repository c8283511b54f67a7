import type { SimulatedOptions } from '../simulation'
import type { QueueKind } from './queue-kind'

/** An elastic size. */
export interface Bounds {
  readonly min: number
  readonly max: number
  readonly idle: number
}

/** Settings of a pool as the search changes them. */
export interface Setting {
  readonly size: number | Bounds
  readonly kind: QueueKind
}

/** The most members that there may be. */
function mostOf({ size }: Setting): number {
  return typeof size === 'number' ? size : size.max
}

/** What `spawnPool` takes. */
export function optionsOf({ size, kind }: Setting, base: SimulatedOptions): SimulatedOptions {
  const client = kind.client(mostOf({ size, kind }))
  if (client === undefined) return { ...base, size }
  return { ...base, size, broker: { ...(base.broker as object | undefined), client } as never }
}

export function nameOf({ size, kind }: Setting): string {
  const members =
    typeof size === 'number'
      ? `${size} ${size === 1 ? 'member' : 'members'}`
      : `${size.min} to ${size.max} members (idle ${size.idle / 1000} s)`
  return `${members}, ${kind.name(mostOf({ size, kind }))}`
}

/** The next larger setting of this kind; null if there is none. */
export function larger({ size, kind }: Setting, maxSize: number): Setting | null {
  if (typeof size === 'number') {
    const next = size + step(size)
    return next <= maxSize ? { size: next, kind } : null
  }
  const min = size.min + step(size.min)
  return min < size.max ? { size: { ...size, min }, kind } : null
}

/** One member at a time; of many, 2 %. */
export function step(size: number): number {
  return Math.max(1, Math.floor(size / 50))
}
