/** Writes a number with its noun: "1 start", "2 starts". */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`
}
