'use strict'
/*
 * The tests of the dashboard read its page in Chromium. Installs Debian's package where there is none and that is possible;
 * otherwise says in one line what to do: the tests that need it then fail, and say the same.
 */
const { existsSync } = require('node:fs')
const { spawnSync } = require('node:child_process')

/** Also in packages/dashboard/test/browser/chromium.ts. */
const PLACES = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]
const found = () => PLACES.some((place) => place !== undefined && existsSync(place))

function apt(...args) {
  return spawnSync('apt-get', ['-y', '-qq', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
}

function main() {
  if (found()) return
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.log("Installing Debian's chromium for the tests of the dashboard ...")
    apt('update')
    apt('install', '--no-install-recommends', 'chromium', 'fonts-dejavu-core')
  }
  if (found()) return
  // The other tests need none, so this is no failure. Those that need it say the same.
  console.error(
    'The tests of the dashboard need Chromium: run `apt-get install -y chromium` as root, or set CHROMIUM to its path.',
  )
}

main()
