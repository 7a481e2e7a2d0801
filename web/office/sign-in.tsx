import { setTimeout as wait } from 'node:timers/promises'
import { closeSession, openSession, verifyPassword } from '../../shop/operator.ts'
import { dropCookie, readCookie, writeCookie } from '../cookies.ts'
import type { Face } from '../face.ts'
import { rateLimit } from '../rate-limit.ts'
import { routes } from '../routes.ts'
import { clientAddress, csrfToken, readBody } from '../security.ts'
import { Button, CsrfField } from '../ui/button.tsx'
import { Card } from '../ui/card.tsx'
import { Notice } from '../ui/notice.tsx'
import { OfficeDoor } from '../ui/office-layout.tsx'
import { officePath } from './door.ts'
import { Field, textOf } from './field.tsx'
import { asked, type OfficeContext } from './office-route.ts'
import { signInTexts } from './sign-in-texts.ts'

type Shown = { email?: string; next: string; trouble?: string; status?: 200 | 422 | 429 }

export function showSignIn(c: OfficeContext, face: Face) {
  return signInPage(c, face, { next: officePath(asked(c, 'next')) })
}

/** Checks e-mail and password. The answer is the same for an unknown e-mail, a wrong password and a disabled operator. */
export async function signIn(c: OfficeContext, face: Face) {
  const t = signInTexts[c.var.locale]
  const body = await readBody(c)
  const email = textOf(body.email).trim()
  const next = officePath(body.next)
  const limits = limitsOf(face)
  const address = clientAddress(c)
  const [pair, all, everywhere] = await Promise.all([
    limits.pair.take(`${address} ${email}`),
    limits.address.take(address),
    limits.email.take(email),
  ])
  const waits = [pair, all].flatMap((attempt) => (attempt.ok ? [] : [attempt.retryAfter]))
  if (waits.length > 0) {
    const seconds = Math.max(...waits)
    c.header('retry-after', String(seconds))
    return await signInPage(c, face, {
      email,
      next,
      status: 429,
      trouble: t.tooMany(Math.ceil(seconds / 60)),
    })
  }
  if (!everywhere.ok) {
    face.log.warn({ address }, 'many addresses try to sign in as one operator: each try is slowed down')
    await wait(slowDown)
  }
  const operator = await verifyPassword(face.shop.db, { email, password: textOf(body.password) })
  if (!operator) {
    face.log.warn({ address }, 'a sign-in to the office was refused')
    return await signInPage(c, face, { email, next, status: 422, trouble: t.wrong })
  }
  await limits.pair.forgive(`${address} ${email}`)
  const before = readCookie(c, 'session')
  if (before) await closeSession(face.shop.db, before)
  writeCookie(c, 'session', await openSession(face.shop.db, operator.id))
  return c.redirect(next, 303)
}

export async function signOut(c: OfficeContext, face: Face) {
  const token = readCookie(c, 'session')
  if (token) await closeSession(face.shop.db, token)
  dropCookie(c, 'session')
  return c.redirect(routes.office.signIn(), 303)
}

/** Milliseconds. */
const slowDown = 1500

/**
 * One person who mistypes and one address that tries everybody have to wait. Everybody who tries one person is only
 * slowed down: refused, strangers could lock an operator out.
 */
function limitsOf({ pool }: Face) {
  return {
    pair: rateLimit(pool, { name: 'sign-in-pair', attempts: 8, seconds: 900 }),
    address: rateLimit(pool, { name: 'sign-in-address', attempts: 40, seconds: 900 }),
    email: rateLimit(pool, { name: 'sign-in-email', attempts: 60, seconds: 3600 }),
  }
}

async function signInPage(c: OfficeContext, face: Face, shown: Shown) {
  const { locale } = c.var
  const t = signInTexts[locale]
  const { pathname, search } = new URL(c.req.url)
  return await c.html(
    <OfficeDoor
      title={t.title}
      shopName={face.shop.settings.name}
      locale={locale}
      path={c.req.method === 'GET' ? `${pathname}${search}` : pathname}
    >
      <Card>
        <form method="post" action={routes.office.signIn()} class="stack" novalidate>
          <h1>{t.title}</h1>
          {shown.trouble && (
            <Notice tone="error" locale={locale} announced>
              <p>{shown.trouble}</p>
            </Notice>
          )}
          <CsrfField csrf={csrfToken(c)} />
          <input type="hidden" name="next" value={shown.next} />
          <Field id="email" label={t.email}>
            <input
              type="email"
              id="email"
              name="email"
              value={shown.email}
              autocomplete="username"
              required
              autofocus={!shown.email}
            />
          </Field>
          <Field id="password" label={t.password}>
            <input
              type="password"
              id="password"
              name="password"
              autocomplete="current-password"
              required
              autofocus={Boolean(shown.email)}
            />
          </Field>
          <Button look="primary">{t.enter}</Button>
        </form>
      </Card>
    </OfficeDoor>,
    shown.status ?? 200,
  )
}
