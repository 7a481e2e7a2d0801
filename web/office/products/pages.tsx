import { randomUUID } from 'node:crypto'
import type { ProductState } from '../../../db/schema.ts'
import { elementsOf, type FormErrors, type FormValues, readForm } from '../../../sdk/form.ts'
import {
  actionsFor,
  actOnProduct,
  findProduct,
  listProducts,
  type OfferedAction,
  type OwnedProduct,
  productHistory,
} from '../../../shop/product.ts'
import { besideEnrolments, type ToldAccess } from '../../../shop/product-access.ts'
import { enrolmentsOfProduct, type ToldEnrolment } from '../../../shop/told-enrolments.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { csrfToken, readBody } from '../../security.ts'
import { Badge, StateBadge, stateText } from '../../ui/badge.tsx'
import { Button, CsrfField } from '../../ui/button.tsx'
import { Card, EmptyState, PageHead } from '../../ui/card.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { ErrorSummary, summaryOf } from '../../ui/error-summary.tsx'
import { FormElements } from '../../ui/form-elements.tsx'
import { KeyValue } from '../../ui/key-value.tsx'
import { formatMoment, type Locale, pick } from '../../ui/locale.ts'
import { Moment } from '../../ui/moment.tsx'
import { Pager, Table } from '../../ui/table.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { Timeline } from '../../ui/timeline.tsx'
import { textOf } from '../field.tsx'
import { Filters } from '../filters.tsx'
import { asked, askedOneOf, notFound, type OfficeContext, parameter, readId, whoOf } from '../office-route.ts'
import { mayChange, officePage, redirectTo, withQuery } from '../page.tsx'
import { sayWho } from '../say.ts'
import { texts } from '../texts.ts'

const states = ['active', 'suspended', 'ended', 'revoked'] as const satisfies ProductState[]

export async function productList(c: OfficeContext, face: Face) {
  const { locale } = c.var
  const t = texts[locale].products
  const path = routes.office.products.index()
  const state = askedOneOf(c, 'state', states)
  const search = asked(c, 'search')
  const before = readId(asked(c, 'before'))
  const { products, next } = await listProducts(face.shop.db, { state, search, before })
  return await officePage(
    c,
    face,
    { title: t.title, section: 'products' },
    <>
      <PageHead title={t.title} />
      <Tabs
        label={t.title}
        current={withQuery(path, { state, search })}
        tabs={[undefined, ...states].map((one) => ({
          text: one ? stateText({ kind: 'product', state: one }, locale) : texts[locale].list.all,
          href: withQuery(path, { state: one, search }),
        }))}
      />
      <Filters
        path={path}
        label={t.search}
        hint={t.searchHint}
        search={search}
        kept={{ state }}
        locale={locale}
      />
      <Card flush>
        <Table
          caption={t.title}
          locale={locale}
          rows={products}
          empty={<EmptyState title={search || state ? texts[locale].list.noneFound : t.none} />}
          columns={[
            {
              label: t.reference,
              heading: true,
              narrow: true,
              cell: (product) => (
                <a class="mono" href={routes.office.products.show(product.reference)}>
                  {product.reference}
                </a>
              ),
            },
            { label: t.product, cell: (product) => pick(product.title, locale) },
            {
              label: t.holder,
              cell: (product) =>
                product.holder ? (
                  <>
                    {product.holder.firstname} {product.holder.lastname}
                    <div class="soft small">{product.holder.email}</div>
                  </>
                ) : (
                  '–'
                ),
            },
            {
              label: t.order,
              narrow: true,
              cell: (product) => (
                <a href={routes.office.orders.show(product.orderNumber)}>{product.orderNumber}</a>
              ),
            },
            {
              label: t.ends,
              narrow: true,
              cell: (product) =>
                product.endsAt ? <Moment at={product.endsAt} day locale={locale} /> : t.noEnd,
            },
            { label: t.state, narrow: true, cell: (product) => <State product={product} locale={locale} /> },
          ]}
        />
        <Pager
          next={next === undefined ? undefined : withQuery(path, { state, search, before: next })}
          first={before === undefined ? undefined : withQuery(path, { state, search })}
          locale={locale}
        />
      </Card>
    </>,
  )
}

/** A product whose end has passed says so, though nobody changed it. */
function State({ product, locale }: { product: OwnedProduct; locale: Locale }) {
  const over = product.state === 'active' && product.endsAt !== null && product.endsAt < new Date()
  return <StateBadge kind="product" state={over ? 'ended' : product.state} locale={locale} />
}

type Sent = { action: string; values: FormValues; errors: FormErrors }

export async function showProduct(c: OfficeContext, face: Face) {
  return await productPage(c, face, await productOf(c, face))
}

/** Runs an after-sale action on a product. */
export async function actOnThis(c: OfficeContext, face: Face) {
  const product = await productOf(c, face)
  const name = parameter(c, 'action')
  const action = actionsFor(face.shop, product, 'operator').find(([one]) => one === name)?.[1]
  const here = routes.office.products.show(product.reference)
  if (!action) return redirectTo(c, here, 'tooLate')
  const body = await readBody(c)
  const values = readForm(elementsOf(action.input), body, `${name}.`)
  const once = textOf(body.once)
  const acted = await actOnProduct(
    face.shop,
    face.engine,
    product.reference,
    name,
    values,
    { who: whoOf(c), audience: 'operator' },
    isUuid(once) ? once : undefined,
  )
  if (acted.ok) {
    const outcomes = { done: 'acted', waiting: 'actedLater', needs_operator: 'actedNot' } as const
    return redirectTo(c, here, outcomes[acted.state])
  }
  if (acted.reason === 'invalid') {
    return await productPage(c, face, product, { action: name, values, errors: acted.errors })
  }
  return redirectTo(c, here, 'tooLate')
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)
}

async function productOf(c: OfficeContext, face: Face): Promise<OwnedProduct> {
  return (await findProduct(face.shop.db, parameter(c, 'reference'))) ?? notFound()
}

async function productPage(c: OfficeContext, face: Face, product: OwnedProduct, sent?: Sent) {
  const { locale } = c.var
  const { shop } = face
  const t = texts[locale].products
  const [history, enrolments, beside] = await Promise.all([
    productHistory(shop.db, product.id),
    enrolmentsOfProduct(shop.db, product.id),
    besideEnrolments(shop.db, product.id),
  ])
  const actions = mayChange(c) ? actionsFor(shop, product, 'operator') : []
  const all = shop.registry().handlers.get(product.handler)?.handler.actions ?? {}
  const failed = actions.find(([name]) => name === sent?.action)?.[1]
  const csrf = csrfToken(c)
  return await officePage(
    c,
    face,
    { title: product.reference, section: 'products', status: sent ? 422 : 200 },
    <>
      <PageHead
        title={pick(product.title, locale)}
        lead={<span class="mono">{product.reference}</span>}
        back={{ href: routes.office.products.index(), text: t.title }}
        actions={<State product={product} locale={locale} />}
      />
      <ErrorSummary
        locale={locale}
        errors={
          sent && failed
            ? summaryOf(elementsOf(failed.input), sent.errors, { locale, prefix: `${sent.action}.` })
            : []
        }
      />
      <div class="columns">
        <div>
          {actions.length > 0 && (
            <Card title={t.actions}>
              <div class="actions">
                {actions.map(([name, action]) => (
                  <ActionForm
                    {...{ name, action, product, csrf, locale }}
                    sent={sent?.action === name ? sent : undefined}
                  />
                ))}
              </div>
            </Card>
          )}
          <Card flush title={t.enrolments}>
            <Access {...{ enrolments, beside, locale }} siteUrl={shop.site.url} />
          </Card>
          <Card title={t.history}>
            <Timeline
              locale={locale}
              items={history.toReversed().map((event) => ({
                at: event.at,
                title: sayEvent(event.event, all, locale),
                who: sayWho(event.who, shop, locale),
                detail: sayChange(event.data, event.why, locale),
                tone:
                  event.event === 'delivered' ? 'success' : event.event === 'revoked' ? 'danger' : 'neutral',
              }))}
            />
          </Card>
        </div>
        <div>
          <Card title={t.facts}>
            <KeyValue
              rows={[
                [
                  t.holder,
                  product.holder ? (
                    <>
                      {product.holder.firstname} {product.holder.lastname}
                      <div class="soft">{product.holder.email}</div>
                    </>
                  ) : undefined,
                ],
                [t.order, <a href={routes.office.orders.show(product.orderNumber)}>{product.orderNumber}</a>],
                [t.starts, <Moment at={product.startsAt} locale={locale} />],
                [t.ends, product.endsAt ? <Moment at={product.endsAt} locale={locale} /> : t.noEnd],
                [t.link, product.link && <LinkOut href={product.link} />],
                [t.handler, <span class="mono">{product.handler}</span>],
                [t.made, <Moment at={product.createdAt} locale={locale} />],
                ...Object.entries(product.data).map(([name, value]): [string, string] => [
                  name,
                  typeof value === 'string' ? value : JSON.stringify(value),
                ]),
              ]}
            />
          </Card>
        </div>
      </div>
    </>,
  )
}

/** A handler's link: only what leads to a page is one. */
function LinkOut({ href }: { href: string }) {
  return /^https?:/i.test(href) ? <a href={href}>{href}</a> : <span>{href}</span>
}

type ActionProps = {
  name: string
  action: OfferedAction
  product: OwnedProduct
  csrf: string
  sent?: Sent
  locale: Locale
}

/** The form of one action, made from its schema; it opens to be confirmed. */
function ActionForm({ name, action, product, csrf, sent, locale }: ActionProps) {
  return (
    <Confirm
      label={pick(action.title, locale)}
      look={name === 'revoke' ? 'danger' : 'plain'}
      open={Boolean(sent)}
    >
      {action.help && <p>{pick(action.help, locale)}</p>}
      <form
        method="post"
        action={routes.office.products.act(product.reference, name)}
        class="stack"
        novalidate
      >
        <CsrfField csrf={csrf} />
        {/* names the request: sent twice, it is done once */}
        <input type="hidden" name="once" value={randomUUID()} />
        <FormElements
          elements={elementsOf(action.input)}
          values={sent?.values ?? action.initial?.(product)}
          errors={sent?.errors}
          prefix={`${name}.`}
          locale={locale}
        />
        <Button look={name === 'revoke' ? 'danger' : 'primary'}>{texts[locale].products.confirm}</Button>
      </form>
    </Confirm>
  )
}

type AccessProps = {
  enrolments: ToldEnrolment[]
  beside: ToldAccess[]
  siteUrl: string
  locale: Locale
}

/** What a product opens, and what Moodle was told of it: enrolments, then what stands beside them. */
function Access({ enrolments, beside, siteUrl, locale }: AccessProps) {
  const t = texts[locale].products
  const rows = [
    ...enrolments.map((one) => ({
      ...one,
      what: { text: t.courseOf(one.course), course: one.course },
      gives: t.givesOf(one.role, one.group),
      said: one.told && (
        <>
          {one.told.suspended ? t.suspended : t.open}, {period(one.told, locale)}
          <div class="soft small">{t.rolesOf(one.told.roles, one.told.groups)}</div>
        </>
      ),
    })),
    ...beside.map((one) => ({
      ...one,
      ...sayGiven(one.gives, locale),
      said: one.told === null ? null : one.told ? t.given : t.taken,
    })),
  ]
  return (
    <Table
      caption={t.enrolments}
      locale={locale}
      rows={rows}
      empty={<p>{t.noEnrolments}</p>}
      columns={[
        {
          label: t.where,
          heading: true,
          cell: ({ what }) =>
            what.course === undefined ? (
              what.text
            ) : (
              <a href={`${siteUrl}/course/view.php?id=${what.course}`}>{what.text}</a>
            ),
        },
        { label: t.user, narrow: true, cell: ({ user }) => user },
        { label: t.gives, cell: ({ gives }) => gives },
        { label: t.told, cell: ({ said }) => said ?? t.nothingTold },
        {
          label: t.toldAt,
          cell: ({ toldAt, behind, trouble }) => (
            <>
              {trouble ? (
                <Badge tone="danger">{t.refused}</Badge>
              ) : behind ? (
                <Badge tone="warning">{t.behind}</Badge>
              ) : (
                toldAt && <Moment at={toldAt} locale={locale} />
              )}
              {trouble && <div class="small">{trouble}</div>}
            </>
          ),
        },
      ]}
    />
  )
}

/** Something that a product gives without enrolling anyone: where, and what there. */
function sayGiven(
  given: ToldAccess['gives'],
  locale: Locale,
): { what: { text: string; course?: number }; gives: string } {
  const t = texts[locale].products
  if ('cohort' in given) return { what: { text: t.cohortOf(given.cohort) }, gives: '' }
  if ('context' in given) {
    const { level, instance } = given.context
    const text = level === 'system' ? t.systemRole(given.role) : t.categoryRole(given.role, instance)
    return { what: { text }, gives: '' }
  }
  const what = { text: t.courseOf(given.course), course: given.course }
  return { what, gives: 'group' in given ? t.groupAlone(given.group) : t.roleAlone(given.role) }
}

function period(told: NonNullable<ToldEnrolment['told']>, locale: Locale): string {
  const t = texts[locale].products
  const day = (seconds: number) => formatMoment(new Date(seconds * 1000), locale)
  return told.endsAt > 0 ? t.fromTo(day(told.startsAt), day(told.endsAt)) : t.from(day(told.startsAt))
}

function sayEvent(event: string, actions: Record<string, OfferedAction>, locale: Locale): string {
  const known: Record<string, string> = texts[locale].products.events
  const action = Object.hasOwn(actions, event) ? actions[event] : undefined
  return action ? pick(action.title, locale) : (known[event] ?? event)
}

/** What an action changed, as the history keeps it. */
function sayChange(data: Record<string, unknown>, why: string | null, locale: Locale): string | undefined {
  const t = texts[locale].products
  const { change } = data
  const said: string[] = []
  if (typeof change === 'object' && change !== null) {
    if ('endsAt' in change) {
      said.push(
        typeof change.endsAt === 'string'
          ? t.endsNow(formatMoment(new Date(change.endsAt), locale))
          : t.noEndNow,
      )
    }
    if ('startsAt' in change && typeof change.startsAt === 'string') {
      said.push(t.startsNow(formatMoment(new Date(change.startsAt), locale)))
    }
  }
  if (why) said.push(why)
  return said.length > 0 ? said.join(' ') : undefined
}
