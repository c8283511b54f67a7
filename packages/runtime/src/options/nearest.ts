/** The word that was probably meant: another case, or one or two letters off. Undefined if none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const lower = word.toLowerCase()
  let best: string | undefined
  let least = lower.length <= 3 ? 2 : 3
  for (const candidate of known) {
    // A word of which most letters would have to change was not meant.
    if (Math.abs(candidate.length - lower.length) >= Math.min(least, candidate.length)) continue
    const far = distance(lower, candidate.toLowerCase())
    if (far >= least || far >= candidate.length) continue
    best = candidate
    least = far
  }
  return best
}

/** Levenshtein's distance between two short words. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
