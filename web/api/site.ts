import { z } from '@hono/zod-openapi'
import { countProductions, oldestWaiting } from '../../production/journal.ts'
import { type Moodle, MoodleError } from '../../sdk/index.ts'
import { countWaiting } from '../../shop/attention.ts'
import type { Face, SiteHealth } from '../face.ts'
import { type Operation, operation } from './operation.ts'
import { refuse } from './problem.ts'
import { exampleMoment, moment, rowId } from './values.ts'

const site = z
  .object({
    id: z.string(),
    url: z.string(),
    state: z.enum(['up', 'down', 'paused']).openapi({ description: '`paused`: it refuses our token.' }),
    cause: z.string().nullable(),
    since: moment,
    sandbox: z.boolean().openapi({ description: 'A sandbox of the shop’s own stands in for Moodle.' }),
  })
  .openapi('Site')

const example: z.input<typeof site> = {
  id: 'main',
  url: 'https://moodle.example',
  state: 'up',
  cause: null,
  since: exampleMoment,
  sandbox: false,
}

const choice = z.object({ value: z.union([z.int(), z.string()]), label: z.string() }).openapi('Choice')

/** The Moodle site, and what waits for it or for somebody. */
export const siteOperations: Operation[] = [
  operation(
    {
      id: 'readSite',
      method: 'get',
      path: '/site',
      tag: 'Site',
      summary: 'Read how the Moodle site is, and what waits',
      access: { role: 'viewer' },
      answer: {
        description:
          'The site; the productions that are under way or wait; and what needs somebody, up to 1000 each.',
        schema: z.object({
          site,
          productions: z.object({
            queued: z.int(),
            running: z.int(),
            retrying: z.int(),
            needs_operator: z.int(),
          }),
          oldestWaitingSeconds: z.number(),
          attention: z.object({ needsOperator: z.int(), giveBacks: z.int(), failedMails: z.int() }),
        }),
        example: {
          site: example,
          productions: { queued: 0, running: 1, retrying: 0, needs_operator: 2 },
          oldestWaitingSeconds: 0,
          attention: { needsOperator: 2, giveBacks: 0, failedMails: 0 },
        },
      },
    },
    async ({ face }) => {
      const { db } = face.shop
      const [health, productions, oldestWaitingSeconds, attention] = await Promise.all([
        face.site.health(),
        countProductions(db),
        oldestWaiting(db),
        countWaiting(db),
      ])
      return { answer: { site: shown(face, health), productions, oldestWaitingSeconds, attention } }
    },
  ),

  operation(
    {
      id: 'probeSite',
      method: 'post',
      path: '/site/probe',
      tag: 'Site',
      summary: 'Ask the Moodle site now, and run again what waited for it when it answers',
      access: { role: 'operator' },
      key: 'none',
      answer: { description: 'The site as it answers now.', schema: site, example },
    },
    async ({ face }) => ({ answer: shown(face, await face.site.probe()) }),
  ),

  operation(
    {
      id: 'listChoices',
      method: 'get',
      path: '/site/choices/{picker}',
      tag: 'Site',
      summary: 'List what a picker of a handler’s form offers, read from the live site',
      access: { role: 'viewer' },
      params: z.object({
        picker: z.enum(['course', 'category', 'role', 'cohort', 'group']).openapi({ example: 'course' }),
      }),
      query: z.object({
        course: rowId.optional().openapi({ description: 'For groups, and roles seen in a course.' }),
      }),
      answer: {
        description: 'The choices: `value` is what the field takes.',
        schema: z.object({ items: z.array(choice) }),
        example: { items: [{ value: 12, label: 'Excel, first steps (EXCEL-1)' }] },
      },
      problems: ['unavailable'],
    },
    async ({ face, params, query }) => {
      try {
        return { answer: { items: await choicesOf(face.shop.site, params.picker, query.course) } }
      } catch (error) {
        if (!(error instanceof MoodleError)) throw error
        return refuse('unavailable', { headers: { 'retry-after': String(error.retryAfter ?? 30) } })
      }
    },
  ),
]

const shown = (face: Face, health: SiteHealth) => ({
  id: face.shop.site.site,
  url: face.shop.site.url,
  state: health.state,
  cause: health.cause ?? null,
  since: health.since,
  sandbox: face.config.sandboxed,
})

type Picker = 'course' | 'category' | 'role' | 'cohort' | 'group'

async function choicesOf(
  moodle: Moodle,
  picker: Picker,
  course: number | undefined,
): Promise<z.output<typeof choice>[]> {
  switch (picker) {
    case 'course':
      return (await moodle.courses()).map(({ id, fullname, shortname }) => ({
        value: id,
        label: `${fullname} (${shortname})`,
      }))
    case 'category':
      return (await moodle.categories()).map(({ id, name }) => ({ value: id, label: name }))
    case 'role':
      return (await moodle.roles(course)).map(({ shortname }) => ({ value: shortname, label: shortname }))
    case 'cohort':
      return (await moodle.cohorts()).map(({ id, name }) => ({ value: id, label: name }))
    case 'group':
      return course === undefined
        ? []
        : (await moodle.groups(course)).map(({ id, name }) => ({ value: id, label: name }))
    default:
      return picker satisfies never
  }
}
