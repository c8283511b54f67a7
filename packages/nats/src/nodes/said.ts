import type { Halted, Openings } from '@genpool/core/elsewhere'
import { printable } from '@genpool/runtime'
import { LONGEST_TYPE, MOST_TYPES, type RunOfType } from './run-times'

/** What a node says of itself. Times are milliseconds. */
export interface Said {
  readonly id: string
  /** The version of the package that serves it. */
  readonly version: string
  /** How many requests it can work on at once. */
  readonly size: number
  readonly idle: number
  readonly waiting: number
  /** How many requests it has in hand: waiting, running, or to be answered later. */
  readonly inHand: number
  /** How long its oldest waiting request has waited. */
  readonly oldestWaitMs: number
  /** How long its handlers mostly run. 0 if none ran lately. */
  readonly runMs: number
  /** 99 % of them run this long or less. A node of an older version does not say it: 0. */
  readonly runP99Ms: number
  /** The same for each type of message that ran lately. Undefined if a node of an older version does not say it. */
  readonly runs?: readonly RunOfType[] | undefined
  /** How long it has been serving. */
  readonly upMs: number
  /** At the latest after how long it says something again. */
  readonly everyMs: number
  /** Counts its connections to NATS, and `returns`. With each new connection, answers on their way may be lost. */
  readonly epoch: number
  /** How often it has given messages of keys back, so that it refuses those that were sent after them. Undefined: never. */
  readonly returns?: number | undefined
  /** It takes nothing new, and will be gone soon. */
  readonly leaving: boolean
  /** Why it begins nothing now. Undefined: it does, or a node of an older version does not say it. */
  readonly halted?: Halted | undefined
  /** When requests that come now may begin there, as its rate and a back-off say. Undefined: neither bounds it, or it does not say. */
  readonly openings?: Openings | undefined
  /** The types of messages that it has handlers for, as `textOfTypes` writes them. Undefined: any, or it does not say. */
  readonly types?: string | undefined
  /** The beginnings of the inboxes to which NATS does not let it publish: it runs nothing for these clients. */
  readonly muteFor?: readonly string[] | undefined
  /** The addresses of answers that NATS has refused since it last said something: it sends them again if it is asked. */
  readonly lost?: readonly string[] | undefined
  /** The user's version of what it serves. */
  readonly release?: string | undefined
  /** What is wrong with the store of its state, for people. Undefined: nothing, it has none, or it does not say. */
  readonly store?: string | undefined
  /** What holds requests back there although members are free, for people: a rate, a limit or a back-off. Undefined: nothing, or it does not say. */
  readonly heldBack?: string | undefined
}

/** How often it has connected again. */
export function connectionsOf({ epoch, returns = 0 }: Said): number {
  return epoch - returns
}

/** A node tells of so many inboxes to which it may not publish. */
export const MOST_MUTE = 20

/** A node tells of so many answers at once that NATS has refused. */
export const MOST_LOST = 100

/** The longest text that is a release. */
export const MOST_RELEASE = 100

/** The longest text about a store, and about what holds requests back. */
export const MOST_STORE = 500

const NUMBERS = ['size', 'idle', 'waiting', 'inHand', 'oldestWaitMs', 'runMs', 'upMs', 'everyMs', 'epoch'] as const

/** Reads what a node says of itself from any value. Undefined if it is something else: it comes from the network. */
export function saidFrom(value: unknown): Said | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const given = value as Record<string, unknown>
  const { id, version, leaving } = given
  if (typeof id !== 'string' || !/^[-\w]{1,64}$/.test(id) || typeof version !== 'string') return undefined
  const numbers = NUMBERS.map((name): [string, unknown] => [name, given[name]])
  if (!numbers.every(([, number]) => isFigure(number))) return undefined
  const runP99Ms = isFigure(given['runP99Ms']) ? given['runP99Ms'] : 0
  const said = { ...(Object.fromEntries(numbers) as Record<(typeof NUMBERS)[number], number>), id, version, runP99Ms }
  return {
    ...said,
    size: Math.max(1, said.size),
    everyMs: Math.max(50, said.everyMs),
    leaving: leaving === true,
    ...(given['halted'] === 'paused' || given['halted'] === 'starting' ? { halted: given['halted'] } : {}),
    ...textsOf(given),
    ...(isFigure(given['returns']) ? { returns: given['returns'] } : {}),
    ...openingsIn(given),
    ...runsOf(given),
    ...addressesOf(given),
  }
}

/** What nodes of an older version do not say. */
function textsOf({
  types,
  release,
  store,
  heldBack,
}: Record<string, unknown>): Pick<Said, 'types' | 'release' | 'store' | 'heldBack'> {
  return {
    ...(typeof types === 'string' ? { types } : {}),
    ...(typeof release === 'string' && release.length <= MOST_RELEASE ? { release } : {}),
    ...(typeof store === 'string' && store.length <= MOST_STORE ? { store: printable(store) } : {}),
    ...(typeof heldBack === 'string' && heldBack.length <= MOST_STORE ? { heldBack: printable(heldBack) } : {}),
  }
}

function openingsIn({ openings }: Record<string, unknown>): Pick<Said, 'openings'> {
  if (typeof openings !== 'object' || openings === null) return {}
  const { free, nextMs, everyMs } = openings as Record<string, unknown>
  return isFigure(free) && isFigure(nextMs) && isFigure(everyMs) ? { openings: { free, nextMs, everyMs } } : {}
}

function addressesOf({ muteFor, lost }: Record<string, unknown>): Pick<Said, 'muteFor' | 'lost'> {
  return {
    ...(Array.isArray(muteFor) ? { muteFor: textsIn(muteFor, MOST_MUTE) } : {}),
    ...(Array.isArray(lost) ? { lost: textsIn(lost, MOST_LOST) } : {}),
  }
}

function textsIn(list: readonly unknown[], most: number): string[] {
  return list.slice(0, most).filter((text) => typeof text === 'string')
}

/** What a node of an older version does not say. What is no figure of a type is left out. */
function runsOf({ runs }: Record<string, unknown>): Pick<Said, 'runs'> {
  return Array.isArray(runs) ? { runs: runs.slice(0, MOST_TYPES).filter(isRun).map(onlyItsFields) } : {}
}

function isRun(value: unknown): value is RunOfType {
  if (typeof value !== 'object' || value === null) return false
  const { type, p50Ms, meanMs, perSecond } = value as Record<string, unknown>
  return typeof type === 'string' && type.length <= LONGEST_TYPE && [p50Ms, meanMs, perSecond].every(isFigure)
}

function onlyItsFields({ type, p50Ms, meanMs, perSecond }: RunOfType): RunOfType {
  return { type, p50Ms, meanMs, perSecond }
}

function isFigure(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < Infinity
}
