import assert from 'node:assert/strict'
import { it } from 'node:test'
import { z } from 'zod'
import {
  ask,
  ids,
  nobody,
  nothing,
  offers,
  refusal,
  type Sites,
  studentRole,
  teacherRole,
} from './contract-site.ts'

const enrolled = z.array(
  z.object({
    id: z.int(),
    email: z.string(),
    roles: z.array(z.object({ roleid: z.int(), shortname: z.string() })),
  }),
)

export function enrolments(sites: Sites): void {
  type Enrolment = {
    roleid: number
    userid: number
    courseid: number
    timestart?: number
    timeend?: number
    suspend?: number
  }
  const name = 'enrol_manual_enrol_users'
  const enrol = (...given: Enrolment[]) => ask(sites.get(), name, { enrolments: given }, nothing)
  const refused = (...given: Enrolment[]) => refusal(sites.get(), name, { enrolments: given })
  const student = (change: Partial<Enrolment> = {}): Enrolment => {
    const { learners, courseId } = sites.get()
    return { roleid: studentRole, userid: learners[0].id, courseid: courseId, ...change }
  }
  const unenrol = (change: Partial<Enrolment> = {}) => {
    const { userid, courseid } = student(change)
    return { enrolments: [{ userid, courseid }] }
  }
  const listed = async (options: Record<string, string | number> = {}) => {
    const { courseId } = sites.get()
    const named = Object.entries(options).map(([option, value]) => ({ name: option, value }))
    const parameters = { courseid: courseId, ...(named.length > 0 && { options: named }) }
    return ask(sites.get(), 'core_enrol_get_enrolled_users', parameters, enrolled)
  }
  const coursesOf = async (userid: number) =>
    (await ask(sites.get(), 'core_enrol_get_users_courses', { userid }, ids)).map(({ id }) => id)

  it('enrols again and again, with one enrolment to show for it', async () => {
    const { learners, courseId } = sites.get()
    const ends = Math.floor(Date.now() / 1000) + 86_400
    for (const timeend of [ends, ends + 86_400, 0]) await enrol(student({ timestart: 1, timeend }))
    const found = await listed()
    assert.deepEqual(
      found.map(({ id, email, roles }) => ({ id, email, roles: roles.map(({ roleid }) => roleid) })),
      [{ id: learners[0].id, email: learners[0].email, roles: [studentRole] }],
    )
    assert.deepEqual(await coursesOf(learners[0].id), [courseId])
  })

  it('shows who is suspended, and resumes', async () => {
    const userid = sites.get().learners[0].id
    const count = async (option: string) => (await listed({ [option]: 1 })).length
    await enrol(student({ suspend: 1 }))
    assert.deepEqual(
      [(await listed()).length, await count('onlyactive'), await count('onlysuspended')],
      [1, 0, 1],
    )
    assert.deepEqual(await coursesOf(userid), [])
    await enrol(student({ suspend: 0 }))
    assert.deepEqual([await count('onlyactive'), await count('onlysuspended')], [1, 0])
  })

  it('takes an end that is past: enrolled, and no longer in', async () => {
    await enrol(student({ timestart: 1, timeend: 2 }))
    assert.deepEqual([(await listed()).length, (await listed({ onlyactive: 1 })).length], [1, 0])
    assert.deepEqual(await coursesOf(sites.get().learners[0].id), [])
  })

  it('forgets dates and suspension when it is called without them', async () => {
    await enrol(student({ timestart: 1, timeend: 2, suspend: 1 }))
    await enrol(student())
    assert.equal((await listed({ onlyactive: 1 })).length, 1)
  })

  it('adds a role to those that the learner has', async () => {
    await enrol(student({ roleid: teacherRole }))
    const roles = (await listed())[0]?.roles.map(({ roleid }) => roleid).sort()
    assert.deepEqual(roles, [teacherRole, studentRole])
  })

  it('enrols all of a batch or none', async () => {
    const { learners, courseId } = sites.get()
    const second = student({ userid: learners[1].id })
    assert.equal(await refused(second, student({ courseid: nobody })), 'invalidparameter')
    assert.equal((await listed()).length, 1)
    await enrol(second, student())
    assert.equal((await listed()).length, 2)
    assert.deepEqual(await coursesOf(learners[1].id), [courseId])
  })

  it('narrows and pages the list of people', async () => {
    const { learners } = sites.get()
    const page = { limitfrom: 1, limitnumber: 1, sortby: 'id', userfields: 'id, email, roles' }
    assert.deepEqual(
      (await listed(page)).map(({ id }) => id),
      [Math.max(...learners.map(({ id }) => id))],
    )
  })

  it('tells apart an unknown person, a role that may not be given, and a course without manual enrolment', async () => {
    const unknown = await refused(student({ userid: nobody }))
    // 4.5 looks the person up before it enrols.
    assert.equal(unknown, sites.get().version >= 2024100700 ? 'invaliduser' : 'codingerror')
    assert.equal(await refused(student({ roleid: 9999 })), 'wsusercannotassign')
    assert.equal(await refused(student({ courseid: nobody })), 'invalidparameter')
    assert.equal(await refused(student({ courseid: 1 })), 'wsnoinstance')
  })

  it('ends an enrolment, and again without complaint', async () => {
    const name = 'enrol_manual_unenrol_users'
    for (let time = 0; time < 2; time++) await ask(sites.get(), name, unenrol(), nothing)
    assert.ok(!(await listed()).some(({ id }) => id === sites.get().learners[0].id))
    const unknown = await refusal(sites.get(), name, unenrol({ userid: nobody }))
    assert.ok(['invaliduser', 'invalidparameter'].includes(unknown), unknown)
    assert.equal(await refusal(sites.get(), name, unenrol({ courseid: nobody })), 'invalidrecord')
  })

  it('answers no one for an unknown person and refuses an unknown course', async () => {
    assert.deepEqual(await coursesOf(nobody), [])
    const unknown = { courseid: nobody }
    assert.equal(await refusal(sites.get(), 'core_enrol_get_enrolled_users', unknown), 'invalidrecord')
  })

  it('never lists manual among the enrolment methods', async (t) => {
    const name = 'core_enrol_get_course_enrolment_methods'
    if (!offers(t, sites.get(), name)) return
    const methods = z.array(z.object({ type: z.string() }))
    const found = await ask(sites.get(), name, { courseid: sites.get().courseId }, methods)
    assert.ok(!found.some(({ type }) => type === 'manual'))
    assert.equal(await refusal(sites.get(), name, { courseid: nobody }), 'invalidrecord')
  })
}
