import { run } from '../../src/command/process'

// The command from the sources, as a process.
run()
