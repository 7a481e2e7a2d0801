import { z } from 'zod'
import { frontPageId, removeCourse } from './courses.ts'
import { type Call, defineFunction } from './define-function.ts'
import { Failure, missingRecord, noPermission } from './failure.ts'
import { flag, int, list, raw, text } from './parameters.ts'
import { type Category, nextId, type State } from './state.ts'

export function addCategory(state: State, fields: Omit<Category, 'id'>): Category {
  const category = { ...fields, id: nextId(state, 'category') }
  state.categories.set(category.id, category)
  return category
}

const path = (state: State, category: Category): string => {
  const parent = state.categories.get(category.parent)
  return `${parent ? path(state, parent) : ''}/${category.id}`
}

function categoryReply(state: State, category: Category) {
  const ids = path(state, category)
  const courses = [...state.courses.values()].filter((course) => course.categoryId === category.id)
  return {
    id: category.id,
    name: category.name,
    idnumber: category.idnumber,
    description: category.description,
    descriptionformat: 1,
    parent: category.parent,
    sortorder: category.id * 10_000,
    coursecount: courses.length,
    visible: category.visible ? 1 : 0,
    visibleold: category.visible ? 1 : 0,
    timemodified: category.modifiedAt,
    depth: ids.split('/').length - 1,
    path: ids,
    theme: '',
  }
}

const criteria: Record<string, (category: Category, value: string) => boolean> = {
  id: (category, value) => category.id === Number(value),
  ids: (category, value) => value.split(',').map(Number).includes(category.id),
  name: (category, value) => category.name === value,
  parent: (category, value) => category.parent === Number(value),
  idnumber: (category, value) => category.idnumber === value,
  visible: (category, value) => category.visible === (value === '1'),
  theme: (_category, value) => value === '',
}

const getCategories = defineFunction({
  parameters: z.strictObject({
    criteria: list(z.strictObject({ key: raw, value: raw })).default([]),
    addsubcategories: flag.default(true),
  }),
  run({ state }, { criteria: wanted, addsubcategories }) {
    const tests = wanted.map(({ key, value }) => {
      const matches = Object.hasOwn(criteria, key) ? criteria[key] : undefined
      if (!matches) {
        throw new Failure('moodle', 'criteriaerror', 'Missing permissions to search on a criteria.')
      }
      return (category: Category) => matches(category, value)
    })
    const all = [...state.categories.values()]
    const found = all.filter((category) => tests.every((test) => test(category)))
    const paths = found.map((category) => `${path(state, category)}/`)
    return all
      .filter((category) =>
        addsubcategories
          ? paths.some((ancestor) => `${path(state, category)}/`.startsWith(ancestor))
          : found.includes(category),
      )
      .map((category) => categoryReply(state, category))
  },
})

const idnumberTaken = () =>
  new Failure('moodle', 'categoryidnumbertaken', 'ID number is already used for another category')

const createCategories = defineFunction({
  parameters: z.strictObject({
    categories: list(
      z.strictObject({
        name: text,
        parent: int.default(0),
        idnumber: raw.optional(),
        description: raw.optional(),
        descriptionformat: int.optional(),
        theme: raw.optional(),
      }),
    ),
  }),
  writes: true,
  run({ state, caller, now }, { categories }) {
    if (caller === 'plain') throw noPermission('Manage categories')
    const idnumbers = new Set([...state.categories.values()].map((category) => category.idnumber))
    for (const { parent, idnumber, name } of categories) {
      if (parent !== 0 && !state.categories.has(parent)) {
        throw new Failure('moodle', 'unknowcategory', 'Category not known!')
      }
      if (name.trim() === '') throw new Failure('moodle', 'categorynamerequired', 'Category name is required')
      if (idnumber && idnumbers.has(idnumber)) throw idnumberTaken()
      if (idnumber) idnumbers.add(idnumber)
    }
    return categories.map(({ name, parent, idnumber = '', description = '' }) => {
      const added = addCategory(state, {
        name,
        parent,
        idnumber,
        description,
        visible: true,
        modifiedAt: now,
      })
      return { id: added.id, name: added.name }
    })
  },
})

const updateCategories = defineFunction({
  parameters: z.strictObject({
    categories: list(
      z.strictObject({
        id: int,
        name: text.optional(),
        idnumber: raw.optional(),
        parent: int.optional(),
        description: raw.optional(),
        descriptionformat: int.optional(),
        theme: raw.optional(),
      }),
    ),
  }),
  writes: true,
  run({ state, caller, now }, { categories }) {
    if (caller === 'plain') throw noPermission('Manage categories')
    const changes = categories.map((change) => {
      const category = state.categories.get(change.id)
      if (!category) throw missingRecord('course_categories')
      if (change.parent && !state.categories.has(change.parent)) throw missingRecord('course_categories')
      for (const other of state.categories.values()) {
        if (change.idnumber && other !== category && other.idnumber === change.idnumber) throw idnumberTaken()
      }
      return { category, change }
    })
    for (const { category, change } of changes) {
      category.name = change.name ?? category.name
      category.idnumber = change.idnumber ?? category.idnumber
      category.parent = change.parent ?? category.parent
      category.description = change.description ?? category.description
      category.modifiedAt = now
    }
    return null
  },
})

function removeCategory(call: Call, category: Category, newParent: number | undefined): void {
  const { state } = call
  for (const course of [...state.courses.values()]) {
    if (course.categoryId !== category.id || course.id === frontPageId) continue
    if (newParent) course.categoryId = newParent
    else removeCourse(state, course.id)
  }
  for (const child of [...state.categories.values()]) {
    if (child.parent !== category.id) continue
    if (newParent) child.parent = newParent
    else removeCategory(call, child, undefined)
  }
  state.categories.delete(category.id)
  state.roles.delete(`coursecat:${category.id}`)
}

const deleteCategories = defineFunction({
  parameters: z.strictObject({
    categories: list(z.strictObject({ id: int, newparent: int.optional(), recursive: flag.default(false) })),
  }),
  writes: true,
  run(call, { categories }) {
    if (call.caller === 'plain') throw noPermission('Manage categories')
    const removed = categories.map(({ id, newparent, recursive }) => {
      const category = call.state.categories.get(id)
      if (!category) throw new Failure('moodle', 'unknowcategory', 'Category not known!')
      const parent = recursive ? undefined : (newparent ?? category.parent)
      if (parent === 0 || (parent !== undefined && !call.state.categories.has(parent))) {
        throw new Failure(
          'moodle',
          'youcannotdeletecategory',
          `You cannot delete category '${category.name}'`,
        )
      }
      return { category, parent }
    })
    for (const { category, parent } of removed) removeCategory(call, category, parent)
    return null
  },
})

export const categoryFunctions = {
  core_course_get_categories: getCategories,
  core_course_create_categories: createCategories,
  core_course_update_categories: updateCategories,
  core_course_delete_categories: deleteCategories,
}
