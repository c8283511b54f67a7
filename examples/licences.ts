/*
 * Which licences does this project depend on? A pool of 8 reads the manifest of every installed package. Its members
 * add up what they find in one central state. Then a plain loop does the same work, and both totals must agree.
 *
 *     npm start                  surveys the packages of this workspace
 *     npm start -- <folder>      surveys the packages in a folder and below it
 */
import { realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { packagesIn } from './licences/packages'
import { progress } from './licences/progress'
import { report } from './licences/report'
import { surveyInALoop, surveyWithPool } from './licences/survey'
import { sameTally } from './licences/tally'

async function main(folder: string): Promise<boolean> {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    console.error(`There is no folder "${folder}".`)
    return false
  }
  const root = realpathSync(folder)
  const folders = await packagesIn(root)
  if (folders.length === 0) {
    console.log(`There is nothing to survey: no node_modules with packages in "${folder}".`)
    return true
  }
  console.log(`${folders.length} packages in ${root}, read by a pool of 8 with one central state:`)

  const shown = progress(folders.length, process.stdout)
  const begun = performance.now()
  const survey = await surveyWithPool(folders, () => shown.step())
  const seconds = (performance.now() - begun) / 1000
  shown.end()
  console.log(report(root, survey))
  console.log(`${folders.length} packages in ${seconds.toFixed(2)} s`)

  const agree = sameTally(survey.tally, await surveyInALoop(folders))
  console.log(agree ? 'The totals of pool and loop agree.' : 'The totals of pool and loop DIFFER: updates were lost.')
  return agree
}

const folder = process.argv[2] ?? join(__dirname, '..', 'node_modules')
main(folder).then(
  (ok) => {
    process.exitCode = ok ? 0 : 1
  },
  (error: unknown) => {
    console.error(error)
    process.exitCode = 1
  },
)
