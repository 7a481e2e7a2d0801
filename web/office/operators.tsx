import { HTTPException } from 'hono/http-exception'
import type { Role } from '../../db/schema.ts'
import { elementsOf, type FormErrors, type FormValues, readForm, validate } from '../../sdk/form.ts'
import { type Text, z } from '../../sdk/index.ts'
import { changeOperator } from '../../shop/change-operator.ts'
import { createOperator, listOperators, type Operator, readablePassword } from '../../shop/operator.ts'
import type { Face } from '../face.ts'
import { routes } from '../routes.ts'
import { csrfToken, readBody } from '../security.ts'
import { Badge } from '../ui/badge.tsx'
import { Button, ButtonForm, CsrfField } from '../ui/button.tsx'
import { Card, PageHead } from '../ui/card.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { ErrorSummary, summaryOf } from '../ui/error-summary.tsx'
import { FormElements } from '../ui/form-elements.tsx'
import { Notice } from '../ui/notice.tsx'
import { Table } from '../ui/table.tsx'
import { idParameter, notFound, type OfficeContext } from './office-route.ts'
import { operatorsTexts } from './operators-texts.ts'
import { officePage, redirectTo } from './page.tsx'
import { texts } from './texts.ts'

const roles = ['operator', 'viewer', 'admin'] as const satisfies Role[]

const operatorSchema = z.object({
  name: z
    .string()
    .min(1)
    .max(100)
    .meta({ label: { en: 'Name', fr: 'Nom' } }),
  email: z
    .email()
    .max(254)
    .meta({ label: { en: 'E-mail', fr: 'Adresse e-mail' } }),
  role: z
    .enum(roles)
    .default('operator')
    .meta({
      label: { en: 'Role', fr: 'Rôle' },
      optionLabels: {
        operator: { en: 'Operator: sells and produces', fr: 'Opérateur : vend et produit' },
        viewer: { en: 'Viewer: reads, changes nothing', fr: 'Lecteur : lit, ne change rien' },
        admin: { en: 'Administrator: also operators', fr: 'Administrateur : aussi les opérateurs' },
      },
    }),
})
const operatorElements = elementsOf(operatorSchema)

const faults: Record<'email_taken' | 'email_invalid' | 'name_missing' | 'password_short', [string, Text]> = {
  email_taken: [
    'email',
    { en: 'There is an operator with this address already.', fr: 'Un opérateur a déjà cette adresse.' },
  ],
  email_invalid: ['email', { en: 'This is not an e-mail address.', fr: 'Ce n’est pas une adresse e-mail.' }],
  name_missing: ['name', { en: 'Please fill this in.', fr: 'Merci de remplir ce champ.' }],
  password_short: ['', { en: 'The password is too short.', fr: 'Le mot de passe est trop court.' }],
}

type ListedOperator = Operator & { disabledAt: Date | null }
type Sent = { values: FormValues; errors: FormErrors }

export async function operatorList(c: OfficeContext, face: Face) {
  return await operatorsPage(c, face, {})
}

/** Makes an operator, with a password that is shown on this one page. */
export async function addOperator(c: OfficeContext, face: Face) {
  const values = readForm(operatorElements, await readBody(c))
  const read = validate(operatorSchema, operatorElements, values)
  if (!read.ok) return await operatorsPage(c, face, { sent: { values, errors: read.errors } })
  const password = readablePassword()
  const created = await createOperator(face.shop.db, { ...read.value, password })
  if (!created.ok) {
    const [field, text] = faults[created.fault]
    return await operatorsPage(c, face, { sent: { values, errors: { [field]: text } } })
  }
  face.log.info({ by: c.var.operator.email, operator: created.operator.email }, 'an operator was added')
  return await operatorsPage(c, face, { made: { email: created.operator.email, password } })
}

/** Gives an operator another role, disables them, or lets them in again. */
export async function changeThisOperator(c: OfficeContext, face: Face) {
  const id = idParameter(c)
  const body = await readBody(c)
  const role = roles.find((one) => one === body.role)
  const disabled = body.disabled === 'true' ? true : body.disabled === 'false' ? false : undefined
  if (role === undefined && disabled === undefined) throw new HTTPException(422)
  const changed = await changeOperator(face.shop.db, id, { role, disabled })
  if (!changed.ok && changed.reason === 'not_found') notFound()
  if (changed.ok)
    face.log.info({ by: c.var.operator.email, operator: id, role, disabled }, 'an operator was changed')
  return redirectTo(c, routes.office.operators.index(), changed.ok ? 'operatorChanged' : 'lastAdmin')
}

async function operatorsPage(
  c: OfficeContext,
  face: Face,
  { sent, made }: { sent?: Sent; made?: { email: string; password: string } },
) {
  const { locale } = c.var
  const t = operatorsTexts[locale]
  const csrf = csrfToken(c)
  const operators = await listOperators(face.shop.db)
  if (made) c.header('cache-control', 'no-store')
  return await officePage(
    c,
    face,
    { title: t.title, section: 'operators', status: sent ? 422 : 200 },
    <>
      <PageHead title={t.title} lead={t.lead} />
      <ErrorSummary
        locale={locale}
        errors={sent ? summaryOf(operatorElements, sent.errors, { locale }) : []}
      />
      {made && (
        <Notice tone="success" title={t.made(made.email)} locale={locale} announced>
          <p>{t.madeText}</p>
          <p>
            <code class="secret">{made.password}</code>
          </p>
        </Notice>
      )}
      <div class="columns">
        <div>
          <Card flush>
            <Operators c={c} operators={operators} csrf={csrf} />
          </Card>
        </div>
        <div>
          <Card title={t.add}>
            <form method="post" action={routes.office.operators.index()} class="stack" novalidate>
              <CsrfField csrf={csrf} />
              <FormElements
                elements={operatorElements}
                values={sent?.values}
                errors={sent?.errors}
                locale={locale}
              />
              <Button look="primary">{t.addNow}</Button>
            </form>
          </Card>
        </div>
      </div>
    </>,
  )
}

function Operators({ c, operators, csrf }: { c: OfficeContext; operators: ListedOperator[]; csrf: string }) {
  const { locale } = c.var
  const t = operatorsTexts[locale]
  return (
    <Table
      caption={t.title}
      locale={locale}
      rows={operators}
      columns={[
        {
          label: t.name,
          heading: true,
          cell: (operator) => (
            <>
              {operator.name} {operator.id === c.var.operator.id && <span class="soft">({t.you})</span>}
              <div class="soft small">{operator.email}</div>
            </>
          ),
        },
        {
          label: t.role,
          cell: (operator) =>
            operator.disabledAt ? (
              <Badge tone="neutral">{t.disabled}</Badge>
            ) : (
              <ButtonForm
                action={routes.office.operators.change(operator.id)}
                csrf={csrf}
                size="small"
                label={t.changeRole(operator.name)}
                before={
                  <select name="role" aria-label={t.roleOf(operator.name)} class="small">
                    {roles.map((role) => (
                      <option value={role} selected={role === operator.role}>
                        {texts[locale].roles[role]}
                      </option>
                    ))}
                  </select>
                }
              >
                {t.change}
              </ButtonForm>
            ),
        },
        {
          label: '',
          narrow: true,
          cell: (operator) =>
            operator.disabledAt ? (
              <ButtonForm
                action={routes.office.operators.change(operator.id)}
                csrf={csrf}
                size="small"
                fields={{ disabled: 'false' }}
                label={t.enableWho(operator.name)}
              >
                {t.enable}
              </ButtonForm>
            ) : (
              <Confirm label={t.disable} look="quiet">
                <p>{t.disableHelp}</p>
                <ButtonForm
                  action={routes.office.operators.change(operator.id)}
                  csrf={csrf}
                  look="danger"
                  fields={{ disabled: 'true' }}
                  label={t.disableWho(operator.name)}
                >
                  {t.disable}
                </ButtonForm>
              </Confirm>
            ),
        },
      ]}
    />
  )
}
