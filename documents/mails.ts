import { z } from 'zod'
import type { Customer, FrozenBundle, MailKind, OrderState } from '../db/schema.ts'
import type { Text } from '../sdk/text.ts'

/** What a mail tells of an order. */
export type MailedOrder = {
  number: string
  state: OrderState
  locale: 'en' | 'fr'
  customer: Customer
  currency: string
  totalCents: number
  vatCents: number
  paidCents: number
  payBefore: Date | null
  lines: {
    entry: { title: Text }
    quantity: number
    totalCents: number
    /** The bundle that it was bought in: the lines of one come one after the other. */
    bundle: FrozenBundle | null
    units: { id: number }[]
  }[]
  products: { title: Text; reference: string; link: string | null; holder: Customer | null }[]
}

export type MailContext = {
  shopName: string
  /** The order's own page. */
  orderUrl: string
  /** How it is to be paid, while it is: what a deferred means tells the payer; none for an immediate one. */
  toPay?: { instructions: { label: Text; value: string }[] }
  /** For `product_ending`: what ends, and the pages of the entries to buy it again, where they are on sale. */
  ending?: { products: MailedOrder['products']; entryUrls: string[] }
}

export type Mail = { subject: string; text: string }

const texts = z.object({ en: z.string(), fr: z.string() })
const closed = z.object({ state: z.enum(['refused', 'cancelled', 'expired']), told: texts.optional() })
const partial = z.object({ missingCents: z.number() })
const delayed = z.object({ unit: z.number() })
const feedback = z.object({ text: texts })

/** What is kept of a mail about products that end: the day in UTC, and whom it is for. */
export const endingMail = z.object({
  days: z.int(),
  endsOn: z.iso.date(),
  references: z.array(z.string()),
  /** The holder's own first name; the customer's is the order's. */
  holder: z.string().optional(),
})

/** What is kept of a mail that signs somebody in: the key is sealed, and gone once the mail has left. */
export const signInMail = z.object({
  locale: z.enum(['en', 'fr']),
  key: z.string().optional(),
  next: z.string().optional(),
})

/** Composes the mail that signs somebody in. `minutes`: how long its link works. */
export function composeSignIn(
  locale: 'en' | 'fr',
  { shopName, url, minutes }: { shopName: string; url: string; minutes: number },
): Mail {
  const t = locale === 'fr' ? fr : en
  const paragraphs = [t.helloYou, `${t.signInHere}\n${url}`, t.signInOnce(minutes), t.bye(shopName)]
  return { subject: t.signIn(shopName), text: `${paragraphs.join('\n\n')}\n` }
}

/** Composes a mail about an order, in its language. `data` is what was kept when it was decided. */
export function composeMail(
  kind: Exclude<MailKind, 'sign_in'>,
  data: Record<string, unknown>,
  order: MailedOrder,
  context: MailContext,
): Mail {
  const t = order.locale === 'fr' ? fr : en
  const { to = order.customer.firstname, subject, paragraphs } = contentOf(kind, data, order, context)
  const text = [isPlainName(to) ? t.hello(to) : t.helloYou, ...paragraphs, t.bye(context.shopName)]
  return { subject, text: `${text.filter(Boolean).join('\n\n')}\n` }
}

/**
 * Whoever orders types the name, and any address: a name that mail programs would make a link of, or that is a text of
 * its own, is not sent in ours.
 */
const isPlainName = (name: string): boolean =>
  name.length <= 60 && !/[\p{C}/\\@:]|[\p{L}\p{N}]{2}\.[\p{L}\p{N}]{2}/u.test(name)

type Content = { to?: string; subject: string; paragraphs: (string | false | undefined)[] }

function contentOf(
  kind: Exclude<MailKind, 'sign_in'>,
  data: Record<string, unknown>,
  order: MailedOrder,
  context: MailContext,
): Content {
  const t = order.locale === 'fr' ? fr : en
  const { number, locale } = order
  const follow = `${t.follow}\n${context.orderUrl}`
  switch (kind) {
    case 'order_placed':
      return {
        subject: context.toPay?.instructions.length ? t.howToPay(number) : t.placed(number),
        paragraphs: [t.thanks(number), lines(order), ...payment(order, context), follow],
      }
    case 'order_paid':
      return {
        subject: t.paid(number),
        paragraphs: [t.paidWhat(number), lines(order), listProducts(order), follow],
      }
    case 'order_closed': {
      const { state, told } = closed.parse(data)
      const back = order.paidCents > 0 && t.moneyBack(money(order.paidCents, order))
      return {
        subject: t.closed[state].subject(number),
        paragraphs: [
          t.closed[state].what(number),
          told?.[locale],
          back || t.nothingPaid,
          `${t.page}\n${context.orderUrl}`,
        ],
      }
    }
    case 'payment_partial': {
      const missing = money(partial.parse(data).missingCents, order)
      return {
        subject: t.partial(number),
        paragraphs: [t.partialWhat(missing), ...payment(order, context), follow],
      }
    }
    case 'unit_delayed': {
      const { unit } = delayed.parse(data)
      const line = order.lines.find((one) => one.units.some(({ id }) => id === unit))
      return {
        subject: t.delayed(number),
        paragraphs: [t.delayedWhat(line?.entry.title[locale]), t.delayedNext, follow],
      }
    }
    case 'feedback':
      return { subject: t.news(number), paragraphs: [feedback.parse(data).text[locale], follow] }
    case 'product_ending':
      return ending(endingMail.parse(data), order, context)
    default:
      return kind satisfies never
  }
}

/** The holder is not told of the order, which is the customer's. */
function ending(data: z.output<typeof endingMail>, order: MailedOrder, context: MailContext): Content {
  const t = order.locale === 'fr' ? fr : en
  const { products = [], entryUrls = [] } = context.ending ?? {}
  const [only] = products
  const title = products.length === 1 && only ? only.title[order.locale] : undefined
  const date = day(new Date(`${data.endsOn}T12:00:00Z`), order.locale)
  const listed = data.holder === undefined ? listProducts({ ...order, products }) : undefined
  const links = products.flatMap(({ link }) => link ?? [])
  return {
    to: data.holder,
    subject: title ? t.ends(title, date) : t.endsMany(products.length, date),
    paragraphs: [
      title ? t.endsWhat(title, date) : t.endsManyWhat(order.number, date),
      listed ?? links.join('\n'),
      entryUrls.length > 0 && `${t.extendHere}\n${entryUrls.slice(0, mostListed).join('\n')}`,
      t.endsThen,
      data.holder === undefined && `${t.page}\n${context.orderUrl}`,
    ],
  }
}

/** What was ordered, a line each, the parts of a bundle under it, and the total. */
function lines(order: MailedOrder): string {
  const t = order.locale === 'fr' ? fr : en
  const line = (quantity: number, title: Text) => `- ${quantity} × ${title[order.locale]}`
  const listed = order.lines.flatMap(({ bundle, entry, quantity, totalCents }, index) => {
    if (!bundle) return [`${line(quantity, entry.title)}${t.colon} ${money(totalCents, order)}`]
    const price = money(bundle.cents * bundle.quantity, order)
    const begins = order.lines[index - 1]?.bundle?.code !== bundle.code
    return [
      ...(begins ? [`${line(bundle.quantity, bundle.title)}${t.colon} ${price}`] : []),
      `  ${line(quantity, entry.title)}`,
    ]
  })
  const vat = order.vatCents > 0 ? t.ofWhichVat(money(order.vatCents, order)) : ''
  return [...listed, `${t.total}${t.colon} ${money(order.totalCents, order)}${vat}`].join('\n')
}

/** More products, such as the seats of a pack, are found on the page that the mail leads to. */
const mostListed = 20

function listProducts(order: MailedOrder): string {
  const t = order.locale === 'fr' ? fr : en
  const more = order.products.length - mostListed
  const listed = order.products.slice(0, mostListed).map(({ title, reference, link, holder }) => {
    const whose = holder ? ` (${[holder.firstname, holder.lastname].filter(Boolean).join(' ')})` : ''
    return [`- ${title[order.locale]}${whose}, ${reference}`, link && `  ${link}`].filter(Boolean).join('\n')
  })
  return [...listed, ...(more > 0 ? [t.moreProducts(more)] : [])].join('\n')
}

function payment(order: MailedOrder, { toPay }: MailContext): string[] {
  if (!toPay) return []
  const t = order.locale === 'fr' ? fr : en
  if (toPay.instructions.length === 0) return [t.payOnline]
  const due = money(order.totalCents - order.paidCents, order)
  const rows = [
    `${t.amount}${t.colon} ${due}`,
    ...toPay.instructions.map(({ label, value }) => `${label[order.locale]}${t.colon} ${value}`),
  ]
  const before = order.payBefore && t.payBefore(day(order.payBefore, order.locale))
  return [[t.payThus, ...rows].join('\n'), [before, t.opensThen].filter(Boolean).join(' ')]
}

function money(cents: number, { currency, locale }: MailedOrder): string {
  const format = new Intl.NumberFormat(locale === 'fr' ? 'fr-FR' : 'en-GB', { style: 'currency', currency })
  return format.format(cents / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2))
}

function day(date: Date, locale: 'en' | 'fr'): string {
  return new Intl.DateTimeFormat(locale === 'fr' ? 'fr-FR' : 'en-GB', { dateStyle: 'long' }).format(date)
}

const en = {
  moreProducts: (count: number) => `… and ${count} more`,
  colon: ':',
  hello: (name: string) => `Hello ${name},`,
  helloYou: 'Hello,',
  bye: (shop: string) => `Kind regards,\n${shop}`,
  follow: 'Follow your order here, at any time:',
  page: 'Your order:',
  total: 'Total',
  ofWhichVat: (vat: string) => `, of which VAT ${vat}`,
  placed: (number: string) => `Your order ${number}`,
  howToPay: (number: string) => `Your order ${number}: how to pay`,
  thanks: (number: string) => `Thank you: we have your order ${number}.`,
  payThus: 'To pay it:',
  amount: 'Amount',
  payBefore: (date: string) => `Please pay before ${date}; after that the order expires.`,
  opensThen: 'Access opens as soon as we have received the money.',
  payOnline: 'It is not paid yet: you can pay from its page.',
  paid: (number: string) => `Your order ${number} is paid`,
  paidWhat: (number: string) =>
    `We have received your payment for order ${number}. Everything it contains is being opened now.`,
  closed: {
    refused: {
      subject: (number: string) => `Your order ${number} could not be accepted`,
      what: (number: string) => `We are sorry: your order ${number} could not be accepted.`,
    },
    cancelled: {
      subject: (number: string) => `Your order ${number} is cancelled`,
      what: (number: string) => `Your order ${number} is cancelled.`,
    },
    expired: {
      subject: (number: string) => `Your order ${number} has expired`,
      what: (number: string) =>
        `Your order ${number} has expired, since its payment did not reach us in time. You are welcome to order again.`,
    },
  },
  nothingPaid: 'You have paid nothing for it.',
  moneyBack: (amount: string) => `The ${amount} that you have paid will be returned to you.`,
  partial: (number: string) => `Your order ${number}: a part of the payment is missing`,
  partialWhat: (missing: string) =>
    `We have received a payment for your order, thank you. ${missing} is still missing; your access opens once it is there.`,
  delayed: (number: string) => `Your order ${number}: we are on it`,
  delayedWhat: (title?: string) =>
    `A part of your order${title ? `, “${title}”,` : ''} takes longer than it should.`,
  delayedNext:
    'Your payment is safe and you have nothing to do: one of us is looking at it, and the page of your order shows when it is done.',
  news: (number: string) => `About your order ${number}`,
  ends: (title: string, date: string) => `“${title}” ends on ${date}`,
  endsMany: (count: number, date: string) => `${count} accesses end on ${date}`,
  endsWhat: (title: string, date: string) => `“${title}” is open until ${date}.`,
  endsManyWhat: (number: string, date: string) =>
    `These accesses of your order ${number} are open until ${date}:`,
  extendHere: 'To go on without a break, it can be bought again here:',
  endsThen: 'After that day access closes. Progress and grades are kept.',
  signIn: (shop: string) => `Your link to sign in to ${shop}`,
  signInHere: 'This link opens the page with all that you have with us:',
  signInOnce: (minutes: number) =>
    `It works once, for ${minutes} minutes. If you did not ask for it, ignore this mail: nobody gets in without it.`,
}

const fr: typeof en = {
  moreProducts: (count) => (count === 1 ? '… et un autre' : `… et ${count} autres`),
  colon: ' :',
  hello: (name) => `Bonjour ${name},`,
  helloYou: 'Bonjour,',
  bye: (shop) => `Bien cordialement,\n${shop}`,
  follow: 'Suivez votre commande ici, à tout moment :',
  page: 'Votre commande :',
  total: 'Total',
  ofWhichVat: (vat) => `, dont TVA ${vat}`,
  placed: (number) => `Votre commande ${number}`,
  howToPay: (number) => `Votre commande ${number} : comment payer`,
  thanks: (number) => `Merci : nous avons bien reçu votre commande ${number}.`,
  payThus: 'Pour la payer :',
  amount: 'Montant',
  payBefore: (date) => `Merci de payer avant le ${date} ; passé ce délai, la commande expire.`,
  opensThen: 'L’accès s’ouvre dès que nous avons reçu le paiement.',
  payOnline: 'Elle n’est pas encore payée : vous pouvez la payer depuis sa page.',
  paid: (number) => `Votre commande ${number} est payée`,
  paidWhat: (number) =>
    `Nous avons bien reçu votre paiement pour la commande ${number}. Tout ce qu’elle contient s’ouvre maintenant.`,
  closed: {
    refused: {
      subject: (number) => `Votre commande ${number} n’a pas pu être acceptée`,
      what: (number) => `Nous sommes désolés : votre commande ${number} n’a pas pu être acceptée.`,
    },
    cancelled: {
      subject: (number) => `Votre commande ${number} est annulée`,
      what: (number) => `Votre commande ${number} est annulée.`,
    },
    expired: {
      subject: (number) => `Votre commande ${number} a expiré`,
      what: (number) =>
        `Votre commande ${number} a expiré : son paiement ne nous est pas parvenu à temps. Vous pouvez commander à nouveau.`,
    },
  },
  nothingPaid: 'Vous n’avez rien payé pour celle-ci.',
  moneyBack: (amount) => `Les ${amount} que vous avez payés vous seront rendus.`,
  partial: (number) => `Votre commande ${number} : il manque une partie du paiement`,
  partialWhat: (missing) =>
    `Nous avons reçu un paiement pour votre commande, merci. Il manque encore ${missing} ; votre accès s’ouvrira dès que le compte y sera.`,
  delayed: (number) => `Votre commande ${number} : nous nous en occupons`,
  delayedWhat: (title) =>
    `Une partie de votre commande${title ? `, « ${title} »,` : ''} prend plus de temps que prévu.`,
  delayedNext:
    'Votre paiement est bien enregistré et vous n’avez rien à faire : l’un de nous s’en occupe, et la page de votre commande vous dira quand ce sera prêt.',
  news: (number) => `À propos de votre commande ${number}`,
  ends: (title, date) => `« ${title} » se termine le ${date}`,
  endsMany: (count, date) => `${count} accès se terminent le ${date}`,
  endsWhat: (title, date) => `« ${title} » est ouvert jusqu’au ${date}.`,
  endsManyWhat: (number, date) =>
    `Ces accès de votre commande ${number} sont ouverts jusqu’au ${date}\u00a0:`,
  extendHere: 'Pour continuer sans interruption, c’est ici :',
  endsThen: 'Passé ce jour, l’accès se ferme. La progression et les notes sont conservées.',
  signIn: (shop) => `Votre lien de connexion à ${shop}`,
  signInHere: 'Ce lien ouvre la page de tout ce que vous avez chez nous\u00a0:',
  signInOnce: (minutes) =>
    `Il fonctionne une seule fois, pendant ${minutes} minutes. Si vous ne l’avez pas demandé, ignorez ce courriel\u00a0: personne n’entre sans lui.`,
}
