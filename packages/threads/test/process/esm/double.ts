/** Something that only TypeScript can read. */
export default function double(value: number): number {
  return value * 2
}
