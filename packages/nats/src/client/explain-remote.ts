import type { Explanation, Finding } from '@genpool/core'
import { explanationOf } from '@genpool/core/elsewhere'
import { type Nanos } from '@genpool/runtime'
import { differentNodes } from './explain-differences'
import { inspectRemote, type Inspected, type NodeInspection, type RemoteInspection } from './inspect-remote'

/** A node that takes this many times as long as the fastest one is slow. */
const SLOW = 3
/** The way to a node is long if it takes this many times as long as the shortest, and at least so many milliseconds. */
const FAR = 5
const FAR_MS = 20

/** Says what limits a remote pool now, as seen from this client. */
export function explainRemote(
  pool: Inspected & { readonly options: { readonly maxInFlight: number }; readonly sharesState: boolean },
  now: Nanos,
): Explanation {
  const seen = inspectRemote(pool, now)
  if (seen.phase !== 'running') return explanationOf(pool.name, [ended(seen)])
  const findings = [
    ...refused(seen),
    ...unreachable(seen),
    ...muteNodes(seen.nodes),
    ...silentNodes(seen.nodes),
    ...haltedNodes(seen.nodes),
    ...full(seen, pool.options.maxInFlight),
    ...waitingForStores(seen.nodes),
    ...holdingNodes(seen.nodes),
    ...busyNodes(seen.nodes.filter(({ halted }) => halted === null)),
    ...slowNodes(seen.nodes, pool.sharesState),
    ...farNodes(seen.nodes),
    ...differentNodes(seen.nodes),
    ...overBudget(seen),
  ]
  return explanationOf(pool.name, findings.length > 0 ? findings : [calm(seen)])
}

const names = (nodes: readonly NodeInspection[]): string => nodes.map(({ id }) => `"${id}"`).join(', ')

function ended({ phase, inFlight, waiting }: RemoteInspection): Finding {
  const figures = { inFlight, waiting }
  if (phase === 'stopped') {
    const says = 'its address has stopped: it takes nothing, wherever nodes are'
    return { finding: 'stopped', says, figures, advice: 'Make a new one with remotePool().', option: null }
  }
  const says = 'it takes nothing new, and stops when its calls have their outcomes'
  return { finding: 'draining', says, figures, advice: 'Wait for drain(pool).', option: null }
}

const PERMISSIONS = 'Give its account the permissions that the guide "Machines" lists under "Security".'

function refused({ refusal, failed }: RemoteInspection): Finding[] {
  if (refusal === null) return []
  const says = `NATS refuses this client: ${refusal}`
  const figures = { unreachable: failed['ERR_GENPOOL_UNREACHABLE'] ?? 0 }
  return [{ finding: 'unreachable', says, figures, advice: PERMISSIONS, option: null }]
}

function muteNodes(nodes: readonly NodeInspection[]): Finding[] {
  const mute = nodes.filter((node) => node.mute)
  if (mute.length === 0) return []
  const says = `NATS does not let ${names(mute)} answer this client, so nothing is sent there`
  return [{ finding: 'unreachable', says, figures: { nodes: mute.length }, advice: PERMISSIONS, option: null }]
}

function unreachable({ connected, nodes, waiting, name }: RemoteInspection): Finding[] {
  if (connected && nodes.length > 0) return []
  return [
    {
      finding: 'unreachable',
      says: connected ? `no node serves "${name}"` : 'the connection to NATS is lost, and is being made again',
      figures: { waiting },
      advice: connected ? 'Start a node with serve(), and look at "nats service ls".' : 'Look at the NATS servers.',
      option: null,
    },
  ]
}

function silentNodes(nodes: readonly NodeInspection[]): Finding[] {
  const silent = nodes.filter(({ doubtful, leaving }) => doubtful && !leaving)
  if (silent.length === 0) return []
  return [
    {
      finding: 'silent-nodes',
      says: `${names(silent)} ${silent.length === 1 ? 'does' : 'do'} not answer, so other nodes are preferred`,
      figures: {
        nodes: silent.length,
        silentMs: Math.max(...silent.map(({ silentMs }) => silentMs)),
        inFlight: silent.reduce((sum, { inFlight }) => sum + inFlight, 0),
      },
      advice: 'Look at these processes. What they have is settled after "silentAfter".',
      option: 'silentAfter',
    },
  ]
}

function haltedNodes(all: readonly NodeInspection[]): Finding[] {
  const nodes = all.filter(({ leaving }) => !leaving)
  return [...haltedBy(nodes, 'paused'), ...haltedBy(nodes, 'starting')]
}

const HALTS = {
  paused: { is: 'is paused', are: 'are paused', advice: 'Call resume(pool) where it runs.', option: 'paused' },
  starting: {
    is: 'has no member that has started',
    are: 'have no member that has started',
    advice: 'Wait for it, or look at "init" and at explain(pool) where it runs.',
    option: null,
  },
} as const

function haltedBy(nodes: readonly NodeInspection[], why: keyof typeof HALTS): Finding[] {
  const halted = nodes.filter((node) => node.halted === why)
  if (halted.length === 0) return []
  const { is, are, advice, option } = HALTS[why]
  const areAll = nodes.every((node) => node.halted !== null)
  return [
    {
      finding: why === 'paused' ? 'paused' : 'starting',
      says: `${names(halted)} ${halted.length === 1 ? is : are}, so ${areAll ? 'messages wait' : 'other nodes are preferred'}`,
      figures: {
        nodes: nodes.length,
        halted: halted.length,
        waiting: halted.reduce((sum, { waiting }) => sum + waiting, 0),
      },
      advice,
      option,
    },
  ]
}

function full({ full: dropped, inFlight }: RemoteInspection, maxInFlight: number): Finding[] {
  if (dropped === 0) return []
  return [
    {
      finding: 'in-flight',
      says: 'this client dropped calls because it had as many in flight as it may',
      figures: { dropped, inFlight, maxInFlight },
      advice: 'Send fewer at once (map does), add nodes, or raise "maxInFlight".',
      option: 'maxInFlight',
    },
  ]
}

function waitingForStores(nodes: readonly NodeInspection[]): Finding[] {
  const waiting = nodes.filter(({ store }) => store !== null)
  if (waiting.length === 0) return []
  return [
    {
      finding: 'store',
      says: waiting.map(({ id, store }) => `"${id}" waits for its store: ${store}`).join('; '),
      figures: { nodes: waiting.length },
      advice: 'Look at the store, with explain(pool) where these nodes run. More nodes do not help.',
      option: null,
    },
  ]
}

function holdingNodes(nodes: readonly NodeInspection[]): Finding[] {
  const holding = nodes.filter(({ heldBack }) => heldBack !== null)
  if (holding.length === 0) return []
  return [
    {
      finding: 'limits',
      says: holding.map(({ id, heldBack }) => `at "${id}", ${heldBack}`).join('; '),
      figures: { nodes: holding.length, waiting: holding.reduce((sum, { waiting }) => sum + waiting, 0) },
      advice: 'Raise "rate" or "limits" of their pools, which hold for each node, or send less.',
      option: 'rate',
    },
  ]
}

function busyNodes(nodes: readonly NodeInspection[]): Finding[] {
  const waiting = nodes.reduce((sum, node) => sum + node.waiting, 0)
  if (nodes.length === 0 || waiting === 0) return []
  // What follows from a store is not told: it would send people to the members.
  if (nodes.some(({ idle, store }) => idle > 0 || store !== null)) return []
  return [
    {
      finding: 'members-busy',
      says: 'all members of all nodes are busy',
      figures: {
        nodes: nodes.length,
        waiting,
        oldestWaitMs: Math.max(...nodes.map(({ oldestWaitMs }) => oldestWaitMs)),
      },
      advice: 'Add nodes, or members to their pools ("size").',
      option: null,
    },
  ]
}

const SLOW_AT_ONE_STATE =
  'Commits of all nodes to their one state compete: with short messages, one node mostly commits first, and runs at the others take ' +
  'longer since theirs are made again. That does no harm. If runs take long without commits, too, look at these machines.'

function slowNodes(nodes: readonly NodeInspection[], sharesState: boolean): Finding[] {
  const slow = nodes.filter(({ timesSlower, runP99Ms, store }) => timesSlower > SLOW && runP99Ms > 1 && store === null)
  if (slow.length === 0) return []
  return [
    {
      finding: 'slow-nodes',
      says: `${names(slow)} ${slow.length === 1 ? 'takes' : 'take'} much longer for the same messages than the fastest node, and ${slow.length === 1 ? 'gets' : 'get'} less work`,
      figures: {
        timesSlower: most(slow, ({ timesSlower }) => timesSlower),
        runMs: most(slow, ({ runMs }) => runMs),
        runP99Ms: most(slow, ({ runP99Ms }) => runP99Ms),
      },
      advice: sharesState ? SLOW_AT_ONE_STATE : 'Look at these machines.',
      option: null,
    },
  ]
}

function farNodes(nodes: readonly NodeInspection[]): Finding[] {
  const measured = nodes.filter(({ roundTrip }) => roundTrip.count > 0)
  const nearest = Math.min(...measured.map(({ roundTrip }) => roundTrip.p50))
  const far = measured.filter(({ roundTrip: { p50 } }) => p50 >= FAR_MS && p50 > FAR * nearest)
  if (far.length === 0) return []
  return [
    {
      finding: 'far-nodes',
      says: `the way to ${names(far)} and back takes much longer than to the nearest node`,
      figures: {
        roundTripMs: most(far, ({ roundTrip }) => roundTrip.p50),
        roundTripP99Ms: most(far, ({ roundTrip }) => roundTrip.p99),
        nearestMs: nearest,
      },
      advice: 'Look at the network between them, and at the event loops of these processes.',
      option: null,
    },
  ]
}

function overBudget({ retries }: RemoteInspection): Finding[] {
  if (retries.overBudget === 0) return []
  return [
    {
      finding: 'retries',
      says: 'calls were not tried on another node, because more than a tenth of all were',
      figures: { retries: retries.made, overBudget: retries.overBudget },
      advice: 'Nodes refuse too much: add nodes, or send less.',
      option: null,
    },
  ]
}

function calm({ nodes, inFlight, answer }: RemoteInspection): Finding {
  const says = `nothing limits it: ${nodes.length} ${nodes.length === 1 ? 'node answers' : 'nodes answer'}`
  const times = {
    answerP99Ms: answer.p99,
    roundTripP99Ms: most(nodes, ({ roundTrip }) => roundTrip.p99),
    runP99Ms: most(nodes, ({ runP99Ms }) => runP99Ms),
  }
  const figures = { nodes: nodes.length, inFlight, ...(answer.count > 0 ? times : {}) }
  return { finding: 'calm', says, figures, advice: 'Nothing to do.', option: null }
}

function most(nodes: readonly NodeInspection[], of: (node: NodeInspection) => number): number {
  return Math.max(...nodes.map(of))
}
