import { z } from '@hono/zod-openapi'
import { type DryRun, dryRun, mostDryUnits } from '../../shop/dry-run.ts'
import { findEntry } from '../../shop/entry.ts'
import { type Operation, operation } from './operation.ts'
import { type Fault, faultsAt, refuse } from './problem.ts'
import { cents, entryCode, exampleMoment, exampleText, moment, orNull, person, text } from './values.ts'

const answers = z.record(z.string().max(60), z.unknown())

const tried = z
  .object({
    order: z.string().openapi({ description: 'The state in which the order would end.' }),
    totalCents: cents,
    mails: z.array(z.string()),
    findings: z.array(z.object({ field: z.string().optional(), level: z.enum(['error', 'warning']), text })),
    units: z.array(
      z.object({
        position: z.int(),
        external: z.record(z.string(), z.unknown()),
        state: z.string(),
        why: text.optional().openapi({ description: 'What would keep it from being produced.' }),
        lines: z
          .array(
            z.object({
              when: z.enum(['ordered', 'paid']),
              says: text,
              call: z
                .object({ function: z.string(), parameters: z.record(z.string(), z.unknown()) })
                .optional()
                .openapi({
                  description: 'The call that Moodle would get. Ids from 2000000000 on are made up.',
                }),
            }),
          )
          .openapi({ description: 'What it would do, in order.' }),
        products: z.array(
          z.object({
            title: text,
            holder: orNull(person),
            link: z.string().nullable(),
            startsAt: moment,
            endsAt: moment.nullable(),
          }),
        ),
        feedback: orNull(text),
      }),
    ),
  })
  .openapi('DryRun')

const example: z.input<typeof tried> = {
  order: 'completed',
  totalCents: 12_000,
  mails: ['order_placed', 'order_paid'],
  findings: [],
  units: [
    {
      position: 1,
      external: { email: 'leo@learners.example', firstname: 'Léo', lastname: 'Petit' },
      state: 'produced',
      lines: [
        {
          when: 'paid',
          says: { en: 'Enrols leo@learners.example.', fr: 'Inscrit leo@learners.example.' },
          call: { function: 'enrol_manual_enrol_users', parameters: { enrolments: [] } },
        },
      ],
      products: [{ title: exampleText, holder: null, link: null, startsAt: exampleMoment, endsAt: null }],
      feedback: null,
    },
  ],
}

/** What a sale would do. */
export const dryRunOperations: Operation[] = [
  operation(
    {
      id: 'tryEntry',
      method: 'post',
      path: '/dry-runs',
      tag: 'Entries',
      summary: 'Tell what a sale of an entry would do, and touch nothing',
      description:
        'In words and as the list of calls: Moodle is only asked, and nothing is kept. `internal` and `handler` try the ' +
        'entry with other parameters than those that are saved.',
      access: { role: 'operator' },
      key: 'none',
      body: {
        schema: z.object({
          code: entryCode,
          handler: z.string().max(100).nullable().optional(),
          internal: answers.optional(),
          units: z
            .array(z.object({ external: answers, fields: answers.default({}) }))
            .max(mostDryUnits)
            .default([])
            .openapi({
              description: 'The answers for each unit; made-up ones for one unit when there are none.',
            }),
        }),
        example: {
          code: 'EXCEL-1',
          units: [
            { external: { email: 'leo@learners.example', firstname: 'Léo', lastname: 'Petit' }, fields: {} },
          ],
        },
      },
      answer: { description: 'What would happen.', schema: tried, example },
      problems: ['invalid', 'not_found'],
    },
    async ({ face, body }) => {
      const kept = await findEntry(face.shop.db, body.code)
      if (!kept) return refuse('not_found')
      const handler = body.handler === undefined ? kept.handler : body.handler
      const internal = body.internal ?? (handler === kept.handler ? kept.internal : {})
      const run = await dryRun(face.shop, { ...kept, handler, internal }, body.units)
      return run.ok ? { answer: run } : refuse('invalid', { detail: run.why, errors: faultsOf(run) })
    },
  ),
]

function faultsOf(run: Extract<DryRun, { ok: false }>): Fault[] {
  const at = (path: PropertyKey[], errors: Record<string, Parameters<typeof faultsAt>[1]>) =>
    Object.entries(errors).flatMap(([field, error]) => faultsAt([...path, ...(field ? [field] : [])], error))
  return [
    ...at(['internal'], run.internal ?? {}),
    ...(run.units ?? []).flatMap(({ external, fields }, index) => [
      ...at(['units', index, 'external'], external),
      ...at(['units', index, 'fields'], fields),
    ]),
  ]
}
