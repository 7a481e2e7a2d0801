import assert from 'node:assert/strict'
import { it } from 'node:test'
import { z } from 'zod'
import {
  ask,
  ids,
  nobody,
  nothing,
  noWarnings,
  offers,
  oneWarning,
  refusal,
  type Sites,
  send,
} from './contract-site.ts'

export function cohorts(sites: Sites): void {
  const cohort = () => ({
    categorytype: { type: 'system', value: '' },
    name: `Contract ${sites.get().prefix}`,
    idnumber: sites.get().prefix,
  })
  let cohortId = 0

  it('creates a cohort once under an idnumber, and finds it', async (t) => {
    const name = 'core_cohort_create_cohorts'
    if (!offers(t, sites.get(), name, 'core_cohort_search_cohorts', 'core_cohort_get_cohorts')) return
    const [made] = await ask(sites.get(), name, { cohorts: [cohort()] }, ids)
    cohortId = made?.id ?? 0
    assert.equal(await refusal(sites.get(), name, { cohorts: [cohort()] }), 'invalidparameter')
    const search = { query: sites.get().prefix, context: { contextlevel: 'system', instanceid: 0 } }
    const shown = z.object({
      cohorts: z.array(z.object({ id: z.int(), name: z.string(), idnumber: z.string() })),
    })
    const found = await ask(sites.get(), 'core_cohort_search_cohorts', search, shown)
    const { name: fullname, idnumber } = cohort()
    assert.deepEqual(found, { cohorts: [{ id: cohortId, name: fullname, idnumber }] })
    assert.equal(
      (await ask(sites.get(), 'core_cohort_get_cohorts', { cohortids: [cohortId] }, ids))[0]?.id,
      cohortId,
    )
  })

  it('adds members, and warns of one who is there and of what it does not know', async (t) => {
    if (!offers(t, sites.get(), 'core_cohort_add_cohort_members', 'core_cohort_get_cohort_members')) return
    const [learner] = sites.get().learners
    const add = async (cohorttype: [string, string | number], usertype: [string, string | number]) => {
      const [[cohortKey, cohortValue], [userKey, userValue]] = [cohorttype, usertype]
      const member = {
        cohorttype: { type: cohortKey, value: cohortValue },
        usertype: { type: userKey, value: userValue },
      }
      return send(sites.get(), 'core_cohort_add_cohort_members', { members: [member] })
    }
    noWarnings.parse(await add(['idnumber', sites.get().prefix], ['username', learner.username]))
    const codes = [
      await add(['id', cohortId], ['id', learner.id]),
      await add(['id', cohortId], ['id', nobody]),
      await add(['id', nobody], ['id', learner.id]),
    ].map((answer) => oneWarning.parse(answer).warnings[0].warningcode)
    assert.deepEqual(codes, ['3', '2', '2'])
    const members = z.array(z.object({ cohortid: z.int(), userids: z.array(z.int()) }))
    assert.deepEqual(
      await ask(sites.get(), 'core_cohort_get_cohort_members', { cohortids: [cohortId] }, members),
      [{ cohortid: cohortId, userids: [learner.id] }],
    )
  })

  it('removes a member, and again without complaint, but no unknown person', async (t) => {
    const name = 'core_cohort_delete_cohort_members'
    if (!offers(t, sites.get(), name)) return
    const member = (userid: number) => ({ members: [{ cohortid: cohortId, userid }] })
    for (let time = 0; time < 2; time++) {
      await ask(sites.get(), name, member(sites.get().learners[0].id), nothing)
    }
    assert.equal(await refusal(sites.get(), name, member(nobody)), 'invaliduser')
  })
}
