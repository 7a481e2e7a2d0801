import { type Delivery, defineHandler, Refused, type ScriptContext, z } from 'boutique/sdk'
import { signedCall } from './signed-call.ts'

const internal = z.object({
  url: z
    .url({ protocol: /^https?$/ })
    .max(2000)
    .refine(isSafe, {
      params: {
        text: {
          en: 'An address that starts with https://, please: what we send names people.',
          fr: 'Une adresse qui commence par https://, s’il vous plaît : ce que nous envoyons nomme des personnes.',
        },
      },
    })
    .meta({
      label: { en: 'Address that is called', fr: 'Adresse appelée' },
      help: { en: 'Signed JSON is sent there by POST.', fr: 'Du JSON signé y est envoyé par POST.' },
    }),
  secret: z
    .string()
    .min(16)
    .max(200)
    .meta({
      type: 'secret',
      label: { en: 'Secret', fr: 'Secret' },
      help: {
        en: 'Signs what we send. Kept encrypted, and never shown again.',
        fr: 'Signe ce que nous envoyons. Conservé chiffré, il n’est plus jamais affiché.',
      },
    }),
  timeoutSeconds: z
    .int()
    .min(1)
    .max(60)
    .default(10)
    .meta({ label: { en: 'Seconds to wait for its answer', fr: 'Secondes d’attente de sa réponse' } }),
})

const external = z.object({})

const text = z.union([
  z.object({ en: z.string().min(1).max(5000), fr: z.string().min(1).max(5000) }),
  z
    .string()
    .min(1)
    .max(5000)
    .transform((same) => ({ en: same, fr: same })),
])

/** What a service may answer. Moments stay texts: a step keeps them. */
const answer = z.object({
  product: z
    .object({
      title: text.optional(),
      link: z
        .url({ protocol: /^https?$/ })
        .max(2000)
        .optional(),
      endsAt: z.union([z.iso.datetime({ offset: true }), z.iso.date()]).optional(),
      data: z.record(z.string(), z.json()).optional(),
    })
    .optional(),
  feedback: z
    .object({ shown: text.optional(), mailed: text.optional(), kept: z.string().max(5000).optional() })
    .optional(),
  refused: text.optional(),
})

type Context = ScriptContext<z.output<typeof internal>, z.output<typeof external>>

export default defineHandler({
  title: { en: 'Call a service (webhook)', fr: 'Appel d’un service (webhook)' },
  summary: {
    en: 'Each unit calls an address of yours, signed; its answer makes the product.',
    fr: 'Chaque unité appelle une de vos adresses, avec signature ; la réponse fait le produit.',
  },
  internal,
  external,

  async postpay(context): Promise<Delivery> {
    const { unit, step } = context
    // What is refused is not kept: an operator may have it tried again.
    const { product, feedback } = await step('call', async () => {
      const answered = readAnswer(await call(context, 'postpay', {}))
      if (answered.refused) throw new Refused(answered.refused)
      return answered
    })
    if (!product) return { products: [], feedback }
    const { email, firstname, lastname } = unit.buyer
    return {
      products: [
        {
          key: 'product',
          title: product.title ?? unit.entry.title,
          link: product.link,
          holder: { email, firstname, lastname },
          startsAt: unit.order.paidAt ?? unit.order.placedAt,
          endsAt: product.endsAt === undefined ? undefined : new Date(product.endsAt),
          data: product.data,
        },
      ],
      feedback,
    }
  },

  async revoke(context) {
    const products = context.products.map(({ key, reference, data }) => ({ key, reference, data }))
    await context.step('call', async () => {
      const { refused } = readAnswer(await call(context, 'revoke', { products }))
      if (refused) throw new Refused(refused)
    })
  },
})

/** The body is the same at every try: all of it is frozen with the order. */
async function call(
  { unit, internal, external, fields, signal }: Context,
  event: 'postpay' | 'revoke',
  more: Record<string, unknown>,
): Promise<string> {
  const { order, entry, buyer, id, position } = unit
  return await signedCall({
    ...internal,
    idempotencyKey: `${order.number}-${id}-${event}`,
    payload: { event, order, entry, unit: { id, position }, buyer, external, fields, ...more },
    signal,
  })
}

function readAnswer(given: string): z.output<typeof answer> {
  if (given.trim() === '') return {}
  let json: unknown
  try {
    json = JSON.parse(given)
  } catch (error) {
    throw new Error('the service answered something else than JSON', { cause: error })
  }
  const read = answer.safeParse(json)
  if (read.success) return read.data
  const issues = read.error.issues.map(({ path, message }) => `${path.join('.') || 'as a whole'}: ${message}`)
  throw new Error(`the service’s answer can't be used (${issues.join('; ')})`)
}

/** What goes over the network is encrypted; only this machine may be called without. */
function isSafe(url: string): boolean {
  if (!URL.canParse(url)) return true // that is another fault, with words of its own
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' || /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname)
}
