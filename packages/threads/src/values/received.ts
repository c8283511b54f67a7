import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { Packed } from '../protocol/wire'

/** The messages of one post, and of all that have arrived since. */
export function received<M>(port: MessagePort, packed: Packed, unpack: (packed: Packed) => M[]): M[] {
  const messages = unpack(packed)
  for (let next; (next = receiveMessageOnPort(port)) !== undefined;) messages.push(...unpack(next.message as Packed))
  return messages
}
