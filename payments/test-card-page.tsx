import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Hono } from 'hono'
import { raw } from 'hono/html'
import type { Child, PropsWithChildren } from 'hono/jsx'
import { z } from 'zod'
import type { Payable } from './means.ts'
import type { TestCardNotification } from './test-card.ts'
import type { TestCardDelivery } from './test-card-sender.ts'

const behaviours = ['pay', 'decline', 'twice', 'late', 'less', 'more', 'forged'] as const
type Behaviour = (typeof behaviours)[number]

/** Seconds after which a late notification comes: the person is back in the shop by then. */
const lateSeconds = 10

type Options = {
  /** The order that this token opens, while it awaits a payment; undefined otherwise. */
  findPayable: (number: string, token: string) => Promise<Payable | undefined>
  notify: (delivery: TestCardDelivery, afterSeconds: number) => Promise<void>
}

/**
 * The page where a test card is paid: another company's, by its look. It tells the shop nothing but by notifications,
 * and sends the payer back whatever happened.
 */
export function testCardPage({ findPayable, notify }: Options): Hono {
  const app = new Hono()
  const style = readFileSync(new URL('test-card.css', import.meta.url), 'utf8')
  app.get('/test-card/page.css', (c) => c.text(style, 200, { 'content-type': 'text/css; charset=utf-8' }))

  app.get('/test-card/:number/:token', async (c) => {
    const order = await findPayable(c.req.param('number'), c.req.param('token'))
    if (!order) return c.html(<NothingToPay />, 404)
    c.header('cache-control', 'no-store')
    return c.html(<PayPage order={order} />)
  })

  app.post('/test-card/:number/:token', async (c) => {
    const order = await findPayable(c.req.param('number'), c.req.param('token'))
    if (!order) return c.html(<NothingToPay />, 404)
    const { behaviour } = await c.req.parseBody().catch(() => ({ behaviour: undefined }))
    const asked = z.enum(behaviours).safeParse(behaviour)
    if (!asked.success) return c.html(<PayPage order={order} />, 422)
    const deliveries = deliveriesOf(order, asked.data)
    const after = asked.data === 'late' ? lateSeconds : 0
    await Promise.all(deliveries.map((delivery) => notify(delivery, after)))
    return c.redirect(pathOf(order.returnUrl), 303)
  })

  return app
}

/** This page lives under the shop's own address, whichever of its names the payer uses. */
function pathOf(url: string): string {
  const { pathname, search } = new URL(url)
  return pathname + search
}

function deliveriesOf(order: Payable, behaviour: Behaviour): TestCardDelivery[] {
  const notification = compose(order, behaviour)
  switch (behaviour) {
    case 'twice':
      return [{ notification }, { notification }]
    case 'forged':
      return [{ notification, forged: true }]
    case 'pay':
    case 'decline':
    case 'late':
    case 'less':
    case 'more':
      return [{ notification }]
    default:
      return behaviour satisfies never
  }
}

function compose(order: Payable, behaviour: Behaviour): TestCardNotification {
  const apart = { less: -100, more: 100 }
  const amountCents =
    order.amountCents + (behaviour === 'less' || behaviour === 'more' ? apart[behaviour] : 0)
  return {
    id: `evt_${randomBytes(12).toString('hex')}`,
    type: behaviour === 'decline' ? 'payment.failed' : 'payment.succeeded',
    created: Math.floor(Date.now() / 1000),
    data: {
      order: order.number,
      payment: `pay_${randomBytes(12).toString('hex')}`,
      amountCents: Math.max(1, amountCents),
      currency: order.currency,
    },
  }
}

const en = {
  title: 'Payment',
  test: 'Test mode: no money moves, no card is asked.',
  order: 'Order',
  amount: 'Amount to pay',
  pay: 'Pay',
  decline: 'Decline the payment',
  orElse: 'Or try what can go wrong',
  behaviours: {
    twice: {
      name: 'Pay, and notify twice',
      help: 'The same notification reaches the shop two times at once.',
    },
    late: {
      name: 'Pay, and notify late',
      help: `The notification leaves ${lateSeconds} seconds after you are back.`,
    },
    less: { name: 'Pay 1.00 too little', help: 'A correct signature on a wrong amount.' },
    more: { name: 'Pay 1.00 too much', help: 'A correct signature on a wrong amount.' },
    forged: {
      name: 'Pay, with a wrong signature',
      help: 'As somebody would who only pretends to have paid.',
    },
  },
  back: 'Back to the shop without paying',
  secured: 'A stand-in for a payment provider. Its notifications are signed; coming back proves nothing.',
}

const fr: typeof en = {
  title: 'Paiement',
  test: 'Mode test : aucun argent ne circule, aucune carte n’est demandée.',
  order: 'Commande',
  amount: 'Montant à payer',
  pay: 'Payer',
  decline: 'Refuser le paiement',
  orElse: 'Ou essayez ce qui peut mal tourner',
  behaviours: {
    twice: {
      name: 'Payer et notifier deux fois',
      help: 'La même notification parvient deux fois à la boutique, en même temps.',
    },
    late: {
      name: 'Payer et notifier en retard',
      help: `La notification part ${lateSeconds} secondes après votre retour.`,
    },
    less: { name: 'Payer 1,00 de moins', help: 'Une signature juste sur un montant faux.' },
    more: { name: 'Payer 1,00 de trop', help: 'Une signature juste sur un montant faux.' },
    forged: {
      name: 'Payer, avec une fausse signature',
      help: 'Comme quelqu’un qui ferait semblant d’avoir payé.',
    },
  },
  back: 'Revenir à la boutique sans payer',
  secured:
    'Un substitut de prestataire de paiement. Ses notifications sont signées ; le retour ne prouve rien.',
}

const texts = { en, fr }

function PayPage({ order }: { order: Payable }) {
  const t = texts[order.locale]
  const amount = new Intl.NumberFormat(order.locale === 'fr' ? 'fr-FR' : 'en-GB', {
    style: 'currency',
    currency: order.currency,
  }).format(order.amountCents / 100)
  return (
    <Frame locale={order.locale} title={t.title}>
      <p class="test">{t.test}</p>
      <dl>
        <dt>{t.amount}</dt>
        <dd class="amount">{amount}</dd>
        <dt>{t.order}</dt>
        <dd>{order.number}</dd>
      </dl>
      <form method="post">
        <button class="pay" type="submit" name="behaviour" value="pay">
          {t.pay} {amount}
        </button>
        <button type="submit" name="behaviour" value="decline">
          {t.decline}
        </button>
        <h2>{t.orElse}</h2>
        <ul>
          {Object.entries(t.behaviours).map(([behaviour, { name, help }]) => (
            <li>
              <button type="submit" name="behaviour" value={behaviour} aria-describedby={`${behaviour}-help`}>
                {name}
              </button>
              <span class="help" id={`${behaviour}-help`}>
                {help}
              </span>
            </li>
          ))}
        </ul>
      </form>
      <p class="back">
        <a href={pathOf(order.returnUrl)}>{t.back}</a>
      </p>
      <p class="secured">{t.secured}</p>
    </Frame>
  )
}

function NothingToPay() {
  return (
    <Frame locale="en" title="Nothing to pay">
      <p>
        This payment is over, or its address is incomplete.{' '}
        <span lang="fr">Ce paiement est terminé, ou son adresse est incomplète.</span>
      </p>
    </Frame>
  )
}

function Frame({ locale, title, children }: PropsWithChildren<{ locale: string; title: string }>): Child {
  return (
    <>
      {raw('<!doctype html>')}
      <html lang={locale}>
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="robots" content="noindex" />
          <title>{`${title} · Testpay`}</title>
          <link rel="icon" href="data:," />
          <link rel="stylesheet" href="/test-card/page.css" />
        </head>
        <body>
          <main>
            <p class="company">
              <span class="mark" aria-hidden="true" />
              testpay
            </p>
            <h1>{title}</h1>
            {children}
          </main>
        </body>
      </html>
    </>
  )
}
