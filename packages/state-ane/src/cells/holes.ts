/** Whether an array has holes: indexes that are no properties. The first look is native, and most arrays have no `undefined`. */
export function hasHoles(list: readonly unknown[]): boolean {
  if (!list.includes(undefined)) return false
  for (let i = 0; i < list.length; i++) if (!Object.hasOwn(list, i)) return true
  return false
}
