/** Resolves when something holds; rejects with what was seen last when that takes too long. */
export async function until(holds: () => boolean | Promise<boolean>, what: string, limitMs = 120_000): Promise<void> {
  const end = performance.now() + limitMs
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not so after ${limitMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
