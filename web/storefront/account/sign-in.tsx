import { setTimeout as wait } from 'node:timers/promises'
import type { Context } from 'hono'
import type { Child } from 'hono/jsx'
import { z } from 'zod'
import {
  isSignInLink,
  linkMinutes,
  mailSignInLink,
  sessionDays,
  signIn,
  signOut,
} from '../../../shop/customer-session.ts'
import { signInUrl } from '../../../shop/order-url.ts'
import { dropCookie, readCookie, writeCookie } from '../../cookies.ts'
import type { Face } from '../../face.ts'
import { rateLimit } from '../../rate-limit.ts'
import { routes } from '../../routes.ts'
import { clientAddress, csrfToken, readBody, type WebEnv } from '../../security.ts'
import { signedInCustomer } from '../../signed-in-customer.ts'
import { Button, ButtonLink, CsrfField } from '../../ui/button.tsx'
import { Card, PageHead } from '../../ui/card.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Notice } from '../../ui/notice.tsx'
import { cartCount, shopPage } from '../page.tsx'
import { accountTexts } from './account-texts.ts'

type WebContext = Context<WebEnv>
type Shown = { title: string; lead?: string; status?: 200 | 404 | 422 | 429 }

/** The page to sign in on; `next`: where to go afterwards. */
export function signInPath(next?: string): string {
  const path = customerPath(next)
  return path === routes.account.show()
    ? routes.account.signIn()
    : `${routes.account.signIn()}?${new URLSearchParams({ next: path })}`
}

/** A page of ours that a customer may be sent to, from what an address or a form says; their products for anything else. */
export function customerPath(given: unknown): string {
  const home = routes.account.show()
  const base = 'http://shop.invalid'
  if (typeof given !== 'string' || !URL.canParse(given, base)) return home
  const { origin, pathname, search } = new URL(given, base)
  const known = [home, routes.cart.show(), routes.checkout(), '/entries', '/orders']
  const ours = known.some((path) => pathname === path || pathname.startsWith(`${path}/`))
  return origin === base && ours && !pathname.startsWith(routes.account.signIn()) ? pathname + search : home
}

/** Asks for the e-mail, or says that the link is on its way. */
export async function showSignIn(c: WebContext, face: Face) {
  const next = customerPath(c.req.query('next'))
  if (await signedInCustomer(c, face)) return c.redirect(next, 303)
  if (c.req.query('sent') === undefined) return await emailPage(c, face, { next })
  const t = accountTexts[c.var.locale].signIn
  return await doorPage(
    c,
    face,
    { title: t.sent },
    <div class="stack">
      <Notice tone="success" locale={c.var.locale} announced>
        <p>{t.sentText(linkMinutes)}</p>
      </Notice>
      {face.shop.settings.mailing ? (
        <p class="soft">{t.sentHelp}</p>
      ) : (
        <Notice tone="warning" locale={c.var.locale}>
          <p>{face.config.sandboxed ? t.toTryOut : t.noMail}</p>
        </Notice>
      )}
      <ButtonLink href={signInPath(next)}>{t.again}</ButtonLink>
    </div>,
  )
}

/** Milliseconds that the answer takes at the least: it must not tell by its pace whether the address is known. */
const answerTime = 250

/** Mails the link. The answer is the same whether the address is known here or not. */
export async function askForLink(c: WebContext, face: Face) {
  const t = accountTexts[c.var.locale].signIn
  const body = await readBody(c)
  const next = customerPath(body.next)
  const typed = String(body.email ?? '').trim()
  const email = z.email().max(100).safeParse(typed)
  if (!email.success) {
    return await emailPage(c, face, { next, typed, status: 422, trouble: t.wrongEmail })
  }
  const from = await limitsOf(face).address.take(clientAddress(c))
  if (!from.ok) {
    c.header('retry-after', String(from.retryAfter))
    const trouble = t.tooMany(Math.ceil(from.retryAfter / 60))
    return await emailPage(c, face, { next, typed, status: 429, trouble })
  }
  await Promise.all([mailLink(c, face, email.data, next), wait(answerTime)])
  return c.redirect(`${routes.account.signIn()}?${new URLSearchParams({ sent: '', next })}`, 303)
}

async function mailLink(c: WebContext, face: Face, email: string, next: string) {
  const { shop, config, log } = face
  if (!(await limitsOf(face).email.take(email)).ok) return
  const to = next === routes.account.show() ? undefined : next
  const key = await mailSignInLink(shop, { email, locale: c.var.locale, next: to })
  // A shop to try out has no mail server as a rule; whoever started it reads its log.
  if (key && config.sandboxed && !shop.settings.mailing) {
    log.info({ link: signInUrl(shop.settings, key, to) }, 'a link to sign in, which this shop can’t mail')
  }
}

/**
 * One address that asks for everybody has to wait. Of one e-mail's links a few are mailed within the time that a link
 * works: more are not, and strangers who use them up leave the last ones, which work, in its mailbox.
 */
function limitsOf({ pool }: Face) {
  return {
    address: rateLimit(pool, { name: 'customer-address', attempts: 20, seconds: 900 }),
    email: rateLimit(pool, { name: 'customer-email', attempts: 4, seconds: linkMinutes * 60 }),
  }
}

/** What a mailed link opens. It uses nothing up: mail scanners open links, too. */
export async function showLink(c: WebContext, face: Face) {
  keepPrivate(c)
  const key = c.req.param('key') ?? ''
  if (!(await isSignInLink(face.shop.db, key))) return await stalePage(c, face)
  const t = accountTexts[c.var.locale].signIn
  return await doorPage(
    c,
    face,
    { title: t.link, lead: t.linkText },
    <form method="post" action={routes.account.link(key)} class="stack" novalidate>
      <CsrfField csrf={csrfToken(c)} />
      <input type="hidden" name="next" value={customerPath(c.req.query('next'))} />
      <Button look="primary" size="large">
        {t.enter}
      </Button>
    </form>,
  )
}

/** Uses a link up, and signs its customer in with this browser. */
export async function enter(c: WebContext, face: Face) {
  keepPrivate(c)
  const session = await signIn(face.shop.db, c.req.param('key') ?? '')
  if (session === undefined) return await stalePage(c, face)
  const before = readCookie(c, 'customer')
  if (before) await signOut(face.shop.db, before)
  writeCookie(c, 'customer', session, sessionDays)
  return c.redirect(customerPath((await readBody(c)).next), 303)
}

export async function leave(c: WebContext, face: Face) {
  const session = readCookie(c, 'customer')
  if (session) await signOut(face.shop.db, session)
  dropCookie(c, 'customer')
  return c.redirect(routes.catalog(), 303)
}

/** The key stands in the address: nothing on the way may keep the page. */
function keepPrivate(c: WebContext) {
  c.header('cache-control', 'no-store')
  c.header('x-robots-tag', 'noindex')
}

async function stalePage(c: WebContext, face: Face) {
  const t = accountTexts[c.var.locale].signIn
  return await doorPage(
    c,
    face,
    { title: t.stale, lead: t.staleText(linkMinutes), status: 404 },
    <ButtonLink href={signInPath(c.req.query('next'))} look="primary">
      {t.another}
    </ButtonLink>,
  )
}

type Asked = { next: string; typed?: string; trouble?: string; status?: 422 | 429 }

async function emailPage(c: WebContext, face: Face, { next, typed, trouble, status }: Asked) {
  const t = accountTexts[c.var.locale].signIn
  return await doorPage(
    c,
    face,
    { title: t.title, lead: t.lead, status },
    <Card>
      <form method="post" action={routes.account.signIn()} class="stack" novalidate>
        <CsrfField csrf={csrfToken(c)} />
        <input type="hidden" name="next" value={next} />
        <div class={`field${trouble ? ' wrong' : ''}`}>
          <label for="email">{t.email}</label>
          <input
            type="email"
            id="email"
            name="email"
            value={typed}
            autocomplete="email"
            required
            autofocus
            aria-invalid={trouble && 'true'}
            aria-describedby={trouble ? 'email-help email-error' : 'email-help'}
          />
          <p class="help" id="email-help">
            {t.help}
          </p>
          {trouble && (
            <p class="field-error" id="email-error" role="alert">
              <Icon name="error" size={14} />
              {trouble}
            </p>
          )}
        </div>
        <Button look="primary">{t.send}</Button>
      </form>
    </Card>,
  )
}

async function doorPage(c: WebContext, face: Face, { title, lead, status }: Shown, content: Child) {
  return shopPage(
    c,
    face,
    {
      title,
      status,
      cartCount: await cartCount(c, face),
      width: 'narrow',
      head: <meta name="robots" content="noindex" />,
    },
    <>
      <PageHead title={title} lead={lead} />
      {content}
    </>,
  )
}
