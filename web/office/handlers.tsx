import type { Child } from 'hono/jsx'
import type { HandlerKind, Registered } from '../../production/registry.ts'
import { elementsOf } from '../../sdk/form.ts'
import type { FormElement } from '../../sdk/form-element.ts'
import type { SiteInfo } from '../../sdk/index.ts'
import { findEntry } from '../../shop/entry.ts'
import type { Face } from '../face.ts'
import { routes } from '../routes.ts'
import { Badge } from '../ui/badge.tsx'
import { Card, EmptyState, PageHead } from '../ui/card.tsx'
import { Icon } from '../ui/icon.tsx'
import { KeyValue } from '../ui/key-value.tsx'
import { type Locale, pick } from '../ui/locale.ts'
import { Notice } from '../ui/notice.tsx'
import { Table } from '../ui/table.tsx'
import { handlersTexts } from './handlers-texts.ts'
import type { OfficeContext } from './office-route.ts'
import { officePage } from './page.tsx'
import { Readme, readReadme } from './readme.tsx'
import { texts } from './texts.ts'
import { within } from './within.ts'

const kinds: HandlerKind[] = ['standard', 'extension', 'specific']

/** The handlers that are installed, by kind, and the folders that can't be used, each with its reason. */
export async function handlerList(c: OfficeContext, face: Face) {
  const { locale } = c.var
  const t = handlersTexts[locale]
  const { handlers, faults } = face.shop.registry()
  const all = [...handlers.values()]
  const site = await within(4000, face.shop.site.siteInfo(), undefined)
  const readmes = new Map(
    await Promise.all(all.map(async ({ id, folder }) => [id, await readReadme(folder, locale)] as const)),
  )
  const entries = new Map(
    await Promise.all(
      all
        .filter(({ kind }) => kind === 'specific')
        .map(async ({ id }) => [id, await findEntry(face.shop.db, id)] as const),
    ),
  )
  return await officePage(
    c,
    face,
    { title: t.title, section: 'handlers' },
    <>
      <PageHead title={t.title} lead={t.lead} />
      {faults.length > 0 && (
        <Notice tone="error" title={t.faults(faults.length)} locale={locale}>
          <ul>
            {faults.map((fault) => (
              <li>
                <strong class="mono">{fault.id}</strong>
                {texts[locale].colon} {fault.reason}
                <div class="small mono">{fault.file}</div>
                {fault.kept && <div class="small">{t.kept}</div>}
              </li>
            ))}
          </ul>
          <p>{t.faultsText}</p>
        </Notice>
      )}
      {!site && (
        <Notice tone="warning" locale={locale}>
          <p>{t.siteAway}</p>
        </Notice>
      )}
      {all.length === 0 && faults.length === 0 && (
        <Card>
          <EmptyState title={t.none} />
        </Card>
      )}
      {kinds.map((kind) => {
        const ofKind = all.filter((handler) => handler.kind === kind)
        return (
          ofKind.length > 0 && (
            <>
              <h2 class="section">{t.kinds[kind]}</h2>
              {kind === 'specific' && <p class="soft">{t.specificText}</p>}
              {ofKind.map((registered) => (
                <HandlerCard {...{ registered, site, locale }} readme={readmes.get(registered.id)}>
                  {kind === 'specific' &&
                    (entries.get(registered.id) ? (
                      <a href={routes.office.entries.show(registered.id)}>
                        {t.serves(pick(entries.get(registered.id)?.title ?? { en: '', fr: '' }, locale))}
                      </a>
                    ) : (
                      <span class="soft">{t.servesNone(registered.id)}</span>
                    ))}
                </HandlerCard>
              ))}
            </>
          )
        )
      })}
    </>,
  )
}

type CardProps = {
  registered: Registered
  site: SiteInfo | undefined
  readme: string | undefined
  locale: Locale
  children?: Child
}

function HandlerCard({ registered, site, readme, locale, children }: CardProps) {
  const t = handlersTexts[locale]
  const { id, handler, folder } = registered
  const functions = handler.functions ?? []
  const missing = site ? functions.filter((name) => !site.functions.has(name)) : []
  const scripts = (
    ['check', 'available', 'prepay', 'release', 'postpay', 'revoke', 'revokeOne', 'ended', 'revived'] as const
  ).filter((name) => handler[name])
  return (
    <Card
      title={
        <>
          {pick(handler.title, locale)} <span class="soft mono small">{id}</span>
        </>
      }
      aside={
        missing.length > 0 ? (
          <Badge tone="danger">{t.missing(missing.length)}</Badge>
        ) : site ? (
          <Badge tone="success">{t.ready}</Badge>
        ) : undefined
      }
      level={3}
    >
      <div class="stack">
        {handler.summary && <p>{pick(handler.summary, locale)}</p>}
        {children}
        <details>
          <summary class="more">{t.details}</summary>
          <div class="stack more-body">
            <Fields title={t.internal} elements={elementsOf(handler.internal)} locale={locale} />
            <Fields title={t.external} elements={elementsOf(handler.external)} locale={locale} />
            <KeyValue
              rows={[
                [t.scripts, scripts.map((name) => t.scriptNames[name]).join(', ')],
                [
                  t.actions,
                  handler.actions &&
                    Object.values(handler.actions)
                      .map((action) => pick(action.title, locale))
                      .join(', '),
                ],
                [t.maxQuantity, handler.maxQuantity?.toString()],
                [t.folder, <span class="mono small">{folder}</span>],
              ]}
            />
            {functions.length > 0 && (
              <div>
                <h4>{t.functions}</h4>
                <ul class="functions">
                  {functions.map((name) => (
                    <FunctionLine name={name} site={site} locale={locale} />
                  ))}
                </ul>
              </div>
            )}
            {readme && <Readme text={readme} />}
          </div>
        </details>
      </div>
    </Card>
  )
}

function Fields({ title, elements, locale }: { title: string; elements: FormElement[]; locale: Locale }) {
  const t = handlersTexts[locale]
  return (
    <div>
      <h4>{title}</h4>
      <Table
        caption={title}
        locale={locale}
        rows={elements}
        empty={<p>{t.noFields}</p>}
        columns={[
          {
            label: t.field,
            heading: true,
            cell: (element) => (
              <>
                {pick(element.label, locale)}
                {element.help && <div class="soft small">{pick(element.help, locale)}</div>}
              </>
            ),
          },
          { label: t.name, narrow: true, cell: (element) => <span class="mono small">{element.name}</span> },
          {
            label: t.type,
            narrow: true,
            cell: (element) => (element.picker ? t.pickers[element.picker] : t.types[element.type]),
          },
          { label: t.required, narrow: true, cell: (element) => (element.required ? texts[locale].yes : '') },
          {
            label: t.default,
            narrow: true,
            cell: (element) =>
              element.default === undefined ? '' : <span class="mono small">{String(element.default)}</span>,
          },
        ]}
      />
    </div>
  )
}

/** A web-service function, and whether the site's service has it. */
export function FunctionLine({
  name,
  site,
  locale,
}: {
  name: string
  site: SiteInfo | undefined
  locale: Locale
}) {
  const t = handlersTexts[locale]
  const has = site?.functions.has(name)
  return (
    <li class={has === undefined ? 'soft' : has ? 'has' : 'lacks'}>
      <Icon name={has === undefined ? 'info' : has ? 'check' : 'cross'} size={14} />
      <span class="mono small">{name}</span>
      {has === false && <span> {t.lacks}</span>}
      {has === true && <span class="visually-hidden"> {t.has}</span>}
    </li>
  )
}
