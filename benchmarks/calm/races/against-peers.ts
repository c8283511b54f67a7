import { actorQueries, routerBursts, routerQueries } from '../nact-peers'
import { fastqBursts, peers } from '../peers'
import { asyncCalls, calls, casts, dispatches, plainQueries, queries } from '../pools'
import { type Race, rival } from '../race'

const WIDTH = 64

/** Against others whose speed depends on the same thing: promises, callbacks, and the memory that both need. */
export const againstPeers: readonly Race[] = [
  {
    title: 'call, 64 in flight',
    ours: (house) => calls(house, WIDTH),
    mixed: true,
    rivals: [
      rival('fastq.promise', () => peers['fastq.promise'](WIDTH), 0.8, 1),
      rival('p-limit', () => peers['p-limit'](WIDTH), 1.4, 2),
      rival('p-queue', () => peers['p-queue'](WIDTH), 4, 6),
      rival('generic-pool', () => peers['generic-pool'](WIDTH), 2.5, 4),
      rival('bottleneck', () => peers.bottleneck(WIDTH)),
      rival('a plain async function', () => peers['a plain async function'](WIDTH)),
    ],
  },
  {
    title: 'call of an async handler, 64 in flight',
    ours: (house) => asyncCalls(house, WIDTH),
    mixed: true,
    rivals: [
      rival('fastq.promise', () => peers['fastq.promise'](WIDTH)),
      rival('p-limit', () => peers['p-limit'](WIDTH)),
    ],
  },
  {
    title: 'call, one at a time',
    ours: (house) => calls(house, 1),
    mixed: true,
    rivals: [
      rival('fastq.promise', () => peers['fastq.promise'](1), 0.8, 1),
      rival("nact's query", (house) => actorQueries(house, 1), 4, 6),
    ],
  },
  {
    title: 'cast, 10 000 at once',
    ours: (house) => casts(house),
    mixed: true,
    rivals: [rival('fastq with a callback', fastqBursts, 0.35, 0.6), rival('nact router', routerBursts, 8, 12)],
  },
]

/** Against plain nact: it uses a `setImmediate` for each message, whose price differs from machine to machine. */
export const againstNact: readonly Race[] = [
  {
    title: "nact's dispatch, 10 000 at once",
    ours: dispatches,
    mixed: true,
    rivals: [rival('nact router', routerBursts, 7, 12)],
  },
  {
    title: "nact's query, answered by a reply, 64 in flight",
    ours: (house) => queries(house, WIDTH),
    mixed: true,
    rivals: [rival('nact router', (house) => routerQueries(house, WIDTH), 6, 10)],
  },
  {
    title: "nact's query, answered by a plain function, 64 in flight",
    ours: (house) => plainQueries(house, WIDTH),
    mixed: true,
    rivals: [rival('nact router', (house) => routerQueries(house, WIDTH), 5, 8)],
  },
]
