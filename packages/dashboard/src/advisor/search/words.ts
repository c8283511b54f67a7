import type { Advice, Candidate } from '../advice'
import type { CheckedGoal } from '../goal'
import type { Trace } from '../trace'

/** An advice in a few sentences. */
export function saysOf(
  { recommended, candidates, instead }: Pick<Advice, 'recommended' | 'candidates' | 'instead'>,
  goal: CheckedGoal,
): string {
  if (recommended !== null) return saysRecommended(recommended, goal)
  const nearest = candidates.reduce<Candidate | null>(nearer, null)
  const limit = `No setting with at most ${members(goal.maxSize)} meets it.`
  const near = nearest === null ? '' : ` The nearest, ${nearest.name}, has ${figures(nearest)}.`
  return `${limit}${near} ${saysInstead(instead ?? { members: null, speed: null }, goal)}`
}

/** That the trace has not all that came; empty if it has, or if it is another program's and does not tell. */
export function saysLacking({ lost, broken }: Pick<Trace, 'lost' | 'broken'>): string {
  const lacks = [
    ...(lost > 0 ? [`${lost} ${lost === 1 ? 'request was' : 'requests were'} lost when it was recorded`] : []),
    ...(broken > 0 ? [`${broken} ${broken === 1 ? 'line is' : 'lines are'} broken`] : []),
  ]
  return lacks.length === 0 ? '' : ` The trace is not whole: ${lacks.join(', and ')}.`
}

function saysRecommended(candidate: Candidate, { p99Ms, maxDrops, resamples }: CheckedGoal): string {
  const { name, confidence, flooded, prediction } = candidate
  const sure =
    resamples === 0
      ? ''
      : ` It meets the goal on ${Math.round(confidence * resamples)} of ${resamples} resampled traces.`
  return (
    `${name}: ${figures(candidate)} (the goal: ${ms(p99Ms)}, ${percent(maxDrops)}). ` +
    `It costs ${Math.round(prediction.memberSeconds)} member-seconds.${sure} ` +
    `With twice as many requests, it would answer ${percent(flooded)} of them in time.`
  )
}

function saysInstead({ members: count, speed }: NonNullable<Advice['instead']>, { maxSize }: CheckedGoal): string {
  const faster = speed === null ? null : `handlers ${speed} times as fast, with ${members(maxSize)}`
  if (count !== null) return `It takes ${members(count)}${faster === null ? '' : `, or ${faster}`}.`
  const none =
    'More members do not help: the time goes by in handlers, or in messages of one key that wait for each other.'
  return faster === null ? `${none} Nor do handlers that are 16 times as fast.` : `${none} It takes ${faster}.`
}

function nearer(a: Candidate | null, b: Candidate): Candidate {
  return a === null || b.lost < a.lost || (b.lost === a.lost && b.prediction.latencyMs.p99 < a.prediction.latencyMs.p99)
    ? b
    : a
}

function figures({ lost, prediction }: Candidate): string {
  return `p99 ${ms(prediction.latencyMs.p99)}, ${percent(lost)} lost`
}

function members(count: number): string {
  return `${count} ${count === 1 ? 'member' : 'members'}`
}

function ms(value: number): string {
  return `${Number(value.toPrecision(3))} ms`
}

function percent(part: number): string {
  return `${Number((part * 100).toPrecision(2))} %`
}
