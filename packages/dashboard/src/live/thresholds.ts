import { optionAt } from '../actions/diff'
import type { Detail, Thresholds } from './messages'

/** The lines to draw: what the client queue accepts. */
export function thresholdsOf(options: unknown): Thresholds {
  const fair = optionAt(options, 'broker.client.queue')
  const queue = fair ?? optionAt(options, 'broker.client')
  const [name, target] = ['target', 'timeout']
    .map((name) => [name, numberAt(queue, name)] as const)
    .find(([, value]) => value !== null) ?? ['', null]
  return { target, targetName: name, max: numberAt(queue, 'max') }
}

/** The bounds of an elastic size; null for a fixed one. */
export function boundsOf(options: unknown): Detail['bounds'] {
  const [min, max] = [numberAt(options, 'size.min'), numberAt(options, 'size.max')]
  return min === null || max === null ? null : { min, max }
}

function numberAt(options: unknown, path: string): number | null {
  const value = optionAt(options, path)
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}
