import assert from 'node:assert/strict'
import { it } from 'node:test'
import { z } from 'zod'
import { ask, ids, nobody, nothing, offers, refusal, type Sites, studentRole } from './contract-site.ts'

export function groups(sites: Sites): void {
  const create = (fields: Record<string, string | number>) => ({
    groups: [{ courseid: sites.get().courseId, description: '', ...fields }],
  })

  it('creates a group once under a name, and needs a description', async (t) => {
    const name = 'core_group_create_groups'
    if (!offers(t, sites.get(), name, 'core_group_get_course_groups')) return
    const { courseId } = sites.get()
    const idnumber = `${sites.get().prefix}-g`
    const [made] = await ask(sites.get(), name, create({ name: 'Group', idnumber }), ids)
    assert.equal(await refusal(sites.get(), name, create({ name: 'Group' })), 'invalidparameter')
    assert.equal(await refusal(sites.get(), name, create({ name: 'Other', idnumber })), 'idnumbertaken')
    assert.equal(await refusal(sites.get(), name, create({ name: '' })), 'invalidparameter')
    const bare = { groups: [{ courseid: courseId, name: 'Bare' }] }
    assert.equal(await refusal(sites.get(), name, bare), 'invalidparameter')
    const lost = create({ name: 'Lost', courseid: nobody })
    assert.equal(await refusal(sites.get(), name, lost), 'errorcoursecontextnotvalid')
    const shown = z.array(
      z.object({ id: z.int(), name: z.string(), courseid: z.int(), idnumber: z.string() }),
    )
    const found = await ask(sites.get(), 'core_group_get_course_groups', { courseid: courseId }, shown)
    assert.deepEqual(found, [{ id: made?.id, name: 'Group', courseid: courseId, idnumber }])
  })

  it('adds and removes members, repeatedly, among the enrolled only', async (t) => {
    const add = 'core_group_add_group_members'
    const remove = 'core_group_delete_group_members'
    if (!offers(t, sites.get(), add, remove, 'core_group_get_group_members')) return
    const { learners, courseId } = sites.get()
    const [first] = await ask(sites.get(), 'core_group_create_groups', create({ name: 'Members' }), ids)
    const groupid = first?.id ?? 0
    const member = (userid: number) => ({ members: [{ groupid, userid }] })
    const listed = async () =>
      ask(
        sites.get(),
        'core_group_get_group_members',
        { groupids: [groupid] },
        z.array(z.object({ groupid: z.int(), userids: z.array(z.int()) })),
      )
    await ask(sites.get(), 'enrol_manual_unenrol_users', unenrolment(learners[1].id, courseId), nothing)
    assert.equal(await refusal(sites.get(), add, member(learners[1].id)), 'invalidparameter')
    const enrolment = { roleid: studentRole, userid: learners[0].id, courseid: courseId }
    await ask(sites.get(), 'enrol_manual_enrol_users', { enrolments: [enrolment] }, nothing)
    for (let time = 0; time < 2; time++) await ask(sites.get(), add, member(learners[0].id), nothing)
    assert.deepEqual(await listed(), [{ groupid, userids: [learners[0].id] }])
    for (let time = 0; time < 2; time++) await ask(sites.get(), remove, member(learners[0].id), nothing)
    assert.deepEqual(await listed(), [{ groupid, userids: [] }])
    assert.equal(await refusal(sites.get(), add, member(nobody)), 'invaliduser')
    const lost = { members: [{ groupid: nobody, userid: learners[0].id }] }
    assert.equal(await refusal(sites.get(), add, lost), 'invalidrecord')
  })

  it('deletes a group, and again without complaint', async (t) => {
    if (!offers(t, sites.get(), 'core_group_delete_groups')) return
    const [made] = await ask(sites.get(), 'core_group_create_groups', create({ name: 'Gone' }), ids)
    for (let time = 0; time < 2; time++) {
      await ask(sites.get(), 'core_group_delete_groups', { groupids: [made?.id ?? 0] }, nothing)
    }
  })
}

const unenrolment = (userid: number, courseid: number) => ({ enrolments: [{ userid, courseid }] })
