import { z } from 'zod'

const whole = (least: number, most: number, what = `a whole number from ${least} to ${most}`) =>
  z.coerce.number(what).int(what).min(least, what).max(most, what)
const flag = z.stringbool({
  truthy: ['1', 'true', 'yes', 'on'],
  falsy: ['0', 'false', 'no', 'off', ''],
  error: 'on or off',
})
const address = z.url({ protocol: /^https?$/, error: 'an address that begins with https:// or http://' })

/** An account that is nobody's: a shop that sells must name its own. */
export const demoIban = 'FR76 3000 6000 0112 3456 7890 189'

const environment = z.object({
  /** Where the shop listens. The sandbox, when it runs inside, takes the next port. */
  PORT: whole(0, 65535, 'a port from 0 to 65535').default(4870),
  HOST: z.string().default('0.0.0.0'),
  /** The embedded database, the secret key and the sandbox's journal live here. */
  DATA_DIR: z.string().default('data'),
  /** Unset: an embedded PostgreSQL runs in DATA_DIR. */
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'postgres://user:password@host:port/database' })
    .optional(),
  /** The address that customers and payment providers use. */
  PUBLIC_URL: address.optional(),
  /** Unset: a sandbox that speaks Moodle's protocol runs inside. */
  MOODLE_URL: address.optional(),
  MOODLE_TOKEN: z.string().min(1).optional(),
  /** Folders of handlers outside this repository, separated as in PATH. */
  HANDLERS_PATH: z.string().default(''),
  /** npm packages, installed beside the shop, whose handlers are used: names, separated by commas. */
  HANDLERS_PACKAGES: z.string().default(''),
  /** Picks handlers up that are new, changed or gone, without a restart. */
  WATCH_HANDLERS: flag.default(true),
  /** Which halves of the shop this process runs. */
  ROLE: z.enum(['web', 'worker', 'all'], 'web, worker or all').default('all'),
  /** Offers the test card as a means of payment. On by default only while the sandbox stands in for Moodle. */
  TEST_MODE: flag.optional(),
  /** Signs links and notifications. Unset: made once and kept in DATA_DIR. */
  SECRET_KEY: z.string().min(32, '32 characters at least').optional(),
  /** smtp://user:password@host:port. Unset: mails are kept in the office and not sent. */
  SMTP_URL: z.url({ protocol: /^smtps?$/, error: 'smtp://user:password@host:port, or smtps://…' }).optional(),
  MAIL_FROM: z.email('an e-mail address').optional(),
  /** The training organisation's name, and where transfers go. */
  SHOP_NAME: z.string().default('Atelier Formation'),
  CURRENCY: z
    .string()
    .refine(
      hasCents,
      'a currency of ISO 4217 in capitals, such as EUR, whose smallest coin is a hundredth: amounts are kept in cents',
    )
    .default('EUR'),
  TRANSFER_ACCOUNT_HOLDER: z.string().default('Atelier Formation'),
  TRANSFER_IBAN: z
    .string()
    .refine(isIban, 'an IBAN: one character of it is wrong, or missing')
    .default(demoIban),
  TRANSFER_BIC: z.string().default('AGRIFRPP'),
  /** Days that a deferred payment may take before the order expires. */
  PAYMENT_DAYS: whole(1, 365).default(30),
  /** How often a minute one API token, or one address without a token, may call the API. */
  API_REQUESTS_PER_MINUTE: whole(1, 1_000_000).default(1200),
  /** How many proxies of yours stand before the shop: rate limits then see the customer's own address. */
  TRUSTED_PROXIES: whole(0, 9).default(0),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'], 'trace, debug, info, warn, error or silent')
    .default('info'),
})

export type Config = Omit<z.output<typeof environment>, 'PUBLIC_URL' | 'MAIL_FROM' | 'TEST_MODE'> & {
  PUBLIC_URL: string
  MAIL_FROM: string
  TEST_MODE: boolean
  /** True when the sandbox stands in for a real Moodle. */
  sandboxed: boolean
}

/** Whether its check digits are right, as ISO 13616 has them: money sent to a mistyped account is gone. */
function isIban(typed: string): boolean {
  const iban = typed.replaceAll(' ', '').toUpperCase()
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(iban)) return false
  const digits = [...iban.slice(4), ...iban.slice(0, 4)].map((one) => Number.parseInt(one, 36)).join('')
  return BigInt(digits) % 97n === 1n
}

/** Not so of yen or Kuwaiti dinars: 500 of theirs would be shown and charged as 5.00 or 0.500. */
function hasCents(currency: string): boolean {
  if (!Intl.supportedValuesOf('currency').includes(currency)) return false
  const { maximumFractionDigits } = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
  }).resolvedOptions()
  return maximumFractionDigits === 2
}

/**
 * Reads and checks the settings once, at start. An empty variable counts as unset.
 * Returns every fault at once, each naming its variable, what is wrong and what to do.
 */
export function readConfig(
  env: Record<string, string | undefined>,
): { ok: true; config: Config } | { ok: false; errors: string[] } {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  )
  const read = environment.safeParse(given)
  if (!read.success) {
    return {
      ok: false,
      errors: read.error.issues.map(
        (issue) => `${issue.path.join('.')}: expected ${issue.message}. See docs/operating.md.`,
      ),
    }
  }
  const settings = read.data
  if (Boolean(settings.MOODLE_URL) !== Boolean(settings.MOODLE_TOKEN)) {
    const missing = settings.MOODLE_URL ? 'MOODLE_TOKEN' : 'MOODLE_URL'
    return {
      ok: false,
      errors: [`${missing}: set it too, or unset both to use the sandbox. See docs/operating.md.`],
    }
  }
  if (settings.SMTP_URL && !settings.MAIL_FROM) {
    return {
      ok: false,
      errors: [
        'MAIL_FROM: set it too: your mail server sends from an address of yours. See docs/operating.md.',
      ],
    }
  }
  const sandboxed = !settings.MOODLE_URL
  return {
    ok: true,
    config: {
      ...settings,
      sandboxed,
      MAIL_FROM: settings.MAIL_FROM ?? 'shop@boutique.example',
      TEST_MODE: settings.TEST_MODE ?? sandboxed,
      PUBLIC_URL: (settings.PUBLIC_URL ?? `http://localhost:${settings.PORT}`).replace(/\/$/, ''),
    },
  }
}
