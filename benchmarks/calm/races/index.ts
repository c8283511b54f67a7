import type { Race } from '../race'
import { againstNact, againstPeers } from './against-peers'
import { collections } from './collections'
import { journalRaces } from './journal'
import { limits } from './limits'
import { million } from './million'
import { recipes } from './recipes'
import { variants } from './variants'

/** All races, in the same order in parent and child: a child gets their indices. */
export const races: readonly Race[] = [
  ...againstPeers,
  ...againstNact,
  ...collections,
  ...variants,
  ...limits,
  ...recipes,
  ...million,
  ...journalRaces(),
]
