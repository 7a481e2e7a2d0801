import assert from 'node:assert/strict'
import { contract } from './contract.ts'
import { startSandbox } from './sandbox/sandbox.ts'

for (const release of ['4.1', '4.5'] as const) {
  contract({ name: `the sandbox as Moodle ${release}`, start: () => startSandbox({ release }) })
}

// The administrator may delete people too, so nothing may be left.
contract({
  name: 'the sandbox, asked by its administrator,',
  async start() {
    const sandbox = await startSandbox({ tokens: { administrator: 'admin' } })
    return { ...sandbox, token: 'administrator' }
  },
  left: assert.fail,
})
