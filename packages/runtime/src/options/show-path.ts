/** An error shows no more of a path: it may be thousands of parts long, or a part thousands of characters. */
const MOST_PARTS = 16
const MOST_CHARACTERS = 60

/** A path in words, as in `list[1].f`. Of a long one the begin and the end. */
export function showPath(path: readonly PropertyKey[], whole: string): string {
  if (path.length === 0) return whole
  if (path.length <= MOST_PARTS) return joined(path)
  const half = MOST_PARTS / 2
  return `${joined(path.slice(0, half))} … ${joined(path.slice(-half))} (${path.length} levels deep)`
}

function joined(path: readonly PropertyKey[]): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${shortened(String(part))}`))
    .join('')
}

function shortened(part: string): string {
  return part.length <= MOST_CHARACTERS ? part : `${part.slice(0, MOST_CHARACTERS)}…`
}
