/*
 * A broker matches actors: customers ask for a waiter, waiters ask for customers. Either side may come first. When too
 * many customers come, some are dropped at once. Then the options of the queue change while customers wait.
 *
 *     node -r ts-node/register examples/broker.ts
 */
import { dispatch, type Ref, spawn, start, stop } from 'nact'
import {
  ask,
  askR,
  asyncAsk,
  type BrokerAnswer,
  changeConfig,
  DroppedError,
  length,
  spawnBroker,
} from '@genpool/broker'

async function main(): Promise<void> {
  const system = start()
  const door = spawnBroker<string, string>(system, { client: { type: 'drop', max: 2 } }, 'door')

  console.log('Two actors meet:')
  await meet(system, door)

  console.log('\nTwo may wait, the third is dropped at once:')
  const [ann, bob] = [asyncAsk(door, 'Ann'), asyncAsk(door, 'Bob')]
  await ask(door, 'Cem').catch((error: unknown) => {
    if (error instanceof DroppedError) console.log(`  Cem: ${error.message}`)
  })

  console.log('\nThe queue changes while they wait:')
  const changes = changeConfig(door, { client: { type: 'codel', order: 'lifo', target: 50, interval: 500, max: 100 } })
  for (const { path, from, to } of changes) console.log(`  ${path}: ${String(from)} -> ${String(to)}`)
  console.log(`  ${length(door)} still wait.`)
  const first = await askR(door, 'Wes')
  const second = await askR(door, 'Wes')
  console.log(`  Wes serves ${first.value}, who came last, and then ${second.value}.`)
  console.log(`  Ann was served by ${(await ann.match).value}, and Bob by ${(await bob.match).value}.`)
  stop(system)
}

/** A waiter offers its work, and a customer asks for it. Each learns who the other is. */
function meet(system: Ref<never>, door: Ref<never>): Promise<void> {
  return new Promise((resolve) => {
    let left = 2
    const party = (name: string, other: string): Ref<BrokerAnswer> =>
      spawn(
        system as never,
        (_state: undefined, answer: BrokerAnswer) => {
          if (answer.type === 'go') console.log(`  ${name} meets ${other} "${String(answer.value)}"`)
          if (--left === 0) resolve()
        },
        name,
      ) as Ref<BrokerAnswer>
    const waiter = party('waiter', 'the customer')
    const customer = party('customer', 'the waiter')
    tell(door, { type: 'askR', value: 'Wes' }, waiter)
    tell(door, { type: 'ask', value: 'Zoe' }, customer)
  })
}

/** nact's `dispatch` also takes the sender, but its types do not say so. */
const tell = dispatch as unknown as (to: Ref<never>, message: unknown, from: Ref<never>) => void

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
