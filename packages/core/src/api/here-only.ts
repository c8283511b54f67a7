import { OptionsError } from '@genpool/runtime'

/** For each public function that needs a pool of this process: why, and what to do instead. */
const REASONS: Readonly<Record<string, readonly [why: string, instead: string]>> = {
  broadcast: [
    'its members are in other processes',
    'Send a cast, which one member handles, or broadcast where the pool runs',
  ],
  getState: ['its state is in other processes', 'Ask for what you need with a call'],
  getMembers: [
    'its members are in other processes',
    'Use inspect(pool), which knows how much work it has, or getMembers where it runs',
  ],
  getWaiting: [
    'its messages wait in other processes',
    'Use inspect(pool), which knows how many wait, or getWaiting where it runs',
  ],
  watchDeadLetters: [
    'its messages are lost in other processes',
    'Watch where it runs, or use call, whose promise tells what became of a message',
  ],
  load: ['its load is measured in other processes', 'Use inspect(pool), or load where it runs'],
  resize: ['it is as large as the pools in other processes are', 'Resize those, or start more of them'],
  pause: ['it works in other processes, and for other callers, too', 'Pause it where it runs, or send nothing'],
  resume: ['it works in other processes, and for other callers, too', 'Resume it where it runs'],
  relearn: ['its limit is learnt in other processes', 'Relearn where it runs'],
  onEvent: [
    'events are told in the process in which they happen',
    'Listen where it runs. Leave "pool" out for the events of all pools of this process',
  ],
}

/** The error for a pool that runs elsewhere, given to a function that needs one of this process. */
export function notHere(caller: string, pool: string): OptionsError {
  const [why, instead] = REASONS[caller] ?? ['it needs a pool of this process', 'Use it where the pool runs']
  const message = `pool "${pool}" runs elsewhere: ${why}`
  return new OptionsError(`${caller} does not work here: ${message}. ${instead}.`, [{ path: ['pool'], message }])
}
