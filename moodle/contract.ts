import { after, before, describe } from 'node:test'
import { cohorts } from './contract/cohorts.ts'
import { type ContractSite, openSite, type Sites, type Target } from './contract/contract-site.ts'
import { courses } from './contract/courses.ts'
import { enrolments } from './contract/enrolments.ts'
import { groups } from './contract/groups.ts'
import { people } from './contract/people.ts'
import { quizzes } from './contract/quizzes.ts'
import { rolesAndMessages } from './contract/roles-and-messages.ts'
import { transport } from './contract/transport.ts'

/**
 * What the shop relies on in Moodle's web services, checked call by call over plain HTTP: what a call answers, what it
 * answers the second time, and how it refuses. Runs against the sandbox and against a real Moodle alike.
 */
export function contract(target: Target): void {
  describe(`${target.name} keeps the contract`, () => {
    let site: ContractSite
    let close: () => Promise<void>

    before(async () => {
      const started = await target.start()
      close = started.close
      site = await openSite(started)
    })
    after(async () => {
      await site?.clean()
      await close?.()
      for (const leftover of site?.leftovers ?? []) target.left?.(leftover)
    })

    const sites: Sites = { get: () => site }
    describe('transport', () => transport(sites))
    describe('people', () => people(sites))
    describe('courses', () => courses(sites))
    describe('enrolments', () => enrolments(sites))
    describe('groups', () => groups(sites))
    describe('cohorts', () => cohorts(sites))
    describe('roles, messages and notes', () => rolesAndMessages(sites))
    describe('quizzes', () => quizzes(sites))
  })
}
