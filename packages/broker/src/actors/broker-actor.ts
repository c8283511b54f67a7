import {
  answerQuery,
  checkQueryTimeout,
  BaseActor,
  type ConcreteParent,
  GenPoolError,
  type Nanos,
  parseOptions,
  type Reference,
  refused,
  StoppedError,
  Turn,
  type Change,
  changesBetween,
} from '@genpool/runtime'
import { type Ref } from 'nact'
import { type Broker } from '../engine/broker'
import { createBroker } from '../engine/create-broker'
import { checkMessage, dispatchFrom, once, sending } from './answers'
import { applyOptions, type CheckedAskOptions, watchSignal } from './ask-options'
import { brokerActorOptions, type BrokerConfig, type CheckedBrokerActorOptions } from './broker-actor-options'
import {
  type AskKind,
  type BrokerAnswer,
  type BrokerMatch,
  brokerMessage,
  type CheckedBrokerMessage,
} from './broker-messages'
import { Gauges } from './gauges'
import { keepLimitedParties, type Listener, PARTIES_HELD, Party, type PartyFacts } from './party'
import { Shell } from './shell'

type BrokerParty = Party<BrokerMatch>
type AskMessage = Extract<CheckedBrokerMessage, { type: AskKind }>
type ControlMessage = Exclude<CheckedBrokerMessage, AskMessage>

/** Where a broker's reference keeps the actor: an old reference never reaches another broker of the same name. */
export const BROKER = Symbol.for('genpool.broker')

/** A broker as an actor: messages and typed calls come in, matches and drops go out. */
export class BrokerActor extends BaseActor {
  readonly engine: Broker<BrokerParty, BrokerParty>
  readonly shell: Shell
  readonly gauges: Gauges
  #options: CheckedBrokerActorOptions

  constructor(parent: ConcreteParent, options: CheckedBrokerActorOptions, name?: string) {
    super(parent, name)
    const { clock, meters, onAlarm, ...config } = options
    this.#options = options
    const hooks = {
      isAlive: (party: BrokerParty) => party.isAlive || this.shell.passOver(party),
      holds: PARTIES_HELD as never,
      comesBack: true,
    }
    this.engine = createBroker<BrokerParty, BrokerParty>(config, Turn.of(clock).now(), hooks)
    if (this.engine.isLimited) keepLimitedParties()
    this.shell = new Shell(this.name, clock, this.engine, () => this.#act())
    this.gauges = new Gauges(this, { meters, onAlarm })
    Object.defineProperty(this.reference, BROKER, { value: this })
  }

  /** The rate and the limits in force. */
  get limiting(): Pick<CheckedBrokerActorOptions, 'rate' | 'limits'> {
    return this.#options
  }

  get isRated(): boolean {
    return this.engine.isRated
  }

  /** A party that does not ask yet. */
  party(facts: PartyFacts, options: CheckedAskOptions, listener: Listener<BrokerMatch>): BrokerParty {
    const now = this.shell.turn.now()
    const party = new Party<BrokerMatch>(facts, listener, now - (facts.age ?? 0))
    applyOptions(party, options, now)
    return party
  }

  /** Lets a new party ask. `listener` is told the result, now or later. */
  ask(kind: AskKind, facts: PartyFacts, options: CheckedAskOptions, listener: Listener<BrokerMatch>): BrokerParty {
    const now = this.shell.turn.now()
    const party = this.party(facts, options, listener)
    const guard = { name: this.name, withdraw: () => this.shell.withdraw(party, null) }
    if (this.stopped) party.fail(new StoppedError(this.name))
    else if (watchSignal(party, options.signal, guard)) this.#tryOffer(kind, party, now)
    return party
  }

  /**
   * Takes a party back that was matched, to be matched again: it waits where its age puts it, keeps the turn of its key, and no
   * bound drops it. Call it instead of `done`.
   *
   * @param party that of the match, as `onGo` was told, or one that never asked
   * @param startedAt when it was matched; null if it was not
   * @param ran whether it was run; if not, rates do not count it
   */
  putBack(party: BrokerParty, startedAt: Nanos | null, ran: boolean): void {
    const now = this.shell.turn.refresh()
    party.returns()
    if (this.stopped) return party.fail(new StoppedError(this.name))
    if (ran && startedAt !== null) this.engine.finished(now - startedAt, now)
    const member = this.engine.putBack(party, now, ran)
    this.#carryOut()
    if (member !== null) this.#deliver(party, member, now)
    else if (party.list !== null) this.shell.watch(party)
    this.#matchMore()
  }

  /** Gives a party that waits, and has no key, another priority: it waits where its age puts it. */
  move(party: BrokerParty, priority: number): void {
    this.engine.move(party, priority, this.shell.turn.refresh())
    this.#act()
  }

  /** Gives a party that waits another deadline. */
  moveDeadline(party: BrokerParty, deadline: Nanos): void {
    this.shell.forget(party)
    party.deadline = deadline
    this.shell.watch(party)
  }

  /** Finds out whether a party would be refused for its key or its cost. @throws {InvalidError} if it would */
  check(party: BrokerParty): void {
    this.engine.check(party)
  }

  /** Removes everything queued with this tag; those parties are told nothing more. */
  cancel(tag: unknown): number {
    const count = this.engine.cancel(tag, this.shell.turn.now())
    this.shell.forgetAll(tag)
    this.#act()
    return count
  }

  /** @throws {OptionsError} if the options are wrong, {StoppedError} if it has stopped; nothing changes then */
  changeConfig(options: BrokerConfig): readonly Change[] {
    if (this.stopped) throw new StoppedError(this.name)
    const before = this.#options
    const checked = parseOptions(brokerActorOptions, options, `options of broker "${this.name}"`)
    const { clock: _clock, onAlarm: _onAlarm, meters, ...config } = checked
    const changes = this.engine.configure(config, this.shell.turn.refresh())
    if (this.engine.isLimited) keepLimitedParties()
    this.#options = { ...checked, clock: before.clock, onAlarm: before.onAlarm }
    this.gauges.configure(meters)
    this.#act()
    return [...changes, ...changesBetween(before.meters, meters, 'meters')]
  }

  protected override receive(message: unknown, sender: Reference): void {
    const ref = sender as unknown as Ref<BrokerAnswer>
    const tag = (message as { tag?: unknown } | null)?.tag
    const send = (answer: BrokerAnswer): void => dispatchFrom(ref, answer, this.reference)
    try {
      const checked = checkMessage(brokerMessage, message, 'broker')
      if (isAsk(checked)) {
        // Nobody would be told the result.
        if (sender.type !== 'nobody')
          this.ask(checked.type, { ref, value: checked.value }, checked, sending<BrokerMatch>(send, tag))
      } else send(this.#control(checked))
    } catch (error) {
      if (!(error instanceof GenPoolError)) throw error
      send({ type: 'failed', tag, error })
    }
  }

  protected override receiveQuery(message: unknown, timeout: number): Promise<unknown> {
    return answerQuery(message, this.system, (given) => this.#query(given, timeout).catch(refused))
  }

  protected override onStopped(): void {
    // The requests leave together: otherwise one could be matched because another has left.
    const waiting = [...this.engine.drain(this.shell.turn.now()), ...this.engine.members]
    for (const party of waiting) this.shell.withdraw(party, null)
    for (const party of waiting) party.fail(new StoppedError(this.name))
    this.shell.close()
    this.gauges.close()
  }

  async #query(message: unknown, timeout: number): Promise<unknown> {
    const limit = checkQueryTimeout(timeout)
    const checked = checkMessage(brokerMessage, message, 'broker')
    if (!isAsk(checked)) return this.#control(checked)
    const options = { ...checked, timeout: Math.min(limit, checked.timeout) }
    return new Promise<BrokerMatch>((resolve, reject) => {
      this.ask(checked.type, { ref: undefined, value: checked.value }, options, {
        onGo: resolve,
        onFailure: (error) => this.shell.refuse(reject, error),
      })
    })
  }

  /** Offers a party. One that cannot be counted, since its key or its cost is wrong, is told so. */
  #tryOffer(kind: AskKind, party: BrokerParty, now: Nanos): void {
    try {
      this.#offer(kind, party, now)
    } catch (error) {
      party.release?.()
      if (isMember(kind) || !(error instanceof GenPoolError)) throw error
      party.fail(error)
    }
  }

  #offer(kind: AskKind, party: BrokerParty, now: Nanos): void {
    const isAsk = !isMember(kind)
    const other = this.#match(kind, party, now)
    if (other === null && kind.startsWith('dynamic')) party.mustWait()
    this.#carryOut()
    if (other !== null) this.#deliver(isAsk ? party : other, isAsk ? other : party, now)
    else if (party.list !== null) this.shell.watch(party)
    this.#matchMore()
  }

  #match(kind: AskKind, party: BrokerParty, now: Nanos): BrokerParty | null {
    switch (kind) {
      case 'ask':
      case 'dynamicAsk':
        return this.engine.ask(party, now)
      case 'askR':
      case 'dynamicAskR':
        return this.engine.askR(party, now)
      case 'nbAsk':
        return this.engine.nbAsk(party, now)
      case 'nbAskR':
        return this.engine.nbAskR(party, now)
    }
  }

  /** Tells both parties; the askR party first. */
  #deliver(ask: BrokerParty, askR: BrokerParty, now: Nanos): void {
    const relative = askR.sentAt - ask.sentAt
    // Under limits, a request may wait while members do.
    if (relative > 0 || (this.engine.isLimited && ask.sentAt < now)) this.shell.departed(now)
    this.shell.forget(ask)
    this.shell.forget(askR)
    const done = once((ran) => this.#done(ask, now, ran))
    this.gauges.matched(relative, now)
    askR.go({ ref: ask.ref, value: ask.value, relativeTime: 0 - relative, sojournTime: now - askR.sentAt, done }, ask)
    ask.go({ ref: askR.ref, value: askR.value, relativeTime: relative, sojournTime: now - ask.sentAt, done }, ask)
  }

  #done(ask: BrokerParty, startedAt: Nanos, ran: boolean): void {
    const now = this.shell.turn.refresh()
    if (ran) this.engine.finished(now - startedAt, now)
    const match = this.engine.release(ask, now, ran)
    this.#carryOut()
    if (match !== null) this.#deliver(match.ask, match.askR, now)
    // After it: what was decided first begins first.
    this.#matchMore()
  }

  #act(): void {
    this.#carryOut()
    this.#matchMore()
  }

  #carryOut(): void {
    const { dropped, droppedR, wakeAt } = this.engine.decision
    this.shell.wakeAt(wakeAt)
    if (dropped.length > 0) this.shell.tellDrops(dropped as never, true)
    if (droppedR.length > 0) this.shell.tellDrops(droppedR as never, false)
  }

  /** Delivers the matches that limits allow now. */
  #matchMore(): void {
    if (!this.engine.mayMatch(this.shell.turn.now())) return
    for (;;) {
      const now = this.shell.turn.now()
      const match = this.engine.match(now)
      this.#carryOut()
      if (match === null) return
      this.#deliver(match.ask, match.askR, now)
    }
  }

  #control(message: ControlMessage): BrokerAnswer {
    switch (message.type) {
      case 'cancel':
        return { type: 'cancelled', tag: message.tag, count: this.cancel(message.tag) }
      case 'length':
        return { type: 'length', length: this.engine.length }
      case 'lengthR':
        return { type: 'lengthR', length: this.engine.lengthR }
      case 'changeConfig':
        return { type: 'changed', changes: this.changeConfig(message.options as BrokerConfig) }
    }
  }
}

function isMember(kind: AskKind): boolean {
  return kind.endsWith('R')
}

function isAsk(message: CheckedBrokerMessage): message is AskMessage {
  return !['cancel', 'length', 'lengthR', 'changeConfig'].includes(message.type)
}
