'use strict'
/*
 * Installs the workspace's dependencies through the pinned pnpm, if they are not there yet.
 * `npm start` and `npm test` call it first, so a machine needs Node and npm and nothing else.
 */
const { existsSync, readFileSync } = require('node:fs')
const { join } = require('node:path')
const { spawnSync } = require('node:child_process')

const root = join(__dirname, '..')
const read = (...parts) => {
  const file = join(root, ...parts)
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

// pnpm leaves a copy of the lockfile that it installed; equal copies mean there is nothing to do.
if (read('node_modules', '.pnpm', 'lock.yaml') !== read('pnpm-lock.yaml')) {
  const { packageManager } = JSON.parse(read('package.json'))
  console.log(`Installing dependencies with ${packageManager} (the first run only) ...`)
  const { status } = spawnSync('npx', ['--yes', packageManager, 'install', '--frozen-lockfile'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (status !== 0) {
    console.error('The installation failed; its own message is above. Is the npm registry reachable?')
    process.exit(status ?? 1)
  }
}
