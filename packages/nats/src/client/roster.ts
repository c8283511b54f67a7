import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import type { AlivenessRules } from '../nodes/aliveness'
import { choose } from '../nodes/choice'
import { Node } from '../nodes/node'
import { Paces } from '../nodes/paces'
import { rendezvous } from '../nodes/rendezvous'
import { connectionsOf, type Said } from '../nodes/said'
import type { Manner } from '../nodes/served-types'
import { Trials } from '../nodes/trials'
import { Patience } from './patience'

/** What the roster tells. */
export interface RosterListener {
  /** Ask this node whether it is there. */
  probe(node: Node): void
  /** This node is given up. */
  lost(node: Node): void
  /** This node has connected again: answers of it may be lost. */
  reconnected(node: Node): void
  /** This node was paused and gave messages of keys back: it refuses those that were sent to it before this was known. */
  gaveBack(node: Node): void
}

/** A request that wants a node. */
interface Wish {
  /** The type of its message; null if it has none. */
  readonly type: string | null
  readonly now: Nanos
  readonly random: () => number
  /** Nodes that cannot take it. */
  readonly except?: ReadonlySet<string> | null
}

const MOST_GONE = 1000
/** More nodes are not taken in unless one is silent: anybody who may publish on the load subject can make up nodes. */
const MOST_NODES = 1000

/** A node that cannot answer this client is asked so often whether that is still so, if there are messages for it. */
const ASK_MUTE_MS = 1000

/** The nodes that this client knows. Pure: time and chance are arguments. */
export class Roster {
  readonly #nodes = new Map<string, Node>()
  /** The same as a list: the choice is made for each request. */
  #list: readonly Node[] = []
  /** Whether nodes have handlers for different messages. Mostly not, and then no message is looked at. */
  #differ = false
  /** Nodes that were given up: one that comes back is tried with few requests first. */
  readonly #gaveUp = new Set<string>()
  /** Whether a node cannot answer this client. Mostly not. */
  #someMute = false
  #askedMuteAt: Nanos = -Infinity
  readonly #paces = new Paces()
  readonly #trials = new Trials()
  readonly #patience: Patience

  constructor(
    readonly rules: AlivenessRules,
    private readonly listener: RosterListener,
    /** With what the addresses of this client begin. */
    private readonly inbox: () => string = () => '',
  ) {
    this.#patience = new Patience(rules)
  }

  get nodes(): readonly Node[] {
    return this.#list
  }

  node(id: string): Node | undefined {
    return this.#nodes.get(id)
  }

  /** A node said something of itself. Returns it, and whether it is new. */
  says(said: Said, now: Nanos): { readonly node: Node; readonly isNew: boolean } | undefined {
    const known = this.#nodes.get(said.id)
    if (known !== undefined) {
      const before = known.said
      const wasMute = this.isMute(known)
      if (known.isDoubtful(now) && !known.said.leaving) known.coolDown()
      known.says(said, now)
      this.#paces.changed()
      if (said.types !== before.types || this.isMute(known) !== wasMute) this.#compare()
      if (connectionsOf(said) !== connectionsOf(before)) this.listener.reconnected(known)
      else if (said.epoch !== before.epoch) this.listener.gaveBack(known)
      if (said.leaving && known.inFlight === 0) this.#remove(known)
      this.#count(now)
      return { node: known, isNew: false }
    }
    if (said.leaving || !this.#hasRoom(now)) return undefined
    const node = new Node(said, this.rules, now)
    if (this.#gaveUp.delete(said.id)) node.coolDown()
    this.#nodes.set(said.id, node)
    this.#listed()
    this.#count(now)
    return { node, isNew: true }
  }

  choose({ type, now, random, except }: Wish): Node | undefined {
    const tried = this.#trials.next(this.#list, now)
    if (tried !== undefined && except?.has(tried.id) !== true) return tried
    return choose(this.#list, { type, now, random, except: except ?? undefined, paces: this.#paces })
  }

  /** How much work a request is at a node, in milliseconds. */
  workMs(node: Node, type: string | null, now: Nanos): number {
    return this.#paces.expected(node, type, this.#list, now).workMs
  }

  /** How many times as long as the fastest node one takes for the same messages. */
  timesSlower(node: Node, now: Nanos): number {
    return this.#paces.of(node, this.#list, now)
  }

  /** The node of a key, among those that are alive and stay, and begin work now; if there are none, among the others. */
  ofKey(key: string, except?: ReadonlySet<string> | null): Node | undefined {
    const those = (accepts: (node: Node) => boolean): readonly Node[] =>
      this.#list.filter((node) => except?.has(node.id) !== true && accepts(node))
    const working = those(({ said, isHalted }) => !said.leaving && !isHalted)
    if (working.length > 0) return rendezvous(key, working)
    const staying = those(({ said }) => !said.leaving)
    return rendezvous(key, staying.length > 0 ? staying : those(() => true))
  }

  /** The nodes that cannot take a message: those that have refused it, and those without a handler, if others have one. */
  except(refusedBy: ReadonlySet<string> | null, type: string | null, manner: Manner): ReadonlySet<string> | null {
    const mute = this.#someMute ? this.#list.filter((node) => this.isMute(node)) : []
    const others = mute.length === 0 ? refusedBy : new Set([...(refusedBy ?? []), ...mute.map(({ id }) => id)])
    return this.#exceptStrangers(others, type, manner)
  }

  /** Whether NATS does not let a node answer this client. */
  isMute({ said }: Node): boolean {
    return said.muteFor?.includes(this.inbox()) === true
  }

  /** A node that cannot answer, if that is so of all of them. */
  get allMute(): Node | undefined {
    return this.#someMute && this.#list.every((node) => this.isMute(node)) ? this.#list[0] : undefined
  }

  /** Asks nodes that cannot answer this client, now and then: whoever answers can. */
  askMute(now: Nanos): void {
    if (!this.#someMute || now - this.#askedMuteAt < ASK_MUTE_MS * NS_PER_MS) return
    this.#askedMuteAt = now
    for (const node of this.#list) if (this.isMute(node)) this.listener.probe(node)
  }

  #exceptStrangers(
    refusedBy: ReadonlySet<string> | null,
    type: string | null,
    manner: Manner,
  ): ReadonlySet<string> | null {
    if (!this.#differ || type === null) return refusedBy
    const strangers = this.#list.filter(({ types }) => types?.has(type, manner) === false)
    if (strangers.length === 0 || strangers.length === this.#list.length) return refusedBy
    return new Set([...(refusedBy ?? []), ...strangers.map(({ id }) => id)])
  }

  /** Whether a node may have a handler for a message, as far as is known: none of those that are there says that it has none. */
  mayKnow(type: string | null, manner: Manner): boolean {
    const staying = this.#list.filter(({ said }) => !said.leaving)
    return (
      staying.length === 0 || staying.some(({ types }) => types === null || (type !== null && types.has(type, manner)))
    )
  }

  /** NATS says that nobody listens at the address of this node. */
  missing(node: Node, now: Nanos): void {
    if (this.#patience.isAfterReconnect(now)) return
    if (node.inFlight === 0) this.#remove(node)
    else node.alive.missing(now)
    this.#count(now)
  }

  /** NATS says that no node is there. */
  noneThere(now: Nanos): void {
    for (const node of this.#list) this.missing(node, now)
    this.#patience.served(false, now)
  }

  /** Nobody took a request at the address of this node. One that leaves takes none, and goes on with what it has. */
  tookNothing(id: string, now: Nanos): void {
    const node = this.#nodes.get(id)
    if (node !== undefined && !(node.said.leaving && node.inFlight > 0)) this.missing(node, now)
  }

  missingId(id: string, now: Nanos): void {
    const node = this.#nodes.get(id)
    if (node !== undefined) this.missing(node, now)
  }

  /** Whether nodes may still be connecting or starting again, so that nobody is given up because none is there. */
  isPatient(now: Nanos): boolean {
    return this.#patience.isAfterReconnect(now) || this.#patience.isAfterLast(now)
  }

  /** Whether no node is left, and one may come back soon. */
  mayReturn(now: Nanos): boolean {
    return this.#patience.isAfterLast(now)
  }

  /** This client has connected again. */
  connected(now: Nanos): void {
    this.#patience.connected(now)
    this.wasDeaf(now)
  }

  /** This client could not hear anything for a while: whoever was silent meanwhile is not at fault. */
  wasDeaf(now: Nanos): void {
    for (const node of this.#list) {
      node.alive.heard(now)
      node.forgetsQuestion()
    }
  }

  /** Looks after all nodes. Called now and then. */
  check(now: Nanos): void {
    this.askMute(now)
    for (const node of this.#list) {
      const verdict = node.alive.judge(now, node.said.everyMs)
      if (verdict === 'probe') {
        node.alive.probed(now)
        this.listener.probe(node)
      } else if (verdict === 'lost') {
        this.#remove(node)
        this.#count(now)
        this.#gaveUp.add(node.id)
        if (this.#gaveUp.size > MOST_GONE) this.#gaveUp.clear()
        this.listener.lost(node)
      } else if (node.said.leaving && node.inFlight === 0) this.#remove(node)
    }
  }

  /** Nodes have come or gone. */
  #count(now: Nanos): void {
    const isServed = this.#list.some(({ said, alive }) => !said.leaving && !alive.absent)
    this.#patience.served(isServed, now)
  }

  /** Makes room for one more, if there must be: the node goes that has been silent for longest, and has nothing of ours. */
  #hasRoom(now: Nanos): boolean {
    if (this.#nodes.size < MOST_NODES) return true
    let silent: Node | undefined
    for (const node of this.#list) {
      if (node.inFlight > 0 || !node.isDoubtful(now)) continue
      if (silent === undefined || node.alive.heardAt < silent.alive.heardAt) silent = node
    }
    if (silent === undefined) return false
    this.#remove(silent)
    return true
  }

  #listed(): void {
    this.#list = [...this.#nodes.values()]
    this.#paces.changed()
    this.#compare()
  }

  #compare(): void {
    const [first] = this.#list
    this.#someMute = this.#list.some((node) => this.isMute(node))
    this.#differ = this.#list.some(({ said }) => said.types !== first?.said.types)
  }

  #remove(node: Node): void {
    this.#nodes.delete(node.id)
    this.#listed()
  }
}
