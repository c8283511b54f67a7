import { calls } from '../pools'
import { type Race, rival } from '../race'

const WIDTH = 64

/** Pools with an option against pools without it. */
export const variants: readonly Race[] = [
  {
    title: 'call, CoDel client queue',
    ours: (house) => calls(house, WIDTH, { broker: { client: { type: 'codel' } } }),
    mixed: true,
    rivals: [rival('drop queue', (house) => calls(house, WIDTH), 0.85, 0.95)],
  },
  {
    title: 'call, 1 000 members',
    ours: (house) => calls(house, WIDTH, { size: 1000 }),
    mixed: true,
    rivals: [rival('8 members', (house) => calls(house, WIDTH), 0.8, 0.95)],
  },
]
