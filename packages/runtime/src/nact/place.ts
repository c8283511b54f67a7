import type { Ref } from 'nact'
import { ActorPath } from 'nact/lib/paths'
import { StoppedError } from '../errors'
import { actorOf, type Kind, wrongPlace } from '../options/actor-name'
import { readSafely } from '../options/read-safely'
import { showValue } from '../options/show-value'
import { type ConcreteParent, findActor, type Reference, systemOf } from './internals'

const SO = 'nothing can be spawned under it'
const OTHER_COPY =
  'If it has not been stopped, another copy of nact has made it: "npm ls nact" shows who brings which copy, and "npm dedupe" often ' +
  'leaves one.'

/** What to throw for a parent that is not there. nact forgets a system that stops, and knows none of another copy of itself. */
export function nothingBelow(parent: Reference, path: string): StoppedError {
  const isSystemKnown = systemOf(parent.system.name ?? '') !== undefined
  return new StoppedError(path, false, undefined, isSystemKnown ? { so: SO } : { so: SO, advice: OTHER_COPY })
}

/**
 * Checks that an actor can be spawned under this parent with this name, before anything is made for it.
 *
 * @throws {OptionsError} if the parent is none, or the name is taken or not allowed; {StoppedError} if the parent has stopped
 */
export function checkPlace(kind: Kind, parent: Ref<never>, name: string | null | undefined): void {
  const text: unknown = name
  // nact makes up a name for an empty one and for null, too.
  const isGiven = text !== undefined && text !== null && text !== ''
  if (isGiven && typeof text !== 'string') {
    const message = `expected a string, or undefined for a name that is made up, got ${showValue(text)}`
    throw wrongPlace(kind, { argument: 'name', of: `a ${kind}`, message })
  }
  const of = actorOf(kind, name)
  const concrete = parentOf(parent)
  if (concrete === undefined) {
    const expected = 'an actor system (what nact\'s "start" returned) or the address of an actor'
    throw wrongPlace(kind, { argument: 'parent', of, message: `expected ${expected}, got ${showValue(parent)}` })
  }
  if (!isGiven) return
  if (!ActorPath.isValidName(text)) {
    const expected = "letters, digits and the characters -$_.+!*'(), without spaces and slashes"
    throw wrongPlace(kind, { argument: 'name', of, message: `expected ${expected}, got ${showValue(text)}` })
  }
  if (concrete.children.has(text)) {
    const instead =
      kind === 'remote pool'
        ? 'Use that one, or give another parent (its name is that of the service)'
        : 'Choose another name'
    const message = `it is taken: a child ${showValue(text)} of "${concrete.path}" already exists. ${instead}, or stop that child first`
    throw wrongPlace(kind, { argument: 'name', of, message })
  }
}

/**
 * The system or actor behind an address; undefined if the value is no address.
 *
 * @throws {StoppedError} if it has stopped
 */
function parentOf(parent: unknown): ConcreteParent | undefined {
  const concrete = lookUp(parent)
  if (concrete !== undefined && !concrete.stopped) return concrete
  const path = concrete?.path.toString() ?? pathOf(parent)
  if (path !== undefined) throw nothingBelow(parent as Reference, path)
  return undefined
}

/** Finds the actor or system behind any value; undefined if there is none. Never throws. */
export function lookUp(value: unknown): ConcreteParent | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  try {
    const found = findActor(value as Reference)
    // The address of an answer is found, too, and is no actor.
    return found?.children instanceof Map ? found : undefined
  } catch {
    return undefined
  }
}

/** The path of an address whose actor may have stopped; undefined if the value is no address. */
function pathOf(value: unknown): string | undefined {
  try {
    const { type, path, system } = value as Reference
    const isAddress = (type === 'actor' || type === 'system') && typeof system.name === 'string'
    return isAddress && Array.isArray(path.parts) ? path.toString() : undefined
  } catch {
    return undefined
  }
}

/** Whether a value looks like an address of nact, of any kind. Never throws. */
export function isAddress(value: unknown): boolean {
  return pathOf(value) !== undefined || readSafely(() => isTemporary(value as Reference), false)
}

function isTemporary({ type, system }: Reference): boolean {
  return (type === 'temp' || type === 'nobody') && typeof system === 'object'
}
