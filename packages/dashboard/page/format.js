/*
 * Numbers for people: short, the same width from one second to the next where that is possible.
 */

/** @param {number} value two digits, or whole from ten on */
function digits(value) {
  if (value >= 10) return Math.round(value).toLocaleString('en').replaceAll(',', '\u202f')
  return String(Number(value.toPrecision(2)))
}

/** @param {number} value */
export function count(value) {
  return digits(value)
}

/** @param {number} ms */
export function duration(ms) {
  if (ms < 0.001) return '0 ms'
  if (ms < 1000) return `${ms < 1 ? Number(ms.toFixed(2)) : digits(ms)} ms`
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(ms < 10_000 ? 1 : 0))} s`
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 60) return `${minutes} min ${Math.floor((ms % 60_000) / 1000)} s`
  return minutes < 2880 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${Math.floor(minutes / 1440)} days`
}

/** @param {number} perSecond */
export function rate(perSecond) {
  return `${digits(perSecond)} /s`
}

/** @param {number} part 0 to 1 */
export function percent(part) {
  return `${Math.round(part * 100)} %`
}

/** @param {number} seconds since the epoch */
export function clock(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString('en-GB')
}
