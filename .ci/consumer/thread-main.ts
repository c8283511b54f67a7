// Run by ts-node and by tsx.
import { addTwice } from './thread-user'

void addTwice().then((sum) => {
  if (sum !== 10) throw new Error(`got ${sum}`)
  console.log('threads in typescript ok')
})
