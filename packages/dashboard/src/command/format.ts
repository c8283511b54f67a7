/*
 * Numbers for people, with their units.
 */

export function ms(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (value >= 10_000) return `${Number((value / 1000).toPrecision(3))} s`
  return `${value >= 100 ? Math.round(value) : Number(value.toPrecision(2))} ms`
}

export function percent(part: number): string {
  return `${part > 0 && part < 0.0001 ? '<0.01' : Number((part * 100).toPrecision(part >= 0.1 ? 3 : 2))} %`
}

export function rate(perSecond: number): string {
  return `${perSecond >= 10 ? Math.round(perSecond) : Number(perSecond.toPrecision(2))} /s`
}

export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
