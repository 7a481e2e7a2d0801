import type { Role } from '../../db/schema.ts'
import { elementsOf, type FormErrors, type FormValues, readForm, validate } from '../../sdk/form.ts'
import { type Text, z } from '../../sdk/index.ts'
import { changeOwnPassword } from '../../shop/change-operator.ts'
import { createApiToken, listApiTokens, openSession, revokeApiToken } from '../../shop/operator.ts'
import { writeCookie } from '../cookies.ts'
import type { Face } from '../face.ts'
import { rateLimit } from '../rate-limit.ts'
import { routes } from '../routes.ts'
import { csrfToken, readBody } from '../security.ts'
import { Badge } from '../ui/badge.tsx'
import { Button, ButtonForm, ButtonLink, CsrfField } from '../ui/button.tsx'
import { Card, PageHead } from '../ui/card.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { ErrorSummary, summaryOf } from '../ui/error-summary.tsx'
import { FormElements } from '../ui/form-elements.tsx'
import { KeyValue } from '../ui/key-value.tsx'
import { Moment } from '../ui/moment.tsx'
import { Notice } from '../ui/notice.tsx'
import { Table } from '../ui/table.tsx'
import { accountTexts } from './account-texts.ts'
import { idParameter, type OfficeContext } from './office-route.ts'
import { operatorsTexts } from './operators-texts.ts'
import { officePage, redirectTo } from './page.tsx'
import { texts } from './texts.ts'

const roles = ['viewer', 'operator', 'admin'] as const satisfies Role[]

const passwordSchema = z.object({
  current: z
    .string()
    .max(200)
    .meta({
      label: { en: 'Your password now', fr: 'Votre mot de passe actuel' },
      type: 'secret',
      autocomplete: 'current-password',
    }),
  wanted: z
    .string()
    .min(12)
    .max(200)
    .meta({
      label: { en: 'The new one', fr: 'Le nouveau' },
      help: { en: 'Twelve characters at least.', fr: 'Douze caractères au moins.' },
      type: 'secret',
      autocomplete: 'new-password',
    }),
})
const passwordElements = elementsOf(passwordSchema)

const tokenSchema = z.object({
  name: z
    .string()
    .min(1)
    .max(80)
    .meta({
      label: { en: 'Name', fr: 'Nom' },
      help: { en: 'Which program will use it.', fr: 'Le programme qui s’en servira.' },
    }),
  role: z
    .enum(roles)
    .default('viewer')
    .meta({
      label: { en: 'May', fr: 'Peut' },
      optionLabels: {
        viewer: { en: 'read', fr: 'lire' },
        operator: { en: 'read and sell', fr: 'lire et vendre' },
        admin: { en: 'do all', fr: 'tout faire' },
      },
    }),
})
const tokenElements = elementsOf(tokenSchema)

type Sent = { form: 'password' | 'token'; values: FormValues; errors: FormErrors }

export async function showAccount(c: OfficeContext, face: Face) {
  return await accountPage(c, face, {})
}

/** Changes one's own password. All one's sessions end, and this one is opened again. */
export async function changePassword(c: OfficeContext, face: Face) {
  const { operator } = c.var
  const values = readForm(passwordElements, await readBody(c), 'password.')
  const refuse = (errors: FormErrors) =>
    accountPage(c, face, { sent: { form: 'password', values: {}, errors } })
  const read = validate(passwordSchema, passwordElements, values)
  if (!read.ok) return await refuse(read.errors)
  const limit = rateLimit(face.pool, { name: 'own-password', attempts: 10, seconds: 900 })
  const wrong: Text = { en: 'This is not your password.', fr: 'Ce n’est pas votre mot de passe.' }
  if (!(await limit.take(operator.email)).ok) return await refuse({ current: wrong })
  const changed = await changeOwnPassword(face.shop.db, operator.email, read.value)
  if (!changed.ok) {
    return await refuse(
      changed.reason === 'current_wrong'
        ? { current: wrong }
        : { wanted: { en: 'Twelve characters at least.', fr: 'Douze caractères au moins.' } },
    )
  }
  writeCookie(c, 'session', await openSession(face.shop.db, operator.id))
  return redirectTo(c, routes.office.account.show(), 'passwordChanged')
}

/** Makes a token for a program; it is shown on this one page and never again. */
export async function makeToken(c: OfficeContext, face: Face) {
  const { operator } = c.var
  const values = readForm(tokenElements, await readBody(c), 'token.')
  const read = validate(tokenSchema, tokenElements, values)
  if (!read.ok) return await accountPage(c, face, { sent: { form: 'token', values, errors: read.errors } })
  const { name, role } = read.value
  const { token } = await createApiToken(face.shop.db, { operatorId: operator.id, name, role })
  face.log.info({ operator: operator.email, token: name }, 'an API token was made')
  return await accountPage(c, face, { made: { name, token } })
}

/** Revokes a token, whosever it is. */
export async function revokeToken(c: OfficeContext, face: Face) {
  const revoked = await revokeApiToken(face.shop.db, idParameter(c))
  return redirectTo(c, routes.office.account.show(), revoked ? 'tokenRevoked' : 'tooLate')
}

async function accountPage(
  c: OfficeContext,
  face: Face,
  { sent, made }: { sent?: Sent; made?: { name: string; token: string } },
) {
  const { locale, operator } = c.var
  const t = accountTexts[locale]
  const csrf = csrfToken(c)
  const admin = operator.role === 'admin'
  const tokens = admin ? await listApiTokens(face.shop.db) : []
  const elements = sent?.form === 'password' ? passwordElements : tokenElements
  if (made) c.header('cache-control', 'no-store')
  return await officePage(
    c,
    face,
    { title: t.title, section: 'account', status: sent ? 422 : 200 },
    <>
      <PageHead
        title={t.title}
        actions={
          admin && (
            <ButtonLink href={routes.office.operators.index()}>{operatorsTexts[locale].title}</ButtonLink>
          )
        }
      />
      <ErrorSummary
        locale={locale}
        errors={sent ? summaryOf(elements, sent.errors, { locale, prefix: `${sent.form}.` }) : []}
      />
      {made && (
        <Notice tone="success" title={t.tokenMade(made.name)} locale={locale} announced>
          <p>{t.tokenOnce}</p>
          <p>
            <code class="secret">{made.token}</code>
          </p>
        </Notice>
      )}
      <div class="columns even">
        <div>
          <Card title={t.you}>
            <KeyValue
              rows={[
                [t.name, operator.name],
                [t.email, operator.email],
                [t.role, `${texts[locale].roles[operator.role]}. ${texts[locale].roleHelp[operator.role]}`],
              ]}
            />
          </Card>
          <Card title={t.password}>
            <form method="post" action={routes.office.account.password()} class="stack" novalidate>
              <CsrfField csrf={csrf} />
              {/* for password managers */}
              <input type="hidden" name="username" value={operator.email} autocomplete="username" />
              <FormElements
                elements={passwordElements}
                errors={sent?.form === 'password' ? sent.errors : undefined}
                prefix="password."
                locale={locale}
              />
              <p class="soft small">{t.passwordText}</p>
              <Button look="primary">{t.changePassword}</Button>
            </form>
          </Card>
        </div>
        {admin && <Tokens {...{ c, csrf, sent }} tokens={tokens} />}
      </div>
    </>,
  )
}

type TokensProps = {
  c: OfficeContext
  csrf: string
  sent?: Sent
  tokens: Awaited<ReturnType<typeof listApiTokens>>
}

/** The tokens of everybody's programs, for administrators. */
function Tokens({ c, csrf, sent, tokens }: TokensProps) {
  const { locale } = c.var
  const t = accountTexts[locale]
  return (
    <div>
      <Card flush title={t.tokens}>
        <Table
          caption={t.tokens}
          locale={locale}
          rows={tokens}
          empty={<p>{t.noTokens}</p>}
          columns={[
            {
              label: t.name,
              heading: true,
              cell: (token) => (
                <>
                  {token.name}
                  <div class="soft small">{token.email}</div>
                </>
              ),
            },
            {
              label: t.role,
              narrow: true,
              cell: (token) => <Badge>{texts[locale].roles[token.role]}</Badge>,
            },
            {
              label: t.lastUsed,
              narrow: true,
              cell: (token) =>
                token.lastUsedAt ? <Moment at={token.lastUsedAt} locale={locale} /> : t.never,
            },
            {
              label: '',
              cell: (token) => (
                <Confirm label={t.revoke} look="quiet">
                  <p>{t.revokeHelp}</p>
                  <ButtonForm
                    action={routes.office.account.revokeToken(token.id)}
                    csrf={csrf}
                    look="danger"
                    label={t.revokeToken(token.name)}
                  >
                    {t.revoke}
                  </ButtonForm>
                </Confirm>
              ),
            },
          ]}
        />
      </Card>
      <Card title={t.newToken}>
        <form method="post" action={routes.office.account.tokens()} class="stack" novalidate>
          <CsrfField csrf={csrf} />
          <p class="soft">{t.newTokenText}</p>
          <FormElements
            elements={tokenElements}
            values={sent?.form === 'token' ? sent.values : undefined}
            errors={sent?.form === 'token' ? sent.errors : undefined}
            prefix="token."
            locale={locale}
          />
          <Button>{t.makeToken}</Button>
        </form>
      </Card>
    </div>
  )
}
