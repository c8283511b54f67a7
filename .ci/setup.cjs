'use strict'
/*
 * Installs the workspace's dependencies through the pinned pnpm, if they are not there or are damaged.
 * `npm start`, `npm test` and the rest call it first, so a machine needs Node and npm and nothing else.
 * It needs no dependency itself, and takes a few milliseconds when there is nothing to do.
 */
const { existsSync, readFileSync, readdirSync, rmSync } = require('node:fs')
const { join } = require('node:path')
const { spawnSync } = require('node:child_process')

const root = join(__dirname, '..')
const { engines, packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

const read = (...parts) => {
  const file = join(root, ...parts)
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

/** The folders that have a manifest and a node_modules of their own. */
const projects = () => [root, ...readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name))]

/** The direct dependencies of a project that cannot be reached: missing, or a link to nowhere. */
const missingIn = (project) => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))
  return Object.keys({ ...dependencies, ...devDependencies }).filter(
    (name) => !existsSync(join(project, 'node_modules', name, 'package.json')),
  )
}

/** pnpm leaves a copy of the lockfile that it installed, as its last step; equal copies mean that it got there. */
const upToDate = () => read('node_modules', '.pnpm', 'lock.yaml') === read('pnpm-lock.yaml')
const complete = () => projects().every((project) => missingIn(project).length === 0)

function install() {
  const { status } = spawnSync('npx', ['--yes', packageManager, 'install', '--frozen-lockfile'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
    env: {
      // An unreachable registry is reported in seconds, not after minutes of silent retries.
      npm_config_fetch_retry_mintimeout: '500',
      npm_config_fetch_retry_maxtimeout: '5000',
      npm_config_fetch_retries: '3',
      // There is nobody to answer when pnpm wants to replace a node_modules that another tool has made.
      npm_config_confirm_modules_purge: 'false',
      npm_config_update_notifier: 'false',
      ...process.env,
    },
  })
  if (status === 0) return
  console.error(
    `\nThe dependencies could not be installed (${packageManager}; its own message is above).\n` +
      'Is the npm registry reachable from here? Nothing else is needed; run the same command again.',
  )
  process.exit(1)
}

function checkNode() {
  const wanted = engines.node.replace('>=', '').split('.').map(Number)
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > wanted[0] || (major === wanted[0] && minor >= wanted[1])) return
  console.error(`GenPool needs Node ${engines.node}; this is Node ${process.versions.node}.`)
  process.exit(1)
}

function main() {
  checkNode()
  if (upToDate() && complete()) return
  console.log(`Installing the dependencies with ${packageManager} ...`)
  // Without this copy pnpm looks at everything again, instead of trusting what it believes to be there.
  rmSync(join(root, 'node_modules', '.pnpm', 'lock.yaml'), { force: true })
  install()
  if (complete()) return
  console.log('Something is still missing in node_modules; installing from nothing ...')
  for (const project of projects()) rmSync(join(project, 'node_modules'), { recursive: true, force: true })
  install()
}

main()
