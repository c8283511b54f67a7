import { OptionsError } from '@genpool/runtime'
import { InvalidError } from '@genpool/state-ane'

/** Marks what this package makes for users to hand back. Registered globally, so that another copy of the package knows it. */
const MADE = Symbol.for('genpool.made')
/** What this copy marks them with. */
const HERE: Mark = { isStep: false }
const STEP_HERE: Mark = { isStep: true }

interface Mark {
  /** Whether it is what a handler returns: it stands for no value. */
  readonly isStep: boolean
}

/** Marks all objects of a class. */
export function markMade({ prototype }: abstract new (...args: never) => object, isStep = false): void {
  Object.defineProperty(prototype, MADE, { value: isStep ? STEP_HERE : HERE })
}

/** Whether this or another copy of the package may have made this. A draft that has ended throws, and so may a proxy of a user. */
export function isMarked(value: object): value is { readonly [MADE]: unknown } {
  return MADE in value
}

/** Whether another copy of the package made this. */
export function isOfOtherCopy(value: unknown): boolean {
  try {
    // A proxy may have an answer for each property that is read.
    return typeof value === 'object' && value !== null && isMarked(value) && isThere(value[MADE])
  } catch {
    // A draft that has ended, or a proxy of a user.
    return false
  }
}

/** Whether it is what `reply`, `noReply` or `halt` of another copy of the package returned. */
export function isStepOfOtherCopy(value: unknown): boolean {
  return isOfOtherCopy(value) && (value as { readonly [MADE]: Partial<Mark> })[MADE].isStep === true
}

function isThere(mark: unknown): boolean {
  return mark !== HERE && mark !== STEP_HERE
}

const MADE_THERE = 'another copy of @genpool/core has made it'
const REMEDY =
  'Two copies are loaded, and this one cannot use what the other one makes. "npm ls @genpool/core" shows who brings which. Let all ' +
  'packages of the program use one version, for example with "npm dedupe".'

/** What to say, after the rest, of something in the wrong place if another copy made it. */
export function alsoOfOtherCopy(value: unknown): string {
  return isOfOtherCopy(value) ? `. And ${MADE_THERE}. ${REMEDY}` : ''
}

/** The error of an argument that another copy made. */
export function argumentOfOtherCopy(argument: string): OptionsError {
  return new OptionsError(`The ${argument} is wrong: ${MADE_THERE}. ${REMEDY}`, [{ path: [], message: MADE_THERE }])
}

/** The error of a result that another copy made: of a handler, or of `init`. */
export function resultOfOtherCopy(of: string): InvalidError {
  return new InvalidError(`result of ${of}`, [{ path: [], message: `${MADE_THERE}. ${REMEDY}` }])
}
