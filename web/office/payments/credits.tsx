import { randomUUID } from 'node:crypto'
import { elementsOf, readForm, validate } from '../../../sdk/form.ts'
import { z } from '../../../sdk/index.ts'
import {
  type CreditAccount,
  type CreditMovement,
  correctCredits,
  findCredits,
  listCreditMovements,
  listCredits,
  mostCreditCents,
} from '../../../shop/credits.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { csrfToken, readBody } from '../../security.ts'
import { Button, CsrfField } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { ErrorSummary, summaryOf } from '../../ui/error-summary.tsx'
import { FormElements } from '../../ui/form-elements.tsx'
import { formatMoney } from '../../ui/locale.ts'
import { Moment } from '../../ui/moment.tsx'
import { Money } from '../../ui/money.tsx'
import { Pager, Table } from '../../ui/table.tsx'
import { textOf } from '../field.tsx'
import { Filters } from '../filters.tsx'
import { asked, notFound, type OfficeContext, readId, whoOf } from '../office-route.ts'
import { mayChange, officePage, redirectTo, withQuery } from '../page.tsx'
import type { SentForm } from '../reason-form.tsx'
import { sayWho, sayWhy } from '../say.ts'
import { creditsTexts } from './credits-texts.ts'
import { PaymentsHead } from './payments-head.tsx'

const paths = routes.office.payments

/** The page of one customer's credits. */
export const creditsOf = (email: string) => withQuery(paths.credits(), { email })

const correctionSchema = z.object({
  amountCents: z
    .int()
    .min(-mostCreditCents)
    .max(mostCreditCents)
    .meta({
      type: 'money',
      label: { en: 'Amount', fr: 'Montant' },
      help: { en: 'To take credits away: -50.', fr: 'Pour retirer des crédits : -50.' },
    }),
  why: z
    .string()
    .min(3)
    .max(500)
    .meta({
      label: { en: 'Why', fr: 'Pourquoi' },
      help: { en: 'Kept with your name.', fr: 'Conservé avec votre nom.' },
    }),
})
const correctionElements = elementsOf(correctionSchema)
const prefix = 'correct.'

/** Everybody's credits, or those of one customer. */
export async function showCredits(c: OfficeContext, face: Face) {
  const email = asked(c, 'email')
  return email === undefined ? await listPage(c, face) : await customerPage(c, face, email.toLowerCase())
}

/** An operator corrects what a customer has, with a reason. */
export async function correctThese(c: OfficeContext, face: Face) {
  const body = await readBody(c)
  const email = z.email().max(254).safeParse(textOf(body.email)?.toLowerCase())
  if (!email.success) notFound()
  const values = readForm(correctionElements, body, prefix)
  const read = validate(correctionSchema, correctionElements, values)
  const again = (errors: SentForm['errors']) =>
    customerPage(c, face, email.data, { form: 'correct', values, errors })
  if (!read.ok) return await again(read.errors)
  const { amountCents, why } = read.value
  const { currency } = face.shop.settings
  const once = z.uuid().safeParse(textOf(body.once))
  const corrected = await correctCredits(
    face.shop.db,
    { email: email.data, currency, amountCents },
    { who: whoOf(c), why, request: once.success ? once.data : randomUUID() },
  )
  if (corrected.ok) return redirectTo(c, creditsOf(email.data), 'corrected')
  if (corrected.reason !== 'balance')
    return await again({ amountCents: { en: creditsTexts.en.zero, fr: creditsTexts.fr.zero } })
  const balance = (await findCredits(face.shop.db, email.data, currency))?.balanceCents ?? 0
  return await again({
    amountCents: {
      en: creditsTexts.en.tooMuch(formatMoney(balance, currency, 'en')),
      fr: creditsTexts.fr.tooMuch(formatMoney(balance, currency, 'fr')),
    },
  })
}

async function listPage(c: OfficeContext, face: Face) {
  const { locale } = c.var
  const t = creditsTexts[locale]
  const search = asked(c, 'search')
  const before = readId(asked(c, 'before'))
  const { accounts, next } = await listCredits(face.shop.db, { search, before })
  return await officePage(
    c,
    face,
    { title: t.title, section: 'payments' },
    <>
      <PaymentsHead c={c} current={paths.credits()} />
      <p class="soft">{t.text}</p>
      <Filters path={paths.credits()} label={t.search} hint={t.searchHint} search={search} locale={locale} />
      <Card flush>
        <Table
          caption={t.title}
          locale={locale}
          rows={accounts}
          empty={
            <>
              <p class="empty-title">{search ? t.noneFound : t.none}</p>
              {search?.includes('@') && mayChange(c) ? (
                <p>
                  <a href={creditsOf(search)}>{t.giveTo(search)}</a>
                </p>
              ) : (
                !search && <p class="soft">{t.noneHelp}</p>
              )}
            </>
          }
          columns={[
            {
              label: t.customer,
              heading: true,
              cell: ({ email }: CreditAccount) => <a href={creditsOf(email)}>{email}</a>,
            },
            {
              label: t.balance,
              numeric: true,
              narrow: true,
              cell: ({ balanceCents, currency }) => (
                <Money cents={balanceCents} currency={currency} locale={locale} />
              ),
            },
          ]}
        />
        <Pager
          next={next === undefined ? undefined : withQuery(paths.credits(), { search, before: next })}
          first={before === undefined ? undefined : withQuery(paths.credits(), { search })}
          locale={locale}
        />
      </Card>
    </>,
  )
}

async function customerPage(c: OfficeContext, face: Face, email: string, sent?: SentForm) {
  const { locale } = c.var
  const { db, settings } = face.shop
  const t = creditsTexts[locale]
  const before = readId(asked(c, 'before'))
  const account = await findCredits(db, email, settings.currency)
  const { movements, next } = account
    ? await listCreditMovements(db, account.id, { before })
    : { movements: [], next: undefined }
  const balance = account?.balanceCents ?? 0
  return await officePage(
    c,
    face,
    { title: t.of(email), section: 'payments', status: sent ? 422 : 200 },
    <>
      <PaymentsHead c={c} current={paths.credits()} />
      <ErrorSummary
        locale={locale}
        errors={sent ? summaryOf(correctionElements, sent.errors, { locale, prefix }) : []}
      />
      <Card
        title={email}
        aside={<a href={withQuery(routes.office.orders.index(), { search: email })}>{t.seeOrders}</a>}
      >
        <p class="soft">{t.balance}</p>
        <p class="credit-balance">{formatMoney(balance, settings.currency, locale)}</p>
        {mayChange(c) && (
          <Confirm label={t.correct} open={Boolean(sent)}>
            <p>{t.correctHelp}</p>
            <form method="post" action={paths.correctCredits()} class="stack" novalidate>
              <CsrfField csrf={csrfToken(c)} />
              <input type="hidden" name="email" value={email} />
              {/* names the request: sent twice, it is done once */}
              <input type="hidden" name="once" value={randomUUID()} />
              <FormElements
                elements={correctionElements}
                values={sent?.values}
                errors={sent?.errors}
                prefix={prefix}
                locale={locale}
              />
              <Button look="primary">{t.correctNow}</Button>
            </form>
          </Confirm>
        )}
      </Card>
      <Card flush title={t.movements}>
        <Table
          caption={t.movements}
          locale={locale}
          rows={movements}
          empty={<p class="empty-title">{t.noMovements}</p>}
          columns={[
            { label: t.at, narrow: true, cell: ({ at }) => <Moment at={at} locale={locale} /> },
            {
              label: t.what,
              heading: true,
              cell: (movement: CreditMovement) => (
                <>
                  {t.kinds[movement.kind]} <Origin movement={movement} />
                  {movement.why && <div class="soft small">{sayWhy(movement.why, locale)}</div>}
                </>
              ),
            },
            { label: t.who, cell: ({ who }) => sayWho(who, face.shop, locale) },
            {
              label: t.amount,
              numeric: true,
              narrow: true,
              cell: ({ amountCents }) => (
                <Money cents={amountCents} currency={settings.currency} locale={locale} signed />
              ),
            },
          ]}
        />
        <Pager
          next={next === undefined ? undefined : withQuery(paths.credits(), { email, before: next })}
          first={before === undefined ? undefined : creditsOf(email)}
          locale={locale}
        />
      </Card>
    </>,
  )
}

/** What moved them: the product where there was one, the order otherwise. */
function Origin({ movement: { productReference, order } }: { movement: CreditMovement }) {
  if (productReference) {
    return (
      <a class="mono" href={routes.office.products.show(productReference)}>
        {productReference}
      </a>
    )
  }
  return order && <a href={routes.office.orders.show(order.number)}>{order.number}</a>
}
