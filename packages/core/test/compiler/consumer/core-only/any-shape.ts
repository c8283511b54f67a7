import { call, definePool, noReply, reply, spawnPool } from '@genpool/core'
import { start } from 'nact'

export const Any = definePool({
  init: () => 0,
  handleCall: (message: 'get' | number, _from, state) => (message === 'get' ? reply(state) : reply(state + message)),
  handleCast: (_message: string, state) => noReply(state + 1),
})
export const any = spawnPool(start(), Any)
export const get = () => call(any, 'get')

export const Plain = definePool((state: number, message: { by: number }) => state + message.by, { initialState: 1 })
export const plain = spawnPool(start(), (state: number, message: { by: number }) => state + message.by, 'plain', {
  initialState: 1,
})
