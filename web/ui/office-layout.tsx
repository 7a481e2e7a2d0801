import type { Child, PropsWithChildren } from 'hono/jsx'
import type { Role } from '../../db/schema.ts'
import { routes } from '../routes.ts'
import { ButtonForm } from './button.tsx'
import { Icon, type IconName } from './icon.tsx'
import { Document, LanguageSwitch } from './layout.tsx'
import type { Locale } from './locale.ts'
import { texts } from './texts.ts'

const { office } = routes
const sections = {
  home: { href: office.home(), icon: 'home' },
  orders: { href: office.orders.index(), icon: 'order' },
  payments: { href: office.payments.index(), icon: 'payment' },
  productions: { href: office.productions.index(), icon: 'production' },
  entries: { href: office.entries.index(), icon: 'entry' },
  products: { href: office.products.index(), icon: 'product' },
  handlers: { href: office.handlers(), icon: 'handler' },
  site: { href: office.site(), icon: 'site' },
  reconciliations: { href: office.reconciliations.show(), icon: 'compare' },
  mails: { href: office.mails.index(), icon: 'mail' },
  operators: { href: office.operators.index(), icon: 'person' },
  account: { href: office.account.show(), icon: 'key' },
} as const satisfies Record<string, { href: string; icon: IconName }>
export type Section = keyof typeof sections
const inOrder = [
  'home',
  'orders',
  'payments',
  'productions',
  'entries',
  'products',
  'handlers',
  'site',
  'reconciliations',
  'mails',
  'operators',
  'account',
] as const

type Props = PropsWithChildren<{
  title: string
  shopName: string
  locale: Locale
  /** The current path with its query, for the language switch. */
  path: string
  section: Section
  operator: { name: string; email: string; role: Role }
  csrf: string
  /** What waits, shown beside a section. */
  counts?: Partial<Record<Section, number>>
  head?: Child
}>

/** A page of the office. On a narrow screen the sections fold into a menu. */
export function OfficeLayout(props: Props) {
  const { title, shopName, locale, path, section, operator, csrf, counts = {}, head, children } = props
  const t = texts[locale]
  const navigation = (
    <ul>
      {inOrder
        .filter((name) => name !== 'operators' || operator.role === 'admin')
        .map((name) => (
          <li>
            <a href={sections[name].href} aria-current={name === section ? 'page' : undefined}>
              <Icon name={sections[name].icon} />
              {t.nav[name]}
              {counts[name] ? <span class="count">{counts[name]}</span> : null}
            </a>
          </li>
        ))}
    </ul>
  )
  const signOut = (
    <ButtonForm action={office.signOut()} csrf={csrf} look="quiet" size="small">
      {t.signOut}
    </ButtonForm>
  )
  return (
    <Document title={title} shopName={shopName} locale={locale} face="office" head={head}>
      <header class="office-bar">
        <details class="office-menu">
          <summary>
            <Icon name="menu" />
            {t.menu}
          </summary>
          <nav aria-label={t.menu}>
            {navigation}
            {signOut}
          </nav>
        </details>
        <a class="brand" href={office.home()}>
          <span class="brand-mark" aria-hidden="true">
            {[...shopName][0]}
          </span>
          <span class="brand-name">{shopName}</span>
        </a>
        <div class="office-tools">
          <a class="view-shop" href={routes.catalog()}>
            {t.viewShop}
            <Icon name="external" size={14} />
          </a>
          <LanguageSwitch path={path} locale={locale} />
          <a class="operator" href={office.account.show()} title={operator.email}>
            <Icon name="person" />
            {operator.name}
          </a>
          {signOut}
        </div>
      </header>
      <div class="office-frame">
        <nav class="office-nav" aria-label={t.office}>
          {navigation}
        </nav>
        <main id="content" class="office-main" tabindex={-1}>
          {children}
        </main>
      </div>
    </Document>
  )
}

/** A page of the office for those who are not signed in. */
export function OfficeDoor(
  props: PropsWithChildren<{ title: string; shopName: string; locale: Locale; path: string }>,
) {
  const { title, shopName, locale, path, children } = props
  return (
    <Document title={title} shopName={shopName} locale={locale} face="office">
      <main id="content" class="office-door" tabindex={-1}>
        <div class="brand">
          <span class="brand-mark" aria-hidden="true">
            {[...shopName][0]}
          </span>
          {shopName}
        </div>
        {children}
        <LanguageSwitch path={path} locale={locale} />
      </main>
    </Document>
  )
}
