import { printable } from '@genpool/runtime'
import type { Bodies } from './codec'
import { ownBodies } from './codec'
import { Decoder } from './decode'
import { BadFrame } from './errors'
import { Reader } from './reader'
import { Writer } from './writer'

/** The first byte of each frame: "g". */
const MAGIC = 0x67
/**
 * The version of the frames. It changes only when an old reader could misunderstand a new frame. What is merely added stands at the
 * end of a header, where old readers skip it.
 */
export const WIRE_VERSION = 1
/** A budget without a limit. */
const FOREVER = 0xffff_ffff
/** Times that nodes measure travel in whole microseconds. */
const US_PER_MS = 1000

export const Kind = {
  call: 1,
  cast: 2,
  dispatch: 3,
  cancel: 4,
  answer: 16,
  failure: 17,
  progress: 18,
  load: 32,
} as const
export type Kind = (typeof Kind)[keyof typeof Kind]

const Flag = { progress: 1, again: 2, priority: 4, key: 8, state: 16, epoch: 32, returns: 64 } as const
/** The bytes of a `StateAt`, of an epoch, and of how long a node had a request. */
const STATE = 12
const EPOCH = 4
const HELD = 4

/** A version of a state that machines share. `place`: a number for the cell of the bucket in which it is. */
export interface StateAt {
  readonly place: number
  readonly version: number
}

/** A request as it travels. */
export interface RequestHeader {
  /** The milliseconds that are left. Infinity for no limit. */
  readonly budgetMs: number
  /** How long ago it was sent first, in milliseconds. */
  readonly ageMs: number
  readonly priority: number | undefined
  readonly key: unknown
  readonly wantsProgress: boolean
  /** It was sent before, and its answer may be lost: if the node has had it, it is not run again. */
  readonly again: boolean
  /** What its caller has seen of the state that machines share: it is not run on an older one. */
  readonly state?: StateAt | undefined
  /**
   * How often its node had connected again, or given messages of keys back, as far as its sender knew. A node that has done so since
   * refuses it: what was sent before may be lost or given back, and must come first. Only with a key.
   */
  readonly epoch?: number | undefined
  /** A node that is paused may give it back before it begins. */
  readonly mayReturn?: boolean | undefined
}

/** What each answer says about the node. */
export interface AnswerHeader {
  /** How many requests it has in hand. */
  readonly inHand: number
  /** How long it had the request, in milliseconds. Undefined if it does not say. */
  readonly heldMs?: number | undefined
  /** Which version of the state that machines share is at the node. Undefined if it does not say, or has none. */
  readonly state?: StateAt | undefined
}

/** A frame as it came: its kind, a reader at its header, and its body. */
export interface Frame {
  readonly kind: number
  readonly header: Reader
  readonly body: Uint8Array
}

/** The writer of the next frame. A getter of a message may make another frame in between: that gets a writer of its own. */
let spare: Writer | null = null

/** Opens a frame. @throws {BadFrame} if the bytes are none, or of another version */
export function openFrame(bytes: Uint8Array): Frame {
  const header = new Reader(bytes)
  if (header.left < 5 || header.byte() !== MAGIC) throw new BadFrame('it is no frame of @genpool/nats')
  const version = header.byte()
  if (version !== WIRE_VERSION) {
    throw new BadFrame(
      `it has version ${version} of the frames, and this side understands ${WIRE_VERSION}: use one version of @genpool/nats on both`,
    )
  }
  const kind = header.byte()
  const length = header.u16()
  if (length > header.left) throw new BadFrame('it is cut off: it says that more bytes follow than came')
  return { kind, header, body: bytes.subarray(header.at + length) }
}

function begin(kind: Kind, max: number): Writer {
  const writer = spare ?? new Writer()
  spare = null
  writer.begin(max)
  writer.byte(MAGIC)
  writer.byte(WIRE_VERSION)
  writer.byte(kind)
  writer.u16(0)
  return writer
}

const START = 5

function endHeader(writer: Writer): void {
  writer.patchU16(START - 2, writer.at - START)
}

function end(writer: Writer): Uint8Array {
  spare = writer
  return writer.take()
}

/** @throws {NotCarried} if the key or the message cannot travel */
export function requestFrame(
  kind: Kind,
  { budgetMs, ageMs, priority, key, wantsProgress, again, state, epoch, mayReturn }: RequestHeader,
  body: { readonly bodies: Bodies; readonly value: unknown; readonly max: number },
): Uint8Array {
  const to = begin(kind, body.max)
  to.u32(whole(budgetMs))
  to.u32(whole(ageMs))
  to.byte(
    (wantsProgress ? Flag.progress : 0) |
      (again ? Flag.again : 0) |
      (priority === undefined ? 0 : Flag.priority) |
      (key === undefined ? 0 : Flag.key) |
      (state === undefined ? 0 : Flag.state) |
      (epoch === undefined ? 0 : Flag.epoch) |
      (mayReturn === true ? Flag.returns : 0),
  )
  if (priority !== undefined) to.f64(priority)
  if (key !== undefined) ownBodies.write(to, key)
  if (state !== undefined) writeState(to, state)
  if (epoch !== undefined) to.u32(epoch)
  endHeader(to)
  body.bodies.write(to, body.value)
  return end(to)
}

const BUDGET_AT = START
const AGE_AT = START + 4
const FLAGS_AT = START + 8

/** Milliseconds as they travel: whole, and with an end. */
function whole(ms: number): number {
  return ms >= FOREVER ? FOREVER : Math.max(0, Math.ceil(ms))
}

/** Changes the budget of a frame that was not sent yet. */
export function setBudget(frame: Uint8Array, budgetMs: number): void {
  new DataView(frame.buffer, frame.byteOffset, frame.length).setUint32(BUDGET_AT, whole(budgetMs))
}

/** Says in a frame whether a node that is paused may give it back. */
export function setMayReturn(frame: Uint8Array, mayReturn: boolean): void {
  frame[FLAGS_AT] = ((frame[FLAGS_AT] as number) & ~Flag.returns) | (mayReturn ? Flag.returns : 0)
}

/** Changes the epoch of a frame that has one, which is the last in its header. */
export function setEpoch(frame: Uint8Array, epoch: number): void {
  const length = ((frame[START - 2] as number) << 8) | (frame[START - 1] as number)
  const at = START + length - EPOCH
  for (let i = 0; i < EPOCH; i++) frame[at + i] = epoch >>> (24 - 8 * i)
}

/** What is left of a request that is sent again. */
export type Renewal = Pick<RequestHeader, 'budgetMs' | 'ageMs' | 'again'>

/** Changes the budget and the age of a frame that is sent again, and marks it if the node may have had it. */
export function renew(frame: Uint8Array, { budgetMs, ageMs, again }: Renewal): void {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length)
  view.setUint32(BUDGET_AT, whole(budgetMs))
  view.setUint32(AGE_AT, whole(ageMs))
  frame[FLAGS_AT] = ((frame[FLAGS_AT] as number) & ~Flag.again) | (again ? Flag.again : 0)
}

/** So much of a frame makes its print. */
const PRINTED = 4096

/**
 * A number for what a request says, to tell the frames of two requests apart: also of bytes that are none. What changes when a request is
 * sent again does not count: its budget, age, epoch, and the flags for that.
 */
export function printOf(bytes: Uint8Array): number {
  const headerEnd = START + (((bytes[START - 2] ?? 0) << 8) | (bytes[START - 1] ?? 0))
  const hasEpoch = ((bytes[FLAGS_AT] ?? 0) & Flag.epoch) !== 0
  let print = bytes.length
  for (let at = 0; at < Math.min(bytes.length, PRINTED); at++) {
    if (at >= BUDGET_AT && at < FLAGS_AT) continue
    if (hasEpoch && at >= headerEnd - EPOCH && at < headerEnd) continue
    const byte = bytes[at] as number
    print = Math.imul(print ^ (at === FLAGS_AT ? byte & ~(Flag.again | Flag.returns) : byte), 0x01000193) >>> 0
  }
  return print
}

export function readRequest({ header }: Frame): RequestHeader {
  const budget = header.u32()
  const ageMs = header.u32()
  const flags = header.byte()
  const priority = (flags & Flag.priority) === 0 ? undefined : header.f64()
  return {
    budgetMs: budget === FOREVER ? Infinity : budget,
    ageMs,
    priority: Number.isNaN(priority) ? undefined : priority,
    key: (flags & Flag.key) === 0 ? undefined : new Decoder(header).read(),
    wantsProgress: (flags & Flag.progress) !== 0,
    again: (flags & Flag.again) !== 0,
    state: (flags & Flag.state) === 0 ? undefined : readState(header),
    epoch: (flags & Flag.epoch) === 0 ? undefined : header.u32(),
    mayReturn: (flags & Flag.returns) !== 0,
  }
}

/** @param kind answer or progress @throws {NotCarried} if the value cannot travel */
export function answerFrame(
  kind: Kind,
  { inHand, heldMs, state }: AnswerHeader,
  body: { readonly bodies: Bodies; readonly value: unknown; readonly max: number },
): Uint8Array {
  const to = begin(kind, body.max)
  to.u32(Math.min(inHand, FOREVER))
  if (heldMs !== undefined) to.u32(Math.min(Math.round(heldMs * US_PER_MS), FOREVER))
  if (heldMs !== undefined && state !== undefined) writeState(to, state)
  endHeader(to)
  body.bodies.write(to, body.value)
  return end(to)
}

export function readAnswer({ header, body }: Frame): AnswerHeader {
  const inHand = header.u32()
  const more = header.left - body.length
  const heldMs = more < HELD ? undefined : header.u32() / US_PER_MS
  return { inHand, heldMs, state: more < HELD + STATE ? undefined : readState(header) }
}

function writeState(to: Writer, { place, version }: StateAt): void {
  to.u32(place)
  to.f64(version)
}

function readState(header: Reader): StateAt | undefined {
  const place = header.u32()
  const version = header.f64()
  return Number.isSafeInteger(version) ? { place, version } : undefined
}

/** A longer reason is cut. */
const MOST_REASON = 1000

/** A request whose caller gave up. */
export interface Cancel {
  /** Where it is to be answered. */
  readonly reply: string
  /** Why, in words; undefined from a client of an older version. */
  readonly reason: string | undefined
}

/** Cancels the request that is to be answered at `reply`. A node of an older version does not read the reason. */
export function cancelFrame({ reply, reason }: Cancel): Uint8Array {
  const to = begin(Kind.cancel, Infinity)
  to.text(reply)
  if (reason !== undefined) to.text(reason.slice(0, MOST_REASON))
  endHeader(to)
  return end(to)
}

export function readCancel({ header, body }: Frame): Cancel {
  const reply = header.text()
  return { reply, reason: header.left === body.length ? undefined : printable(header.text()) }
}

/** A frame without a header of its own. */
export function plainFrame(kind: Kind, value: unknown): Uint8Array {
  const to = begin(kind, Infinity)
  endHeader(to)
  ownBodies.write(to, value)
  return end(to)
}
