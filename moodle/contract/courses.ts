import assert from 'node:assert/strict'
import { it } from 'node:test'
import { z } from 'zod'
import {
  ask,
  createCourse,
  ids,
  nobody,
  noWarnings,
  offers,
  oneWarning,
  refusal,
  type Sites,
  send,
} from './contract-site.ts'

const foundCourses = z.object({
  courses: z.array(
    z.object({
      id: z.int(),
      shortname: z.string(),
      fullname: z.string(),
      categoryid: z.int(),
      visible: z.union([z.literal(0), z.literal(1)]),
      startdate: z.int(),
      enddate: z.int(),
      enrollmentmethods: z.array(z.string()),
    }),
  ),
})

export function courses(sites: Sites): void {
  const byField = async (field: string, value: string | number) =>
    (await ask(sites.get(), 'core_course_get_courses_by_field', { field, value }, foundCourses)).courses

  it('finds a course by id, short name and idnumber, and tells its enrolment methods', async () => {
    const { prefix, courseId } = sites.get()
    for (const found of [
      await byField('id', courseId),
      await byField('shortname', `${prefix}-a`),
      await byField('idnumber', `${prefix}-id-a`),
    ]) {
      assert.deepEqual(
        found.map(({ id }) => id),
        [courseId],
      )
      assert.ok(found[0]?.enrollmentmethods.includes('manual'))
    }
    assert.deepEqual(await byField('shortname', `${prefix}-none`), [])
    const wrong = { field: 'zzz', value: 1 }
    assert.equal(await refusal(sites.get(), 'core_course_get_courses_by_field', wrong), 'invalidparameter')
  })

  it('gives courses by their ids, and none for an unknown id', async (t) => {
    if (!offers(t, sites.get(), 'core_course_get_courses')) return
    const byIds = (id: number) => ask(sites.get(), 'core_course_get_courses', { options: { ids: [id] } }, ids)
    assert.deepEqual(
      (await byIds(sites.get().courseId)).map(({ id }) => id),
      [sites.get().courseId],
    )
    assert.deepEqual(await byIds(nobody), [])
  })

  it('searches courses by their text', async (t) => {
    if (!offers(t, sites.get(), 'core_course_search_courses')) return
    const search = { criterianame: 'search', criteriavalue: `${sites.get().prefix}-a` }
    const found = await ask(
      sites.get(),
      'core_course_search_courses',
      search,
      z.object({ total: z.int(), courses: ids }),
    )
    assert.ok(found.courses.some(({ id }) => id === sites.get().courseId))
  })

  it('lists the sections of a course', async (t) => {
    if (!offers(t, sites.get(), 'core_course_get_contents')) return
    const sections = z.array(z.object({ name: z.string(), modules: z.array(z.object({ name: z.string() })) }))
    const { courseId } = sites.get()
    assert.ok(
      (await ask(sites.get(), 'core_course_get_contents', { courseid: courseId }, sections)).length > 0,
    )
  })

  it('finds a category by idnumber; the idnumber is unique, the name is not', async () => {
    const { prefix, categoryId } = sites.get()
    const category = z.array(
      z.object({ id: z.int(), name: z.string(), parent: z.int(), path: z.string(), coursecount: z.int() }),
    )
    const criteria = [{ key: 'idnumber', value: prefix }]
    const [found] = await ask(
      sites.get(),
      'core_course_get_categories',
      { criteria, addsubcategories: 0 },
      category,
    )
    assert.equal(found?.id, categoryId)
    const create = (fields: Record<string, string | number>) => ({
      categories: [{ name: 'Contract', parent: categoryId, ...fields }],
    })
    const name = 'core_course_create_categories'
    assert.equal(await refusal(sites.get(), name, create({ idnumber: prefix })), 'categoryidnumbertaken')
    assert.equal(await refusal(sites.get(), name, create({ parent: nobody })), 'unknowcategory')
    const [first] = await ask(sites.get(), name, create({}), ids)
    const [second] = await ask(sites.get(), name, create({}), ids)
    assert.notEqual(first?.id, second?.id)
  })

  it('refuses a course whose names are taken, and creates all of a batch or none', async () => {
    const { prefix, categoryId } = sites.get()
    const course = { fullname: 'Contract', shortname: `${prefix}-c`, categoryid: categoryId }
    const taken = { ...course, shortname: `${prefix}-a` }
    const refused = async (...given: Record<string, string | number>[]) =>
      refusal(sites.get(), 'core_course_create_courses', { courses: given })
    assert.equal(await refused(taken), 'shortnametaken')
    assert.equal(await refused({ ...course, idnumber: `${prefix}-id-a` }), 'courseidnumbertaken')
    assert.equal(await refused({ ...course, categoryid: nobody }), 'errorcatcontextnotvalid')
    assert.equal(
      await refused({ ...course, startdate: 1767222000, enddate: 1767000000 }),
      'enddatebeforestartdate',
    )
    assert.equal(await refused(course, taken), 'shortnametaken')
    assert.deepEqual(await byField('shortname', course.shortname), [])
  })

  it('hides and shows a course, and tells the faults of an update as warnings', async (t) => {
    const { prefix, otherCourseId } = sites.get()
    if (!offers(t, sites.get(), 'core_course_update_courses')) return
    const update = (change: Record<string, string | number>) =>
      send(sites.get(), 'core_course_update_courses', { courses: [change] })
    for (const visible of [0, 1]) {
      noWarnings.parse(await update({ id: otherCourseId, visible }))
      assert.equal((await byField('id', otherCourseId))[0]?.visible, visible)
    }
    const codes = [
      await update({ id: otherCourseId, shortname: `${prefix}-a` }),
      await update({ id: nobody, fullname: 'x' }),
    ].map((answer) => oneWarning.parse(answer).warnings[0].warningcode)
    assert.deepEqual(codes, ['shortnametaken', 'invalidrecord'])
  })

  it('copies a course once under one short name', async (t) => {
    const { prefix, courseId, categoryId } = sites.get()
    if (!offers(t, sites.get(), 'core_course_duplicate_course')) return
    const copy = {
      courseid: courseId,
      fullname: 'Copy',
      shortname: `${prefix}-copy`,
      categoryid: categoryId,
      visible: 1,
    }
    const name = 'core_course_duplicate_course'
    const first = await send(sites.get(), name, copy)
    const denied = z.object({ errorcode: z.literal('nopermissions') }).safeParse(first)
    if (denied.success) return t.skip('the token may not copy courses')
    assert.equal(z.object({ id: z.int(), shortname: z.string() }).parse(first).shortname, copy.shortname)
    assert.equal((await byField('shortname', copy.shortname))[0]?.enrollmentmethods.includes('manual'), true)
    assert.equal(await refusal(sites.get(), name, copy), 'shortnametaken')
    const next = { ...copy, shortname: `${prefix}-copy2` }
    assert.equal(await refusal(sites.get(), name, { ...next, courseid: nobody }), 'invalidcourseid')
    assert.equal(await refusal(sites.get(), name, { ...next, categoryid: nobody }), 'invalidrecord')
    const options = [{ name: 'zzz', value: 1 }]
    assert.equal(await refusal(sites.get(), name, { ...next, options }), 'invalidextparam')
  })

  it('deletes a course, and warns the second time', async () => {
    const id = await createCourse(sites.get(), 'gone')
    const remove = () => send(sites.get(), 'core_course_delete_courses', { courseids: [id] })
    noWarnings.parse(await remove())
    assert.equal(oneWarning.parse(await remove()).warnings[0].warningcode, 'unknowncourseidnumber')
  })
}
