'use strict'
/*
 * Installs the workspace's dependencies with the pinned pnpm, if they are missing or damaged.
 * `npm start`, `npm test` and other commands call it first, so a machine needs only Node and npm.
 * It has no dependency itself, and takes a few milliseconds when there is nothing to do.
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

/** The folders that have their own manifest and node_modules. */
const projects = () => [root, ...readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name))]

/** The direct dependencies of a project that are missing, or links to nowhere. */
const missingIn = (project) => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))
  return Object.keys({ ...dependencies, ...devDependencies }).filter(
    (name) => !existsSync(join(project, 'node_modules', name, 'package.json')),
  )
}

/** As its last step, pnpm copies the lockfile that it has installed. So equal copies mean that the install finished. */
const upToDate = () => read('node_modules', '.pnpm', 'lock.yaml') === read('pnpm-lock.yaml')
const complete = () => projects().every((project) => missingIn(project).length === 0)

function install() {
  const { status } = spawnSync('npx', ['--yes', packageManager, 'install', '--frozen-lockfile'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
    env: {
      // Reports an unreachable registry in seconds, not after minutes of silent retries.
      npm_config_fetch_retry_mintimeout: '500',
      npm_config_fetch_retry_maxtimeout: '5000',
      npm_config_fetch_retries: '3',
      // pnpm must not ask before it replaces a node_modules that another tool has made: there may be no terminal.
      npm_config_confirm_modules_purge: 'false',
      npm_config_update_notifier: 'false',
      ...process.env,
    },
  })
  if (status === 0) return
  console.error(
    `\nThe dependencies could not be installed (${packageManager}; its own message is above).\n` +
      'Check that this machine can reach the npm registry, then run the same command again.',
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
  // Without this copy, pnpm checks everything again, instead of trusting its own records.
  rmSync(join(root, 'node_modules', '.pnpm', 'lock.yaml'), { force: true })
  install()
  if (complete()) return
  console.log('Something is still missing in node_modules; installing everything again ...')
  for (const project of projects()) rmSync(join(project, 'node_modules'), { recursive: true, force: true })
  install()
}

main()
