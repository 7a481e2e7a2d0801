import { z } from '@hono/zod-openapi'
import type { Registered } from '../../production/registry.ts'
import type { Locale } from '../ui/locale.ts'
import { exampleForm, form, formOf } from './form.ts'
import { type Operation, operation } from './operation.ts'
import { refuse } from './problem.ts'
import { orNull, text } from './values.ts'

const handlerSchema = z
  .object({
    id: z.string(),
    kind: z.enum(['standard', 'extension', 'specific']),
    title: text,
    summary: orNull(text),
    internal: form.openapi({ description: 'What the operator sets on the entry.' }),
    external: form.openapi({ description: 'What the customer is asked for each unit.' }),
    mostUnits: z.int().nullable(),
    scripts: z.array(z.enum(['prepay', 'release', 'postpay', 'revoke', 'revokeOne', 'ended', 'revived'])),
    functions: z
      .array(z.string())
      .openapi({ description: 'The web-service functions of Moodle that it needs.' }),
    actions: z.array(
      z.object({ name: z.string(), title: text, audience: z.enum(['operator', 'customer', 'both']), form }),
    ),
  })
  .openapi('Handler')

const example: z.input<typeof handlerSchema> = {
  id: 'std_enroloncourse',
  kind: 'standard',
  title: { en: 'Enrol in one course', fr: 'Inscription à un cours' },
  summary: null,
  internal: { schema: { type: 'object', properties: {} }, elements: [] },
  external: exampleForm,
  mostUnits: null,
  scripts: ['prepay', 'postpay'],
  functions: ['enrol_manual_enrol_users'],
  actions: [
    { name: 'suspend', title: { en: 'Suspend', fr: 'Suspendre' }, audience: 'operator', form: exampleForm },
  ],
}

/** The production handlers that are installed. */
export const handlerOperations: Operation[] = [
  operation(
    {
      id: 'listHandlers',
      method: 'get',
      path: '/handlers',
      tag: 'Handlers',
      summary: 'List the handlers with their forms, and the folders that can’t be used',
      access: { role: 'viewer' },
      answer: {
        description:
          'All handlers. A specific one serves the entry of its code alone. A fault that is `kept` is of a change: what the handler was before stays in use.',
        schema: z.object({
          items: z.array(handlerSchema),
          faults: z.array(
            z.object({ id: z.string(), file: z.string(), reason: z.string(), kept: z.boolean() }),
          ),
        }),
        example: {
          items: [example],
          faults: [
            {
              id: 'ext_badge',
              file: '/srv/handlers/ext_badge/handler.ts',
              reason: 'its title must have a text in English and in French',
              kept: false,
            },
          ],
        },
      },
    },
    async ({ face, locale }) => {
      const { handlers, faults } = face.shop.registry()
      return {
        answer: {
          items: [...handlers.values()].map((one) => shown(one, locale)),
          faults: faults.map((fault) => ({ ...fault, kept: fault.kept ?? false })),
        },
      }
    },
  ),

  operation(
    {
      id: 'readHandler',
      method: 'get',
      path: '/handlers/{id}',
      tag: 'Handlers',
      summary: 'Read a handler',
      access: { role: 'viewer' },
      params: z.object({ id: z.string().max(60).openapi({ example: 'std_enroloncourse' }) }),
      answer: { description: 'The handler.', schema: handlerSchema, example },
    },
    async ({ face, params, locale }) => {
      const found = face.shop.registry().handlers.get(params.id)
      return found ? { answer: shown(found, locale) } : refuse('not_found')
    },
  ),
]

const scripts = ['prepay', 'release', 'postpay', 'revoke', 'revokeOne', 'ended', 'revived'] as const

function shown({ id, kind, handler }: Registered, locale: Locale): z.output<typeof handlerSchema> {
  return {
    id,
    kind,
    title: handler.title,
    summary: handler.summary ?? null,
    internal: formOf(handler.internal, locale),
    external: formOf(handler.external, locale),
    mostUnits: handler.maxQuantity ?? null,
    scripts: scripts.filter((script) => handler[script] !== undefined),
    functions: handler.functions ?? [],
    actions: Object.entries(handler.actions ?? {}).map(([name, { title, audience, input }]) => ({
      name,
      title,
      audience,
      form: formOf(input, locale),
    })),
  }
}
