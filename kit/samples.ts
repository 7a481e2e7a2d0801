import { stat } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import type { Registered } from '../production/registry.ts'
import { elementsOf } from '../sdk/form.ts'
import type { Handler, Moodle } from '../sdk/index.ts'
import { sampleAnswers } from '../shop/sample-answers.ts'
import { StartupError } from '../startup-error.ts'

/**
 * Sample parameters of a handler, in the `samples.ts` of its folder: the default export is one of these, or a list.
 * What is left out is made up from the handler's schemas, where it can be.
 */
export type Samples<H extends { internal: z.ZodObject; external: z.ZodObject } = Handler> = {
  /** Tells these samples from the handler's others. */
  name?: string
  /** On the sandbox's site. A function is given the address of `service`. */
  internal?: Partial<z.input<H['internal']>> | ((service: string) => Partial<z.input<H['internal']>>)
  /**
   * The answers for the n-th unit, from 1. A list is gone through again and again, with other e-mail addresses. A
   * function is given the references of what was sold `before`.
   */
  external?: z.input<H['external']>[] | ((n: number, before: string[]) => z.input<H['external']>)
  /** What the customer has already. */
  before?: Before
  /** The actions without which another makes no sense, by its name: `{ takeBack: ['give'] }`. */
  actsBefore?: Record<string, string[]>
  /** The answers of after-sale actions, by name. A function gives those for the n-th product, from 1. */
  actions?: Record<string, Record<string, unknown> | ((n: number) => Record<string, unknown>)>
  /** Stands in for a service outside Moodle that the handler calls: each run has a new one. */
  service?: () => Service
}

/** An order of a shipped handler that was delivered before: its parameters, and the answers for each unit. */
export type Before = {
  handler: string
  internal: Record<string, unknown>
  external: Record<string, unknown>[]
}

/** A stand-in for a service outside Moodle. */
export type Service = {
  answer: (request: Request) => Response | Promise<Response>
  /** What the service holds at the end, to compare: plain values, without what differs from run to run. */
  state: () => unknown
}

/** Samples that are complete. */
export type Case = {
  name: string
  internal: (moodle: Moodle, service: string) => Promise<Record<string, unknown>>
  external: (n: number, before: string[]) => Record<string, unknown>
  before: Before | undefined
  /** The actions that come before one, in this order. */
  actsBefore: (name: string) => string[]
  action: (name: string, n: number) => Record<string, unknown>
  service: (() => Service) | undefined
}

const answers = z.record(z.string(), z.unknown())
const samples = z.strictObject({
  name: z.string().optional(),
  internal: z.union([answers, z.custom<(service: string) => Record<string, unknown>>(isFunction)]).optional(),
  external: z
    .union([
      z.array(answers).min(1),
      z.custom<(n: number, before: string[]) => Record<string, unknown>>(isFunction),
    ])
    .optional(),
  before: z
    .strictObject({ handler: z.string(), internal: answers, external: z.array(answers).min(1) })
    .optional(),
  actsBefore: z.record(z.string(), z.array(z.string())).optional(),
  actions: z
    .record(z.string(), z.union([answers, z.custom<(n: number) => Record<string, unknown>>(isFunction)]))
    .optional(),
  service: z.custom<() => Service>(isFunction).optional(),
})
type Given = z.output<typeof samples>

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}

/** The samples that a handler's folder ships; undefined when it has no `samples.ts`. Throws when they are no samples. */
export async function readSamples(folder: string): Promise<unknown> {
  const file = path.join(folder, 'samples.ts')
  const found = await stat(file).catch(() => undefined)
  if (!found?.isFile()) return undefined
  const module: Record<string, unknown> = await import(pathToFileURL(file).href)
  return module.default
}

/** The cases to prove a handler with. `given`: what `samples.ts` exports; undefined makes up one case. */
export function casesOf({ id, handler }: Registered, given: unknown): Case[] {
  const read = z
    .array(samples)
    .min(1)
    .safeParse(given === undefined ? [{}] : [given].flat())
  if (!read.success) {
    const [issue] = read.error.issues
    throw new StartupError(
      `The samples of ${id} can't be used: at ${issue?.path.join('.')}: ${issue?.message}.`,
    )
  }
  return read.data.map((one, index) => caseOf(handler, one, read.data.length > 1 ? `case ${index + 1}` : ''))
}

function caseOf(handler: Handler, given: Given, name: string): Case {
  const elements = elementsOf(handler.external)
  return {
    name: given.name ?? name,
    service: given.service,
    before: given.before,
    actsBefore: (name) =>
      given.actsBefore?.[name] ?? (name === 'resume' && handler.actions?.suspend ? ['suspend'] : []),
    async internal(moodle, service) {
      const own = typeof given.internal === 'function' ? given.internal(service) : given.internal
      return { ...(await sampleInternal(handler, moodle, own ?? {})), ...own }
    },
    external(n, before) {
      if (typeof given.external === 'function') return given.external(n, before)
      const list = given.external
      if (!list) return sampleAnswers(elements, n)
      const again = Math.ceil(n / list.length)
      const one = list[(n - 1) % list.length] ?? {}
      if (again === 1) return one
      const emails = elements.filter((element) => element.type === 'email' && element.name in one)
      return {
        ...one,
        ...Object.fromEntries(emails.map(({ name }) => [name, String(one[name]).replace('@', `.${again}@`)])),
      }
    },
    action(name, n) {
      const own = given.actions?.[name]
      if (own) return typeof own === 'function' ? own(n) : own
      const action = handler.actions?.[name]
      return action ? sampleAnswers(elementsOf(action.input), 1, { all: true }) : {}
    },
  }
}

/** Answers for the operator's form: pickers choose on the site. */
async function sampleInternal(
  handler: Handler,
  moodle: Moodle,
  own: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const elements = elementsOf(handler.internal).filter(({ name }) => !(name in own))
  const made = sampleAnswers(elements, 1)
  for (const { name, picker, pickerOf, required, type } of elements) {
    if (!picker || picker === 'role' || !required) continue
    const course = Number(pickerOf && (own[pickerOf] ?? made[pickerOf]))
    const id = await pick(moodle, picker, course)
    if (id !== undefined) made[name] = type === 'list' ? [id] : id
  }
  return made
}

async function pick(
  moodle: Moodle,
  picker: 'course' | 'category' | 'cohort' | 'group',
  course: number,
): Promise<number | undefined> {
  switch (picker) {
    case 'course': {
      const courses = await moodle.courses()
      return courses.find((one) => one.visible && one.enrolmentMethods.includes('manual'))?.id
    }
    case 'category':
      return (await moodle.categories())[0]?.id
    case 'cohort':
      return (await moodle.cohorts())[0]?.id
    case 'group':
      return Number.isInteger(course) ? (await moodle.groups(course))[0]?.id : undefined
    default:
      return picker satisfies never
  }
}
