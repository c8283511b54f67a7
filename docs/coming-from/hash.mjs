import { pbkdf2Sync } from 'node:crypto'

export default ({ password }) => pbkdf2Sync(password, 'salt', 1000, 16, 'sha256').toString('hex')
