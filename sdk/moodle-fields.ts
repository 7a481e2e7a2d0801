import { z } from 'zod'
import type { Text } from './text.ts'

type Options = { help?: Text; pickerOf?: string }

/** A course of the site, by its id: a picker fed by the live site. */
export const moodleCourse = (label: Text, options: Options = {}) =>
  z
    .int()
    .positive()
    .meta({ label, picker: 'course', ...options })

/** A category of courses, by its id. */
export const moodleCategory = (label: Text, options: Options = {}) =>
  z
    .int()
    .positive()
    .meta({ label, picker: 'category', ...options })

/**
 * A role, by its short name or its id: no web service lists the roles, so the picker offers the standard ones and
 * those in use, and takes what the operator types.
 */
export const moodleRole = (label: Text, options: Options = {}) =>
  z
    .string()
    .regex(/^([a-z][a-z0-9_-]*|[1-9][0-9]*)$/)
    .meta({ label, picker: 'role', ...options })

/** A cohort, by its id. */
export const moodleCohort = (label: Text, options: Options = {}) =>
  z
    .int()
    .positive()
    .meta({ label, picker: 'cohort', ...options })

/** A group of the course that the field `pickerOf` names, by its id. */
export const moodleGroup = (label: Text, options: Options = {}) =>
  z
    .int()
    .positive()
    .meta({ label, picker: 'group', ...options })
