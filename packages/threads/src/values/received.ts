import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { Packed } from '../protocol/wire'

/**
 * The messages of one post, and of all that have arrived since.
 *
 * @param heard is told how many posts these were
 */
export function received<M>(
  port: MessagePort,
  packed: Packed,
  unpack: (packed: Packed) => M[],
  heard?: (posts: number) => void,
): M[] {
  const messages = unpack(packed)
  let posts = 1
  for (let next; (next = receiveMessageOnPort(port)) !== undefined; posts++) {
    messages.push(...unpack(next.message as Packed))
  }
  heard?.(posts)
  return messages
}
