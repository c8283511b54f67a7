/** All that a list of the server holds. For a consumer that has just gone with its stream, nats-server lists null. */
export async function listed<T extends object>(list: AsyncIterable<T | null>): Promise<T[]> {
  const found: T[] = []
  for await (const each of list) if (each !== null) found.push(each)
  return found
}
